"""Files that appear under their name when they are whole, and not before; nothing less survives a crash.

All files that Colorify makes are written here, and only here are files renamed and removed. What is not
whole yet has a name of its own, `.colorify-ID.part`, beside its target, and `.colorify-ID.lock` is locked as
long as its writer lives: so what a killed process left is told from what is being written, and from all that
is not ours.
"""

import ctypes
import errno
import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import Final

from colorify.c_library import find_function
from colorify.errors import ColorifyError, PhotoError, option
from colorify.locks import lock

_ID: Final = 8  # bytes of the part of a name that differs
_OURS: Final = re.compile(r"\.colorify-([0-9a-f]{16})\.(part(\.\w{1,8})?|lock)")
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)  # the disk is full, or this person's share of it
_NO_SYNC: Final = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
_NO_RENAME: Final = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
_BLOCK: Final = 2**16  # bytes to read at a time, from the end of a file
_PROBE: Final = 2**16  # bytes to write, to learn whether the disk is full
_AT_FDCWD: Final = -100  # linux/fcntl.h: names are below the working folder
_RENAME_NOREPLACE: Final = 1  # linux/fs.h
_WAITS_S: Final = (0.05, 0.1, 0.2, 0.4, 0.8)  # s between tries to name a file that somebody looks into
_IN_USE: Final = 32  # ERROR_SHARING_VIOLATION of Windows: some process has the file open


class DiskFullError(PhotoError):
    """There is no room for the result, nor, so, for any other."""


class ExistsError(PhotoError):
    """The target is there, and was not to be overwritten."""

    def __init__(self, message: str, target: Path) -> None:
        super().__init__(message)
        self.target = target


@contextmanager
def whole_file(
    target: Path, *, overwrite: bool, kind: type[ColorifyError] = PhotoError, suffix: str = ""
) -> Iterator[Path]:
    """Give a temporary name beside `target`, and rename at the end; whatever fails, leave nothing behind.

    The temporary file is there, empty, and ends in `suffix` (".mp4"), for writers that go by it. Without
    `overwrite` the last step itself refuses to replace a file, so that none is lost that came meanwhile.
    What a killed process leaves behind is removed by `sweep`.
    Raises `kind` where `target` exists (unless `overwrite`), is a folder, or cannot be written. Where `kind`
    is PhotoError that is ExistsError, or DiskFullError where it is for want of room.
    """
    with _reported(target, kind):
        refuse_existing(target, overwrite, kind)
        with _temporary(target, suffix) as temporary:
            try:
                yield temporary
            except ColorifyError:
                _refuse_full(temporary)  # libvips says "write error", whatever the system told it
                raise
            # Before the name: after a power cut there is the whole file or none, and a network share may tell
            # only now that it is full. For the name itself see `sync_folder`.
            _sync(temporary, os.O_RDWR)
            if overwrite:
                _replace(temporary, target)
            else:
                _rename_to_free(temporary, target, kind)


@contextmanager
def part_file(target: Path, *, kind: type[ColorifyError] = PhotoError) -> Iterator[Path]:
    """Give an empty file beside `target`, for a part of it, which is removed at the end. Raises `kind`."""
    with _reported(target, kind), _temporary(target, "") as temporary:
        yield temporary


def write_whole(
    target: Path, data: bytes, *, overwrite: bool, kind: type[ColorifyError] = PhotoError
) -> None:
    """Write `data` as the file `target`, in a folder that is made where there is none; see `whole_file`."""
    make_folder(target.parent, kind=kind)
    with whole_file(target, overwrite=overwrite, kind=kind) as temporary:
        temporary.write_bytes(data)


