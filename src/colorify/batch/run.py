"""Colour the photos of a plan, several at a time; a photo that fails is a result, and the others go on."""

import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from itertools import islice, takewhile
from typing import Final

from colorify.atomic import DiskFullError, make_folder
from colorify.batch.coloring import Coloring
from colorify.batch.plan import Job
from colorify.errors import PhotoError, UsageError
from colorify.heap import trim_heap
from colorify.result import Report

TRIM_EVERY_PHOTOS: Final = 50  # photos after which free memory is given back
JOBS_PER_WORKER: Final = 2  # photos a worker that are given out: one in work and one to begin at once


@dataclass(frozen=True)
class PhotoResult:
    """What came of one job: a report, or an error."""

    job: Job
    report: Report | None = None
    error: PhotoError | None = None


class RunStoppedError(Exception):
    """The run was given up while this photo was being coloured."""


def run(
    jobs: Iterable[Job],
    color: Coloring,
    *,
    workers: int = 1,
    single_input: bool = False,
    on_progress: Callable[[Job, float], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Generator[PhotoResult, None, None]:
    """Colour `jobs` on `workers` threads and yield each result as soon as it is there.

    While one worker decodes, another runs the generator and a third encodes. Results are not kept, so that
    memory does not grow with the number of photos. `on_progress`: what part of a photo is done, 0..1, on the
    thread of its worker. `single_input`: an option that does not suit the photo is an error, not a result.

    When `stopped` says so, or the caller stops iterating, photos not begun are dropped and those in work
    are given up at their next sign of progress, or finished: no half-written file is left. They get no
    result. A full disk ends the run in the same way, after the DiskFullError of the photo that met it.
    Errors that concern more than one photo (SetupError) are raised.
    """
    ended = threading.Event()

    def goes_on(_: Job) -> bool:
        return not (ended.is_set() or stopped())

    def watch(job: Job, part: float) -> None:
        if not goes_on(job):
            raise RunStoppedError
        if on_progress is not None:
            on_progress(job, part)

    def work(job: Job) -> PhotoResult | None:
        try:
            watch(job, 0.0)
            make_folder(job.target.parent)
            return PhotoResult(job, report=color(job, partial(watch, job)))
        except RunStoppedError:
            return None
        except PhotoError as error:
            if isinstance(error, DiskFullError):
                ended.set()
            return PhotoResult(job, error=error)
        except OSError as error:  # a share that goes away may say so at any step
            return PhotoResult(job, error=PhotoError(f"{job.source}: cannot be coloured ({error})."))
        except UsageError as error:
            if single_input:
                raise
            # an option that suits the others, such as 16 bits where this one is a JPEG
            return PhotoResult(job, error=PhotoError(f"{job.source}: {error.message}"))

    # threads, not processes: libvips and ONNX Runtime release the GIL, and the weights are loaded once
    pool = ThreadPoolExecutor(workers, thread_name_prefix="colorify")
    try:
        results = _iterate_finished(pool, work, takewhile(goes_on, jobs), JOBS_PER_WORKER * workers)
        for number, result in enumerate(results, start=1):
            if result is not None:
                yield result
            if number % TRIM_EVERY_PHOTOS == 0:
                trim_heap()
    finally:
        ended.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _iterate_finished(
    pool: ThreadPoolExecutor, work: Callable[[Job], PhotoResult | None], jobs: Iterable[Job], most: int
) -> Iterator[PhotoResult | None]:
    """Give `most` jobs at a time to the pool, and yield what comes of them."""
    waiting = iter(jobs)
    given: list[Future[PhotoResult | None]] = []
    while given := [*given, *(pool.submit(work, job) for job in islice(waiting, most - len(given)))]:
        wait(given, return_when=FIRST_COMPLETED)
        ended = [future for future in given if future.done()]
        given = [future for future in given if future not in ended]
        yield from (future.result() for future in ended)
