"""What the worker processes of test_process_pool.py do; they import this file and little else."""

import os
import time
from pathlib import Path

from colorify.errors import PhotoError

BIG = 50_000_000  # bytes: far more than a pipe holds


def twice(number: int) -> int:
    if number < 0:
        raise PhotoError(f"{number}: expected 0 or more.")
    return 2 * number


def meet(folder: Path) -> bytes:
    """Say that we are here, wait for `go`, and answer with more than a pipe holds."""
    (folder / "here").touch()
    while not (folder / "go").exists():
        time.sleep(0.01)
    return bytes(BIG)


def leave(code: int) -> None:
    os._exit(code)