@contextmanager
def open_lines(
    target: Path, head: bytes, *, kind: type[ColorifyError] = PhotoError
) -> Iterator[Callable[[bytes], None]]:
    """Give a function that adds a line, with its end, to a file of lines that begins with `head`.

    Its folder is made where there is none. A file that is there and begins so is ours and goes on; what a
    killed process left of a last line is cut off. Any other file stays as it is. A line is in the file when
    the function returns, and one process at a time adds some. Raises `kind`.
    """
    make_folder(target.parent, kind=kind)
    with claim(target, kind=kind) as ours:
        if not ours:
            raise kind(f"{target}: another run is writing it. Wait for its end, or choose another name.")
        if not is_taken(target, kind=kind):
            write_whole(target, head, overwrite=False, kind=kind)
        with _reported(target, kind), target.open("r+b", buffering=0) as file:
            if file.read(len(head)) != head:
                raise kind(f"{target}: is there already, and of another kind. Choose another name.")
            file.truncate(_end_of_lines(file))
            file.seek(0, os.SEEK_END)

            def add(line: bytes) -> None:
                with _reported(target, kind):
                    rest = memoryview(line)
                    while rest:
                        rest = rest[file.write(rest) :]

            yield add


def _end_of_lines(file: FileIO) -> int:
    """Return where the last whole line of a file ends."""
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        start = max(0, end - _BLOCK)
        file.seek(start)
        at = file.read(end - start).rfind(b"\n")
        if at >= 0:
            return start + at + 1
        end = start
    return 0


def move_file(source: Path, target: Path, *, kind: type[ColorifyError] = PhotoError) -> None:
    """Give a file another name on the same file system. Raises `kind` where that is taken or cannot be."""
    with _reported(target, kind):
        refuse_existing(target, False, kind)
        _rename_to_free(source, target, kind)
        source.unlink(missing_ok=True)


def is_taken(target: Path, *, kind: type[ColorifyError] = PhotoError) -> bool:
    """Whether anything has this name, a link that leads nowhere too. Raises `kind` where nothing can."""
    try:
        target.lstat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise write_error(target, error, kind=kind) from error
    return True


def refuse_existing(target: Path, overwrite: bool, kind: type[ColorifyError] = PhotoError) -> None:
    """Raise as `whole_file` would for the same name, before the work for it is done."""
    if target.is_dir():
        raise kind(f"{target}: expected the name of a file, found a folder.")
    if is_taken(target, kind=kind) and not overwrite:
        raise _exists(target, kind)


@contextmanager
def claim(target: Path, *, kind: type[ColorifyError] = PhotoError) -> Iterator[bool]:
    """Hold `target` while it is being made, and yield True; False where another process, or thread, holds it.

    It can hold a name that is taken, and of a folder too. On a file system without locks all get True.
    Raises `kind` where the folder of `target` cannot be written to.
    """
    digest = hashlib.sha256(os.fsencode(target.name)).digest()[:_ID].hex()  # a name may be as long as can be
    with ExitStack() as stack:
        with _reported(target, kind):
            state = stack.enter_context(lock(target.with_name(f".colorify-{digest}.lock")))
        yield state != "held"


def make_folder(folder: Path, *, kind: type[ColorifyError] = PhotoError) -> None:
    """Make a folder, and those above it, unless it is there. Raises `kind`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(folder, error, "cannot make this folder", kind=kind) from error


def sweep(folder: Path) -> None:
    """Remove what processes that were killed left half-written in `folder`.

    What is being written now is locked by its writer, and stays; so does all on a file system without locks.
    """
    try:
        ours = [(path, match[1]) for path in folder.iterdir() if (match := _OURS.fullmatch(path.name))]
    except OSError:
        return  # not there yet, or shut: who writes there is told
    for path, name in ours:
        try:
            with lock(folder / f".colorify-{name}.lock") as state:
                if state == "ours":
                    path.unlink(missing_ok=True)
        except OSError:
            continue  # in a folder where we may not write, or somebody else's


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` outlast a power cut: for who removes next what a file was made of.

    Others need it not: a photo whose name gets lost is coloured again.
    """
    _sync(folder, os.O_RDONLY)


