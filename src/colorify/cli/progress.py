"""The bar on a terminal: how far a run is, and how long it will still take."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from colorify.batch.plan import Job

FIRST_DRAW_S: Final = 1.0  # s before a bar is drawn for one photo alone: most are done by then
ESTIMATE_WINDOW_S: Final = (
    300.0  # s that the estimate of the time left looks back: the photos of an album differ
)


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
        self._display: tuple[Progress, TaskID] | None = None

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

    def close(self) -> None:
        """Take the bar off the screen."""
        with self._lock:
            self._visible = False
            if self._display is not None:
                self._display[0].stop()

    def _draw(self) -> None:
        if not self._visible or (self._total == 1 and time.monotonic() - self._since < FIRST_DRAW_S):
            return
        if self._display is None:
            self._display = _begin(self._total)
        now = self._ended + sum(self._parts.values())
        count = f"{self._ended}/{self._total}" if self._total > 1 else f"{now:.0%}"
        progress, task = self._display
        progress.update(task, completed=now, count=count)


def _begin(total: int | None) -> "tuple[Progress, TaskID]":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = BarColumn(), TextColumn("{task.fields[count]}"), TimeRemainingColumn()
    # lines on stderr go through rich, to stay above the bar; stdout is data and is left alone
    progress = Progress(
        *columns,
        console=Console(stderr=True),
        redirect_stdout=False,
        transient=True,
        speed_estimate_period=ESTIMATE_WINDOW_S,
    )
    progress.start()
    return progress, progress.add_task("", total=total, count="")


@contextmanager
def progress_bar(total: int) -> Iterator[Bar]:
    """Draw a bar below the lines on stderr, if that is a terminal."""
    bar = Bar(total, visible=sys.stderr.isatty())
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
    progress, task = _begin(None)
    try:
        yield lambda done, total, words: progress.update(task, completed=done, total=total, count=words)
    finally:
        progress.stop()
