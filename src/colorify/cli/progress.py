"""The bar on a terminal: how far a run is, and how long it will still take."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tqdm import tqdm

    from colorify.batch.plan import Job

FIRST_DRAW_S: Final = 1.0  # s before a bar is drawn for one photo alone: most are done by then
DEFAULT_SIZE: Final = (80, 24)  # columns and lines of a terminal that does not say
FORM: Final = "{bar:40} {desc}, {remaining} left"

Draw = Callable[[int, int | None, str], None]  # how many are done, of how many, and that in words


class Bar:
    """Counts photos, also the parts of those in work, and shows them on a terminal. Safe between threads."""

    def __init__(self, total: int, *, visible: bool) -> None:
        """Begin with `total` photos to come."""
        self._total = total
        self._ended = 0
        self._parts: dict[Job, float] = {}
        self._lock = threading.Lock()
        self._since = time.monotonic()
        self._visible = visible
        self._display: tqdm[Any] | None = None

    def on_progress(self, job: "Job", part: float) -> None:
        """Note that `part`, 0..1, of a photo is done."""
        with self._lock:
            self._parts[job] = part
            self._draw()

    def ended(self, job: "Job") -> None:
        """Note that a photo is done, or has failed."""
        with self._lock:
            self._parts.pop(job, None)
            self._ended += 1
            self._draw()
            if self._display is not None:
                self._display.refresh()  # however soon after the last one

    def close(self) -> None:
        """Take the bar off the screen."""
        with self._lock:
            self._visible = False
            if self._display is not None:
                self._display.close()

    def _draw(self) -> None:
        if not self._visible or (self._total == 1 and time.monotonic() - self._since < FIRST_DRAW_S):
            return
        now = self._ended + sum(self._parts.values())
        count = f"{self._ended}/{self._total}" if self._total > 1 else f"{now:.0%}"
        if self._display is None:
            self._display = _begin(self._total, count)
        _advance(self._display, now, count)


def _begin(total: int | None, words: str) -> "tqdm[Any]":
    """Draw a bar at once; the time left is told from the mean pace, as the photos of an album differ."""
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # no thread of its own
    tqdm.set_lock(threading.RLock())  # nor a lock between processes
    sized = _has_size()
    return tqdm(
        total=total,
        desc=words,
        file=sys.stderr,
        leave=False,
        miniters=0,
        smoothing=0,
        ncols=None if sized else DEFAULT_SIZE[0],
        nrows=None if sized else DEFAULT_SIZE[1],
        dynamic_ncols=sized,
        bar_format=FORM,
    )


def _has_size() -> bool:
    """Whether the terminal says how wide it is: one of a container or of `script` may not."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns > 0
    except (OSError, ValueError):  # none of the system's: a notebook, a test
        return False


def _advance(bar: "tqdm[Any]", now: float, words: str) -> None:
    bar.set_description_str(words, refresh=False)
    bar.update(now - bar.n)


@contextmanager
def above_bar() -> Iterator[None]:
    """Take the bar off the screen while a line is printed, and draw it again below."""
    if "tqdm" not in sys.modules:  # no bar was ever drawn
        yield
        return
    from tqdm import tqdm

    with tqdm.external_write_mode(file=sys.stderr):
        yield


@contextmanager
def progress_bar(total: int, *, hidden: bool = False) -> Iterator[Bar]:
    """Draw a bar below the lines on stderr, if that is a terminal."""
    bar = Bar(total, visible=sys.stderr.isatty() and not hidden)
    try:
        yield bar
    finally:
        bar.close()


@contextmanager
def count_bar(*, hidden: bool = False) -> Iterator[Draw | None]:
    """Yield what draws how far a run is that does one thing after the other; None if nobody would see it."""
    if hidden or not sys.stderr.isatty():
        yield None
        return
    bar: tqdm[Any] | None = None

    def draw(done: int, total: int | None, words: str) -> None:
        nonlocal bar
        if bar is None:
            bar = _begin(total, words)
            bar.n = bar.initial = done  # what an earlier run has done says nothing about the pace
        bar.total = total
        _advance(bar, done, words)

    try:
        yield draw
    finally:
        if bar is not None:
            bar.close()
