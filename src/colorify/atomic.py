"""Files that appear under their name when they are whole, and not before."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from colorify.errors import PhotoError


@contextmanager
def whole_file(target: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a temporary name beside `target`, and rename at the end; whatever fails, leave nothing behind.

    Raises PhotoError where `target` exists (unless `overwrite`), is a folder, or cannot be written.
    """
    _refuse_existing(target, overwrite)
    temporary = target.with_name(f".{target.name[:200]}.{secrets.token_hex(4)}.part")
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        yield temporary
        _refuse_existing(target, overwrite)  # it may have come meanwhile
        temporary.replace(target)
    except OSError as error:
        raise PhotoError(f"{target}: {error.strerror or error}.") from error
    finally:
        temporary.unlink(missing_ok=True)


def _refuse_existing(target: Path, overwrite: bool) -> None:
    if target.is_dir():
        raise PhotoError(f"{target}: expected the name of a file, found a folder.")
    if target.exists() and not overwrite:
        raise PhotoError(f"{target}: exists already. Overwrite it with --force.")
