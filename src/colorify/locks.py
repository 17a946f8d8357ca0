"""Locks between processes: a small file that nobody reads or writes, locked by the system while it is held.

This is the one place that asks the system for locks. The lock is never on a file with content: on a network
share of Windows a lock forbids every other open file, the lock holder's own too, to read or write there.

filelock would not do: it cannot tell "held" from "this file system has no locks" in one try, and leaves the
lock file behind on Unix.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

try:
    import fcntl
except ImportError:
    import msvcrt

    fcntl = None  # type: ignore[assignment]
    _windows: Any = msvcrt  # the type checker knows it on Windows alone

State = Literal["ours", "held", "unknown"]  # `unknown`: this file system has no locks


@contextmanager
def lock(path: Path) -> Iterator[State]:
    """Make and lock the file `path`, yield whose it is, and remove it at the end if it is ours.

    Whatever ends the process, the system lets the lock go; the file is then left behind. Raises OSError
    where the file cannot be made.
    """
    file, state, made = _open_locked(path)
    try:
        yield state
    finally:
        _close(file, path if state == "ours" or (state == "unknown" and made) else None)


def _open_locked(path: Path) -> tuple[int, State, bool]:
    """Return the open file, whose it is, and whether it was made here."""
    while True:
        file, made = _open(path)
        state = _try_lock(file)
        if state != "ours" or fcntl is None or _is_named(file, path):
            return file, state, made
        os.close(file)  # its holder removed it between our opening and our locking it


def _open(path: Path) -> tuple[int, bool]:
    try:
        return os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666), True
    except FileExistsError:
        return os.open(path, os.O_CREAT | os.O_RDWR, 0o666), False


def _close(file: int, removed: Path | None) -> None:
    """Let the lock go, and remove its file."""
    if fcntl is None:
        os.close(
            file
        )  # Windows removes no open file: if another process has opened it since, that one does it
        if removed is not None:
            with suppress(PermissionError):
                removed.unlink(missing_ok=True)
        return
    if removed is not None:
        removed.unlink(missing_ok=True)  # before the lock goes: later the name may be another's
    os.close(file)


def _lock(file: int) -> None:
    if fcntl is None:
        _windows.locking(file, _windows.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _try_lock(file: int) -> State:
    try:
        _lock(file)
    except (BlockingIOError, PermissionError):  # by Unix, by Windows
        return "held"
    except OSError:
        return "unknown"
    return "ours"


def _is_named(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False
