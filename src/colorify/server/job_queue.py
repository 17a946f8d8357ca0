"""Who is served when: so many photos at work, so many waiting, and nobody after that."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from colorify.server.problems import ENDING, FULL, TOO_LONG, RefusalError

T = TypeVar("T")

THREADS: Final = "colorify-serve"  # how the names of the worker threads begin
INITIAL_MEAN_S: Final = 1.0  # s a photo takes, before the first one has told


class AbandonedError(Exception):
    """Nobody waits for this work any more."""


class Task:
    """A piece of work, seen from its own thread: what it is doing, and whether anybody still wants it."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._steps: list[tuple[str, float]] = [("queue", time.perf_counter())]

    def stop(self) -> None:
        """Ask the work to end; from any thread."""
        self._stopped.set()

    def check(self, _part: float = 0.0) -> None:
        """Raise AbandonedError if the work is to end; fits where a `progress` is wanted."""
        if self._stopped.is_set():
            raise AbandonedError

    def step(self, name: str) -> None:
        """Say what comes next, unless the work is to end."""
        self.check()
        self._steps.append((name, time.perf_counter()))

    def timing(self) -> "Timing":
        """Return how long each step took until the next one, or until now."""
        ends = [start for _, start in self._steps[1:]] + [time.perf_counter()]
        return tuple((name, end - start) for (name, start), end in zip(self._steps, ends, strict=True))


Timing = tuple[tuple[str, float], ...]  # name of a step, seconds; the first is "queue"


class JobQueue:
    """Worker threads with a bounded line before them. Belongs to one event loop."""

    def __init__(self, *, workers: int, waiting: int, seconds: float) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=THREADS)
        self._workers, self._places, self._seconds = workers, workers + waiting, seconds
        self._mean_s = INITIAL_MEAN_S
        self._awaited = 0  # places of requests that are still waited for
        self._orphans: set[Future[Any]] = set()  # work on threads that nobody waits for
        self._waited_for: set[asyncio.Future[Any]] = set()
        self._ended = False
        self.refused = 0  # since the start
        self.done = 0  # pieces of work that were begun or given up, since the start

    @property
    def places(self) -> int:
        """How many requests may be at work or waiting."""
        return self._places

    @property
    def in_use(self) -> int:
        """Places in use: one is free when its client has gone and its thread has ended, too."""
        return self._awaited + self.orphans

    @property
    def orphans(self) -> int:
        """Threads at work on what nobody waits for."""
        return len(self._orphans)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place for as long as the body lasts; a client takes one before it sends its photo.

        Raises RefusalError (503, with the time after which to try again) where none is free.
        """
        if self.in_use >= self._places:
            self.refused += 1
            wait = max(1, round(self._mean_s * self._places / self._workers))
            raise RefusalError(
                FULL,
                f"All {self._places} places are taken. Try again in {wait} s.",
                retry_after=wait,
            )
        self._awaited += 1
        try:
            yield
        finally:
            self._awaited -= 1

    async def run(self, work: Callable[[Task], T]) -> tuple[T, Timing]:
        """Do `work` on a worker thread. If the caller is cancelled, or time runs out, the work is stopped.

        Raises RefusalError (503) when it takes too long, and whatever `work` raises.
        """
        task = Task()

        def begin() -> T:
            task.step("start")
            return work(task)

        if self._ended:
            raise _ending()
        future = self._pool.submit(begin)
        waited_for = asyncio.wrap_future(future)
        self._waited_for.add(waited_for)
        try:
            result = await asyncio.wait_for(waited_for, self._seconds)
        except TimeoutError:
            limit = f"{self._seconds:g} s"
            raise RefusalError(
                TOO_LONG, f"It was not done in {limit}. Try a smaller photo, or later.", retry_after=5
            ) from None
        except asyncio.CancelledError:
            if self._ended:
                raise _ending() from None
            raise
        finally:
            self._waited_for.discard(waited_for)
            self.done += 1
            task.stop()
            if not future.done():
                self._orphans.add(future)
                future.add_done_callback(self._orphans.discard)
        timing = task.timing()
        self._mean_s += 0.2 * (sum(seconds for _, seconds in timing[1:]) - self._mean_s)
        return result, timing

    def end(self) -> None:
        """Give up all work, and tell those who wait for it."""
        self._ended = True
        for future in list(self._waited_for):
            future.cancel()

    def close(self, *, wait: bool = True) -> None:
        """Drop what waits; `wait` for what is at work."""
        self._pool.shutdown(wait=wait, cancel_futures=True)


def _ending() -> RefusalError:
    return RefusalError(ENDING, "It was told to end. Try again in 10 s.", retry_after=10)
