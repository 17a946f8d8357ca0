"""Why a file cannot be opened, in the words of the system, and what a person can do."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Final

from colorify.errors import SetupError, UsageError, shell_word
from colorify.extras import describe_extra

MOST_NAMES: Final = 2000  # of a folder among which a similar one is looked for: some ms
# what fsspec needs for an address, by its protocol -> the extra that brings it
ADDRESS_EXTRAS: Final = {"s3": "s3", "s3a": "s3"}
_CURES: Final = {
    errno.ELOOP: "It is a link that leads back to itself. Name the file that it should lead to.",
    errno.EACCES: "Its owner can let you read it, or copy it for you.",
    errno.EIO: "Its disk or share does not answer. Copy it to another one, or connect that anew.",
    errno.ENAMETOOLONG: "Give it a shorter name.",
}


def describe_fault(error: OSError, path: Path) -> str:
    """Return why `path` cannot be opened, and what to do: sentences, without its name at the front."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return describe_missing(path)
    return " ".join(filter(None, (f"{error.strerror or error}.", _CURES.get(error.errno or 0))))


def describe_missing(path: Path, what: str = "file or folder") -> str:
    """Say that there is no such file, and the name that it may have. `what`: it should be."""
    said = f"no such {what}"
    if os.path.islink(path):  # noqa: PTH114 - where one may not look, Path's own raises
        return "a link to what is not there. Name the file that it should lead to."
    if not os.path.isdir(path.parent):  # noqa: PTH112 - the same
        return f"{said}, as there is no folder {path.parent}. Check its name."
    similar = get_close_matches(path.name, _list_names(path.parent), 1)
    if similar:
        return f"{said}. Did you mean {shell_word(str(path.with_name(similar[0])))}?"
    command = "dir" if os.name == "nt" else "ls"
    return f"{said}. Check its name: {command} {shell_word(str(path.parent))}"


@contextmanager
def translate_address_errors(address: str) -> Iterator[None]:
    """Say what fsspec lacks for an address, or that it knows none such. Raises SetupError, UsageError."""
    try:
        yield
    except ImportError as error:
        extra = ADDRESS_EXTRAS.get(address.partition("://")[0])
        brings = f" Type: {describe_extra(extra)}" if extra else ""
        raise SetupError(f"{address}: {error}.{brings}") from error
    except ValueError as error:
        raise UsageError(f"{address}: no address that fsspec opens ({error}).") from error


def _list_names(folder: Path) -> list[str]:
    """Name some of what is in a folder; nothing where one may not look."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in islice(entries, MOST_NAMES))
    except OSError:
        return []
