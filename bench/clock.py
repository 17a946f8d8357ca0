"""How the benches measure: medians, things to compare in turn, and the memory of a process of its own."""

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

KILO: Final = 1024  # ru_maxrss is in KiB on Linux, in bytes on macOS
PER_MB: Final = (KILO if sys.platform == "darwin" else 1) * KILO


@dataclass(frozen=True)
class Times:
    """The wall clock of some repetitions, in seconds."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        low, high = min(self.seconds), max(self.seconds)
        return (
            f"{self.median * 1000:8.1f} ms  ({low * 1000:.1f} to {high * 1000:.1f}, n = {len(self.seconds)})"
        )


def in_turn(tasks: Mapping[str, Callable[[], object]], *, repeat: int) -> dict[str, Times]:
    """Time `tasks` in turn, `repeat` times after one round that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for number in range(repeat + 1):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            if number:
                seconds[name].append(time.perf_counter() - start)
    return {name: Times(tuple(values)) for name, values in seconds.items()}


# Linux counts the peak of a process for those that it starts, too. A small one starts them, so that it is not
# the bench with its pictures that is weighed.
_WEIGH: Final = """
import os, sys
pid = os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
"""


def peak_mb(command: Sequence[str], source: Path | None = None) -> float:
    """Run `command` and return the peak of its resident set, in MB of 1024 * 1024 bytes.

    `source`: the folder `src` of the tree whose Colorify it is to be (None: the installed one).
    """
    words = [sys.executable, "-c", _WEIGH, *command]
    environment = {**os.environ, **({"PYTHONPATH": str(source)} if source else {})}
    said = subprocess.run(words, check=True, capture_output=True, text=True, env=environment).stdout
    code, peak = (int(word) for word in said.split()[-2:])
    if code:
        raise RuntimeError(f"{' '.join(command)}: exit code {code}")
    return peak / PER_MB


def run(command: Sequence[str]) -> None:
    """Run `command`, without its output."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def print_machine() -> None:
    """Say what the seconds below belong to."""
    load = os.getloadavg()[0]
    print(
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, load {load:.1f}\n"
    )
