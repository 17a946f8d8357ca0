"""Waiting, however slow the machine is: only a test that fails waits to the end of its patience."""

import subprocess
import time
from collections.abc import Callable
from typing import AnyStr, Final

PATIENCE: Final = 120.0  # s


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until `condition` holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def finish(process: "subprocess.Popen[AnyStr]") -> tuple[AnyStr, AnyStr]:
    """Return what a process says until it ends; one that never does is killed, or `with` would wait on."""
    try:
        return process.communicate(timeout=PATIENCE)
    except BaseException:
        process.kill()
        raise
