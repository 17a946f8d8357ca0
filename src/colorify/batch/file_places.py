"""Which names are of one file, through links and whatever the case of letters; and whether it has changed."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path


def make_place() -> Callable[[Path], str]:
    """Return what gives files that are one the same name, also where they are one whatever their case."""
    real, ignores = make_real_path(), cache(_ignores_case)

    def place(path: Path) -> str:
        found = real(path)
        return found.casefold() if ignores(os.path.dirname(found)) else found  # noqa: PTH120 - as below

    return place


def _ignores_case(folder: str) -> bool:
    """Whether names in a folder that differ only in case are one file: asked of a name that is there."""
    above, own = os.path.split(folder)
    try:
        with os.scandir(folder) as entries:
            name = next((entry.name for entry in entries if entry.name.swapcase() != entry.name), None)
    except OSError:  # not there yet, or shut: the folder that it is in tells
        return bool(own) and _ignores_case(above)
    if name is None:
        if own.swapcase() == own:
            return bool(own) and _ignores_case(above)
        folder, name = above, own
    try:
        return Path(folder, name).samefile(Path(folder, name.swapcase()))
    except OSError:
        return False  # the other name is not there


def make_real_path() -> Callable[[Path], str]:
    """Return what does for files as `os.path.realpath` does, and asks for each of their folders only once."""
    folder = cache(os.path.realpath)

    def real(path: Path) -> str:
        head, tail = os.path.split(path)
        place = os.path.join(folder(head), tail)  # noqa: PTH118 - a tenth of the time, over many photos
        return os.path.realpath(place) if os.path.islink(place) else place  # noqa: PTH114 - likewise

    return real


@dataclass(frozen=True)
class FileState:
    """What changes when a file is written to."""

    size: int  # bytes
    time: int  # ns


def read_file_state(path: Path) -> FileState | None:
    """Return the stamp of a file; None where it cannot be had, as of a link that leads nowhere."""
    try:
        found = path.stat()
    except OSError:
        return None
    return FileState(found.st_size, found.st_mtime_ns)
