"""How much memory there is, and who has claimed what of it.

Too large a request does not end in an error that could be caught: on most systems memory is promised before
it is there, and a process that uses what it was promised is killed. So a run says beforehand what it will
take. psutil would not do: it knows of the machine, and nothing of the limit of a container.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

PROC: Final = Path("/proc")
CGROUPS: Final = Path("/sys/fs/cgroup")
# s for which it holds that there is plenty: to look takes 0.4 ms, and a photo looks three times
RECHECK_S: Final = 1.0
PLENTY: Final = 8  # times what is wanted, and claimed already
_KIB: Final = 1024
# (in which hierarchy, limit, usage, what of the usage can be had back) of control groups, version 2 and 1
_VERSION_2: Final = ("", "memory.max", "memory.current", "inactive_file")
_VERSION_1: Final = ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")

RefusalFactory = Callable[
    [int], Exception
]  # makes the error of one who is refused, of the bytes that there are


def available_memory(proc: Path = PROC, cgroups: Path = CGROUPS) -> int | None:
    """Return how many bytes this process may take without harm to itself; None where nobody says.

    On Linux the least of what the machine has to give and what the limits of its control groups leave; on
    Windows what the machine has to give; elsewhere all memory that it has.
    """
    least = _machine_memory(proc)
    for group in _groups(proc, cgroups):
        left = _group_memory(*group, enough=least)
        least = left if least is None or (left is not None and left < least) else least
    return max(0, least) if least is not None else _windows_memory() or _whole_memory()


class Claims:
    """Memory that runs in work have claimed. Safe to share between threads."""

    def __init__(self, available: Callable[[], int | None] = available_memory) -> None:
        """`available`: tells what there is, as `available_memory` does."""
        self._available = available
        self._changed = threading.Condition()
        self._claimed = 0  # bytes
        self._last_available: int | None = None  # bytes that there were
        self._valid_until = 0.0

    def check(self, size: int, refuse: RefusalFactory) -> None:
        """Raise the error of `refuse` where there are not `size` bytes, even after all runs have ended."""
        with self._changed:
            available = self._find_available(size)
            if available is not None and size > available + self._claimed:
                raise refuse(available + self._claimed)

    @contextmanager
    def claim(self, size: int, refuse: RefusalFactory) -> Iterator[None]:
        """Hold `size` bytes while the body runs. Raises the error of `refuse` where there are not so many.

        What is claimed already may be allocated by now, and then counts twice; so where it is too little
        beside other runs, this one waits for them, and is refused only if it is too little alone.
        """
        with self._changed:
            while (available := self._find_available(size)) is not None and size > available - self._claimed:
                if not self._claimed:
                    raise refuse(available)
                self._changed.wait()
            self._claimed += size
        try:
            yield
        finally:
            with self._changed:
                self._claimed -= size
                self._changed.notify_all()

    def _find_available(self, size: int) -> int | None:
        """Return what there is; or what there was a moment ago, if that is plenty for `size`."""
        now = time.monotonic()
        plenty = self._last_available is not None and PLENTY * (size + self._claimed) <= self._last_available
        if not plenty or now >= self._valid_until:
            self._last_available, self._valid_until = self._available(), now + RECHECK_S
        return self._last_available


def _machine_memory(proc: Path) -> int | None:
    for line in _lines(proc / "meminfo"):
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) * _KIB
    return None


def _group_memory(limit: Path, usage: Path, stat: Path, idle: str, *, enough: int | None) -> int | None:
    """Return what a control group leaves; None where it has no limit, or leaves `enough` at all events.

    To write its `stat` takes the kernel longer than all the rest, so it is not asked for without need.
    """
    most, used = _number(_lines(limit)), _number(_lines(usage))
    if most is None or used is None or (enough is not None and most - used >= enough):
        return None
    named = (line.partition(" ") for line in _lines(stat))
    return most - used + sum(int(value) for name, _, value in named if name == idle)


@cache  # they stay, and to look for them takes longer than to read them
def _groups(proc: Path, cgroups: Path) -> list[tuple[Path, Path, Path, str]]:
    """Return the files of each control group: limit, usage and what of it can be had back, and its name."""
    found = []
    for line in _lines(proc / "self" / "cgroup"):
        number, controllers, place = line.split(":", 2)
        if number == "0":
            folder, limit, usage, idle = _VERSION_2
        elif "memory" in controllers.split(","):
            folder, limit, usage, idle = _VERSION_1
        else:
            continue
        inside = Path(place.lstrip("/"))
        # in a container the groups above are not shown, and its own is the root
        groups = [cgroups / folder / part for part in (inside, *inside.parents)]
        shown = [group for group in groups if (group / limit).is_file()]
        found += [(group / limit, group / usage, group / "memory.stat", idle) for group in shown]
    return found


def _number(lines: list[str]) -> int | None:
    return int(lines[0]) if lines and lines[0].isdecimal() else None  # "max" is no limit


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):  # not there, or not for us: it says nothing
        return []


def _whole_memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return None


def _windows_memory() -> int | None:
    import ctypes

    windll: Any = getattr(ctypes, "windll", None)
    if windll is None:
        return None

    class Status(ctypes.Structure):
        """MEMORYSTATUSEX of the Windows API."""

        _fields_ = [
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((f"number_{index}", ctypes.c_ulonglong) for index in range(7)),
        ]

    status = Status(length=ctypes.sizeof(Status))
    if not windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return int(status.number_1)  # ullAvailPhys: total, available, ...
