"""A verb in a process of its own that sticks where a test wants it, to be killed there and nowhere else."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from changed_command import changed_command, stick


def start_and_stick(place: Callable[..., Any], sound: int, *words: str | Path) -> "subprocess.Popen[str]":
    """Type `words` after `colorify`; return the process when it sticks.

    `place`: a function or a method; each call of it after `sound` of them sticks for good.
    """
    given = (place.__module__, place.__qualname__, sound)
    command = changed_command(stick, *map(str, words), given=given)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line == "stuck\n":
            return process
    _, err = process.communicate()
    raise AssertionError(f"it ended with {process.returncode} before it could stick: {err}")
