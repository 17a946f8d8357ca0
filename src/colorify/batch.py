"""Colour the photos of a plan, several at a time; a photo that fails is a result, and the others go on."""

import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from colorify.colorizer import Colorizer, Report
from colorify.errors import PhotoError, UsageError
from colorify.hints import Hint
from colorify.own import is_own
from colorify.photo import MAX_PIXELS
from colorify.plan import Job

Watch = Callable[[float], None]  # told the part that is done, 0..1
Coloring = Callable[[Job, Watch], Report]


@dataclass(frozen=True)
class Options:
    """What a person may choose for a photo; see `Colorizer.colorize_file`."""

    strength: float = 1.0
    vividness: float = 1.0
    size: int | None = None  # px, short side of L at the generator
    hints: tuple[Hint, ...] = ()
    format: str | None = None
    quality: int | None = None
    depth: int | None = None  # bits a channel
    confidence: Path | None = None
    overwrite: bool = False
    max_pixels: int = MAX_PIXELS
    mark: bool = True
    strip: bool = False
    profile: str = "srgb"  # of the result: one of formats.PROFILES


@dataclass(frozen=True)
class Result:
    """What came of one job: a report, or an error."""

    job: Job
    report: Report | None = None
    error: PhotoError | None = None


class OwnOutputError(PhotoError):
    """The photo is an output of Colorify: to colour it again is hardly what is meant."""


class StoppedError(Exception):
    """The run was given up while this photo was being coloured."""


def run(jobs: Sequence[Job], color: Coloring, *, workers: int = 1) -> Generator[Result, None, None]:
    """Colour `jobs` on `workers` threads and yield the results in their order.

    When the caller stops iterating or is interrupted, photos not begun are dropped and those in work are
    given up at their next sign of progress, or finished: no half-written file is left.
    Errors that concern more than one photo (SetupError) are raised.
    """
    stop = threading.Event()

    def watch(part: float) -> None:
        if stop.is_set():
            raise StoppedError

    def work(job: Job) -> Result:
        try:
            _make_folder(job.target.parent)
            return Result(job, report=color(job, watch))
        except PhotoError as error:
            return Result(job, error=error)
        except UsageError as error:
            if len(jobs) == 1:
                raise
            # an option that suits the others, such as 16 bits where this one is a JPEG
            return Result(job, error=PhotoError(f"{job.source}: {error}"))

    # threads, not processes: libvips and ONNX Runtime release the GIL, and the weights are loaded once
    pool = ThreadPoolExecutor(workers, thread_name_prefix="colorify")
    try:
        for future in [pool.submit(work, job) for job in jobs]:
            yield future.result()
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


def coloring(colorizer: Colorizer, options: Options, *, again: bool = False) -> Coloring:
    """Bind the colorizer and its options into the function that `run` calls.

    `again`: colour outputs of Colorify too; without it they end in OwnOutputError.
    """

    def color(job: Job, watch: Watch) -> Report:
        if not again and is_own(job.source, max_pixels=options.max_pixels):
            raise OwnOutputError(f"{job.source} was made by Colorify; -f colours it again.")
        return color_source(colorizer, job.source, job.target, options, watch)

    return color


def color_source(
    colorizer: Colorizer,
    source: Path | bytes,
    target: Path | None,
    options: Options,
    watch: Watch | None = None,
) -> Report:
    """Colour one photo, a file or its bytes, with `options`."""
    return colorizer.colorize_file(
        source,
        target,
        strength=options.strength,
        vividness=options.vividness,
        size=options.size,
        hints=options.hints,
        format=options.format,
        quality=options.quality,
        depth=options.depth,
        confidence=options.confidence,
        overwrite=options.overwrite,
        max_pixels=options.max_pixels,
        mark=options.mark,
        strip=options.strip,
        profile=options.profile,
        progress=watch,
    )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PhotoError(f"{folder}: cannot make this folder ({error.strerror}).") from error
