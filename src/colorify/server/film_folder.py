"""The folder of one film on a server: it goes with the film, or, after a kill, when the next server starts.

A film that somebody sent must not stay in memory or on a disk because a process was killed.
"""

import os
import shutil
import stat
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from colorify.locks import lock

PREFIX: Final = "colorify-film-"
LOCK: Final = "lock"  # held while the folder is used
MIN_AGE_S: Final = 60.0  # s; a younger one may be about to be locked


class FilmFolder:
    """A new folder in `tempfile.tempdir`, locked by this process."""

    def __init__(self) -> None:
        self._exit = ExitStack()
        made = tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True)
        self.path = Path(self._exit.enter_context(made))
        self._exit.enter_context(lock(self.path / LOCK))

    def remove(self) -> None:
        """Remove it, and all that is in it; it may be gone already."""
        self._exit.close()


def remove_abandoned() -> None:
    """Remove the folders of this user's servers that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # it went meanwhile, or cannot be removed: no reason not to serve
            if not _is_old_and_ours(folder):
                continue
            with lock(folder / LOCK) as state:
                if state == "ours":
                    shutil.rmtree(folder)


def _is_old_and_ours(folder: Path) -> bool:
    found = folder.lstat()
    ours = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    old = time.time() - found.st_mtime > MIN_AGE_S
    return ours and old and stat.S_ISDIR(found.st_mode) and (folder / LOCK).is_file()
