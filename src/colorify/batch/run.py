"""Colour the photos of a plan, several at a time; a photo that fails is a result, and the others go on."""

import stat
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice, takewhile
from pathlib import Path
from typing import Final

from colorify.atomic import DiskFullError, ExistsError, claim, is_taken, make_folder
from colorify.batch.plan import Job
from colorify.colorizer import Colorizer, Report
from colorify.errors import PhotoError, UsageError
from colorify.heap import trim_heap
from colorify.images.metadata.provenance import is_colorify_output
from colorify.images.photo import MAX_PIXELS
from colorify.options import ColorOptions, SaveOptions, check_ranges

TRIM_EVERY_PHOTOS: Final = 50  # photos after which free memory is given back
JOBS_PER_WORKER: Final = 2  # photos a worker that are given out: one in work and one to begin at once
ProgressCallback = Callable[[float], None]  # told the part that is done, 0..1
Coloring = Callable[[Job, ProgressCallback], Report]


@dataclass(frozen=True)
class BatchOptions:
    """What a person may choose for the photos of a run. Raises UsageError where it is out of its range."""

    colors: ColorOptions = field(default_factory=ColorOptions)
    save: SaveOptions = field(default_factory=SaveOptions)
    reference: Path | None = None  # a colour photo to take colours from
    alternatives: int | None = None  # so many colourings of each photo, numbered
    max_pixels: int = MAX_PIXELS  # a larger photo is refused

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True)
class PhotoResult:
    """What came of one job: a report, or an error."""

    job: Job
    report: Report | None = None
    error: PhotoError | None = None


class AlreadyColorizedError(PhotoError):
    """The photo is an output of Colorify: to colour it again is hardly what is meant."""


class TakenError(PhotoError):
    """Another run, or a watch, is colouring the photo or has just done so."""

    def __init__(self, message: str, *, done: bool) -> None:
        super().__init__(message)
        self.done = done


class StoppedError(Exception):
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
            raise StoppedError
        if on_progress is not None:
            on_progress(job, part)

    def work(job: Job) -> PhotoResult | None:
        try:
            watch(job, 0.0)
            make_folder(job.target.parent)
            return PhotoResult(job, report=color(job, partial(watch, job)))
        except StoppedError:
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
            return PhotoResult(job, error=PhotoError(f"{job.source}: {error}"))

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


def bind_coloring(colorizer: Colorizer, options: BatchOptions, *, recolor: bool = False) -> Coloring:
    """Bind the colorizer and its options into the function that `run` calls.

    `recolor`: colour outputs of Colorify too; without it they end in OwnOutputError. What another run is
    colouring, or has coloured since the plan was made, ends in TakenError, before any work: so runs over one
    folder share its photos.
    """

    def color(job: Job, watch: ProgressCallback) -> Report:
        with claim(job.target) as ours:
            if not ours:
                raise TakenError(f"{job.source}: another run is colouring it.", done=False)
            if not options.save.overwrite and is_taken(job.target):
                raise _done_meanwhile(job)
            refuse_colorify_output(job, options, recolor=recolor)
            try:
                return color_source(
                    colorizer, job.source, job.target, options, watch, alternative=job.alternative
                )
            except ExistsError as error:  # on a file system without locks it shows only now
                if error.target != job.target:
                    raise
                raise _done_meanwhile(job) from error

    return color


def _done_meanwhile(job: Job) -> TakenError:
    return TakenError(f"{job.source}: another run has made {job.target}.", done=True)


def refuse_colorify_output(job: Job, options: BatchOptions, *, recolor: bool = False) -> None:
    """Read the header of a photo, and raise OwnOutputError where Colorify made it, unless `recolor`.

    Raises PhotoError where that much shows that it cannot be coloured.
    """
    _refuse_pipe(job.source)
    if is_colorify_output(job.source, max_pixels=options.max_pixels) and not recolor:
        raise AlreadyColorizedError(f"{job.source} was made by Colorify; -f colours it again.")


def _refuse_pipe(path: Path) -> None:
    """Raise PhotoError for what is no file: to open a named pipe would wait for ever for who writes to it."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return  # who reads it says what is wrong
    kinds = {stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket", stat.S_IFDIR: "a folder"}
    if not stat.S_ISREG(mode):
        found = kinds.get(stat.S_IFMT(mode), "a device")
        raise PhotoError(f"{path}: expected a picture file, found {found}. Leave it out, or give -.")


def color_source(
    colorizer: Colorizer,
    source: Path | bytes,
    target: Path | None,
    options: BatchOptions,
    on_progress: ProgressCallback | None = None,
    *,
    alternative: int = 1,
) -> Report:
    """Colour one photo, a file or its bytes, with `options`."""
    if isinstance(source, Path):
        _refuse_pipe(source)
    colors = replace(options.colors, alternative=alternative)
    save = options.save if alternative == 1 else replace(options.save, confidence=None)  # one is enough
    notes: tuple[str, ...] = ()
    if options.reference is not None:
        matched = colorizer.match(source, options.reference, size=colors.size, max_pixels=options.max_pixels)
        colors = replace(colors, hints=(*matched, *colors.hints))  # those that a person gave cover the others
        notes = (f"{len(matched) or 'no'} places matched {options.reference.name}",)
    report = colorizer.colorize_source(
        source, target, colors, save, max_pixels=options.max_pixels, progress=on_progress
    )
    return replace(report, notes=(*report.notes, *notes))
