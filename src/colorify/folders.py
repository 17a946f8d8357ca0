"""Folders that Colorify fills: one process at a time, and none that is somebody else's."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from colorify.atomic import claim, make_folder, sweep, write_error
from colorify.errors import SetupError, UsageError


@contextmanager
def hold_folder(folder: Path, mark: str) -> Iterator[None]:
    """Make `folder` if it is not there, and keep other processes that hold it by the same `mark` out.

    Raises UsageError where another one holds it, SetupError where it cannot be written to.
    """
    make_folder(folder, kind=SetupError)
    with claim(folder / mark, kind=SetupError) as ours:
        if not ours:
            raise UsageError(
                f"{folder}: another run of Colorify is writing there. Wait for it, or give another folder."
            )
        sweep(folder)
        yield


@contextmanager
def own_folder(folder: Path, mark: str) -> Iterator[None]:
    """Hold `folder` if it is new, empty, or one of ours, which has the file `mark` before any other.

    In one of ours what has our names may be replaced; in any other nothing is touched.
    Raises UsageError where it is somebody else's, and what `hold_folder` raises.
    """
    with hold_folder(folder, mark):
        try:
            found = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
        except OSError as error:
            raise write_error(folder, error, "cannot be read", kind=SetupError) from error
        if found and mark not in found:
            raise UsageError(
                f"{folder}: expected a new folder, or one that Colorify made (with {mark} in it), "
                f"found {found[0]}. Give another folder, or move what is in this one away."
            )
        yield
