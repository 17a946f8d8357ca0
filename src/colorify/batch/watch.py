"""Photos that come into a folder while it is watched: each is given out once, when it is whole.

The folder is looked at again and again, rather than the system asked to tell: that works on every file
system, network shares too, whose other users no notice tells of. And no notice says that a file is whole;
that shows only in that its size and time stand still.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from colorify.batch.file_places import FileState, read_file_state
from colorify.batch.inputs import Refusal
from colorify.batch.plan import Plan

MIN_PAUSE_S: Final = 2.0  # s at least between two looks: so long must a file stand still
PAUSE_FACTOR: Final = (
    5  # times the length of a look, likewise: many files on a slow share are looked at less often
)
_STOP_CHECK_S: Final = 0.1  # s: so soon is a request to stop noticed


def watch_folder(
    make_plan: Callable[[], Plan],
    *,
    stopped: Callable[[], bool],
    pause: float = MIN_PAUSE_S,
    again: set[Path] | None = None,
) -> Iterator[Plan]:
    """Yield, until `stopped`, what is new in the plans that `make_plan` makes; take the next when it is done.

    Its jobs are whole: they did not change between two looks. A photo is given again, failed or done, only
    after it has changed. What is finished or an output of Colorify is in the first plan alone, and what is
    refused or left out in the first that has it. Plans without anything are not yielded. `again`: photos to
    be given once more, unchanged, if they are still to be done: the caller adds them, a look takes them out.
    """
    before: dict[Path, FileState | None] = {}
    given: dict[Path, FileState | None] = {}
    told: set[str] = set()
    first = True

    def was_given(refusal: Refusal) -> bool:
        """Whether it was coloured, unchanged: its result, without a mark, is like anybody's file."""
        path = Path(refusal.source)
        return path in given and given[path] == read_file_state(path)

    while not stopped():
        if again is not None:
            for path in again:
                given.pop(path, None)
            again.clear()
        started = time.monotonic()
        plan = make_plan()
        now = {job.source: read_file_state(job.source) for job in plan.jobs}
        whole = [path for path in now if path in before and before[path] == now[path]]
        ready = {path for path in whole if path not in given or given[path] != now[path]}
        new = replace(
            plan if first else replace(plan, finished=(), own=(), unmarked=()),
            jobs=tuple(job for job in plan.jobs if job.source in ready),
            refused=tuple(item for item in plan.refused if item.reason not in told and not was_given(item)),
            left_out=tuple(refusal for refusal in plan.left_out if refusal.reason not in told),
        )
        before, first = now, False
        given.update((path, now[path]) for path in ready)
        told = {refusal.reason for refusal in (*plan.refused, *plan.left_out)}
        if new.jobs or new.refused or new.left_out or new.finished or new.own or new.unmarked:
            yield new
        _wait(max(pause, PAUSE_FACTOR * (time.monotonic() - started)), stopped)


def _wait(seconds: float, stopped: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while not stopped() and (left := end - time.monotonic()) > 0:
        time.sleep(min(_STOP_CHECK_S, left))