def write_error(
    target: Path,
    error: OSError,
    what: str = "cannot be written",
    *,
    kind: type[ColorifyError] = PhotoError,
) -> ColorifyError:
    """Return what to raise where the system refused to write `target`, a file or a folder."""
    if error.errno in _FULL:
        full = DiskFullError if kind is PhotoError else kind
        return full(f"{target}: no room left on the disk. Make some and repeat the command.")
    reason = error.strerror or error
    return kind(f"{target}: {what} ({reason}). Choose another name or place, then repeat the command.")


@contextmanager
def _reported(target: Path, kind: type[ColorifyError]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise write_error(target, error, kind=kind) from error


@contextmanager
def _temporary(target: Path, suffix: str) -> Iterator[Path]:
    """Make an empty file beside `target`, locked by its lock file, and remove it at the end."""
    name = f".colorify-{secrets.token_hex(_ID)}"
    temporary = target.with_name(f"{name}.part{suffix}")
    with lock(target.with_name(f"{name}.lock")):
        try:
            temporary.open("xb").close()
            yield temporary
        finally:
            # Windows removes no open file, and the encoder of a photo that failed may still hold it: `sweep`
            # does it later, and why the photo failed is not hidden.
            with suppress(PermissionError):
                temporary.unlink(missing_ok=True)


def _replace(temporary: Path, target: Path) -> None:
    """Give a file a name that may be taken.

    Windows refuses as long as anybody has one of the two open, and a scanner for viruses opens what is new
    for a moment.
    """
    for seconds in _WAITS_S:
        try:
            temporary.replace(target)
        except PermissionError as error:
            if getattr(error, "winerror", None) != _IN_USE:
                raise
            time.sleep(seconds)
        else:
            return
    temporary.replace(target)


def _exists(target: Path, kind: type[ColorifyError]) -> ColorifyError:
    message = f"{target}: exists already. Overwrite it with {option('overwrite', True)}."
    return ExistsError(message, target) if kind is PhotoError else kind(message)


def _refuse_full(temporary: Path) -> None:
    """Raise OSError if nothing more can be written to the file."""
    with temporary.open("r+b") as file:
        os.lseek(file.fileno(), 0, os.SEEK_END)
        os.write(file.fileno(), bytes(_PROBE))


def _sync(path: Path, flags: int) -> None:
    """Have the system write out a file or folder, if its file system has a call for that."""
    try:
        file = os.open(path, flags)
    except PermissionError:
        if path.is_dir() and not hasattr(os, "O_DIRECTORY"):
            return  # Windows opens no folder, and keeps names in a journal of its own
        raise
    try:
        os.fsync(file)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(file)


def _rename_to_free(temporary: Path, target: Path, kind: type[ColorifyError]) -> None:
    """Rename a file if nothing has the new name: in one step, so that nobody can take it in between.

    A link never replaces; on most file systems that is the way. FAT, exFAT and many network shares have no
    links, but Linux renames there without replacing. Where there is neither (macOS on FAT), the name is taken
    by an empty file, which is then replaced: a crash in between leaves it, but nothing of anybody's is lost.
    """
    try:
        try:
            os.link(temporary, target)
            return  # the temporary name goes at the end
        except FileExistsError:
            raise
        except OSError:  # each system says in its own way that it has no links
            if _rename_without_links(temporary, target):
                return
        target.open("xb").close()
    except FileExistsError as error:
        raise _exists(target, kind) from error
    try:
        _replace(temporary, target)
    except OSError:
        target.unlink()
        raise


def _rename_without_links(temporary: Path, target: Path) -> bool:
    """Rename where a file system can do so without replacing; False where it cannot."""
    renameat2 = find_function("renameat2")
    if renameat2 is None:  # Linux alone has it
        return False
    old, new = os.fsencode(temporary), os.fsencode(target)
    if renameat2(_AT_FDCWD, old, _AT_FDCWD, new, _RENAME_NOREPLACE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NO_RENAME:
        return False
    raise OSError(number, os.strerror(number), str(target))
