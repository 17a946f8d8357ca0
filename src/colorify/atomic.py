"""Files that appear under their name when they are whole, and not before; nothing less survives a crash."""

import errno
import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from colorify.errors import PhotoError

_HALF: Final = re.compile(r"\.colorify-[0-9a-f]{8}\.part")  # the name of a file that is not whole yet
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)  # the disk is full, or this person's share of it
_PROBE: Final = 2**16  # bytes to write, to learn whether the disk is full


class DiskFullError(PhotoError):
    """There is no room for the result, nor, so, for any other."""


@contextmanager
def whole_file(target: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a temporary name beside `target`, and rename at the end; whatever fails, leave nothing behind.

    What a killed process leaves behind is removed by `sweep`.
    Raises PhotoError where `target` exists (unless `overwrite`), is a folder, or cannot be written, and
    DiskFullError, one of them, where it is for want of room.
    """
    _refuse_existing(target, overwrite)
    try:
        temporary, held = _begin(target.parent)
    except OSError as error:
        raise write_error(target, error) from error
    try:
        yield temporary
        # Before the name: after a power cut there is the whole file or none, and a network share may tell
        # only now that it is full. The folder is not synced: a name that gets lost is coloured again.
        os.fsync(held)
        _refuse_existing(target, overwrite)  # it may have come meanwhile
        temporary.replace(target)
    except OSError as error:
        raise write_error(target, error) from error
    except PhotoError:
        _refuse_full(target, held)  # libvips says "write error", whatever the system told it
        raise
    finally:
        temporary.unlink(missing_ok=True)
        os.close(held)


def sweep(folder: Path) -> None:
    """Remove what processes that were killed left half-written in `folder`.

    What is being written now is locked by its writer, and stays; so does all on a file system without locks.
    """
    try:
        halves = [path for path in folder.iterdir() if _HALF.fullmatch(path.name)]
    except OSError:
        return  # not there yet, or shut: who writes there is told
    for half in halves:
        try:
            held = os.open(half, os.O_RDWR)
        except OSError:
            continue  # gone meanwhile, or somebody else's
        try:
            if _hold(held):
                half.unlink(missing_ok=True)
        finally:
            os.close(held)


def _begin(folder: Path) -> tuple[Path, int]:
    """Create a temporary file and lock it; return its path and descriptor."""
    while True:
        temporary = folder / f".colorify-{secrets.token_hex(4)}.part"
        held = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)
        _hold(held)
        if os.fstat(held).st_nlink:
            return temporary, held
        os.close(held)  # another process swept it before the lock was on


def _hold(file: int) -> bool:
    """Lock an open file until it is closed or its process dies; False if another has it, or locks fail."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _refuse_full(target: Path, held: int) -> None:
    """Raise DiskFullError if nothing more can be written to the file."""
    try:
        os.pwrite(held, bytes(_PROBE), os.fstat(held).st_size)
    except OSError as error:
        raise write_error(target, error) from error


def write_error(target: Path, error: OSError, what: str = "cannot be written") -> PhotoError:
    """Return what to raise where the system refused to write `target`, a file or a folder."""
    if error.errno in _FULL:
        return DiskFullError(f"{target}: no room left on the disk. Make some and repeat the command.")
    return PhotoError(f"{target}: {what} ({error.strerror or error}).")


def _refuse_existing(target: Path, overwrite: bool) -> None:
    if target.is_dir():
        raise PhotoError(f"{target}: expected the name of a file, found a folder.")
    if target.exists() and not overwrite:
        raise PhotoError(f"{target}: exists already. Overwrite it with --force.")
