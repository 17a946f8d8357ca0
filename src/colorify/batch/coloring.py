"""One photo of a run: refused where nothing is to be made of it, opened once, coloured, written.

The alternatives of a photo share what was opened of it, and all photos of a run share the reference.
"""

import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from colorify.atomic import ExistsError, claim, is_taken, make_folder
from colorify.batch.foreign_files import refuse_foreign, refuse_foreign_comparison
from colorify.batch.plan import Job
from colorify.colorizer import Colorizer
from colorify.errors import PhotoError
from colorify.hints import Hint
from colorify.images.metadata.provenance import has_colorify_mark, is_colorify_output
from colorify.images.output_names import name_comparison
from colorify.images.photo import MAX_PIXELS, PhotoHeader, read_photo_header
from colorify.model.exemplar import Reference
from colorify.multipage import PageOutput, Pages, read_pages, save_pages
from colorify.options import ColorOptions, SaveOptions, check_ranges
from colorify.result import Report, refuse_targets
from colorify.session import Session

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
    compare_suffix: str | None = None  # of before and after in one picture, to be written beside each result

    def __post_init__(self) -> None:
        check_ranges(self)

    def save_for(self, target: Path | None, alternative: int) -> SaveOptions:
        """Return how an alternative is to be saved: what goes beside the photo, with the first alone."""
        if alternative > 1:
            return self.save.alone()
        if self.compare_suffix is None or target is None:
            return self.save
        return replace(self.save, compare=name_comparison(target, self.compare_suffix))


class AlreadyColorizedError(PhotoError):
    """The photo is an output of Colorify: to colour it again is hardly what is meant."""


class TakenError(PhotoError):
    """Another run, or a watch, is colouring the photo or has just done so."""

    def __init__(self, message: str, *, done: bool) -> None:
        super().__init__(message)
        self.done = done


@dataclass(frozen=True)
class MatchedPhoto:
    """A photo of a run, and what the reference has to say of it."""

    session: Session
    hints: tuple[Hint, ...] = ()
    notes: tuple[str, ...] = ()

    def save(
        self,
        target: Path | None,
        options: BatchOptions,
        on_progress: ProgressCallback,
        *,
        alternative: int = 1,
        big_tiff: bool = False,
    ) -> Report:
        """Write it in colour, in one of its alternatives. Raises PhotoError, UsageError."""
        hints = (*self.hints, *options.colors.hints)  # those that a person gave cover the others
        colors = replace(options.colors, hints=hints, alternative=alternative)
        save = options.save_for(target, alternative)
        report = self.session.save(target, colors, save, progress=on_progress, big_tiff=big_tiff)
        return replace(report, notes=(*report.notes, *self.notes))


@dataclass(frozen=True)
class MatchedPages:
    """A photo of a run that has several pages, each of which is opened when it is its turn."""

    pages: Pages
    open_page: Callable[[PhotoHeader], MatchedPhoto]

    def save(
        self,
        target: Path | None,
        options: BatchOptions,
        on_progress: ProgressCallback,
        *,
        alternative: int = 1,
    ) -> Report:
        """Write it in colour, all pages in one of their alternatives. Raises PhotoError, UsageError."""

        def save_page(page: PhotoHeader, how: PageOutput) -> Report:
            one = replace(options, save=how.save, compare_suffix=None)
            watch = how.progress or on_progress
            opened = self.open_page(page)
            return opened.save(how.target, one, watch, alternative=alternative, big_tiff=how.big_tiff)

        save = options.save_for(target, alternative)
        return save_pages(self.pages, save_page, target, options.colors, save, progress=on_progress)


class PhotoOpener:
    """Opens the photos of a run, and the reference, each once. Safe to share between threads."""

    def __init__(self, colorizer: Colorizer, options: BatchOptions, *, recolor: bool = False) -> None:
        """See `bind_coloring`."""
        self.options = options
        self._colorizer, self._recolor = colorizer, recolor
        self._last: tuple[Path, MatchedPhoto | MatchedPages] | None = None  # alternatives may come
        self._references: dict[int, Reference] = {}  # by the short side at which a photo is looked at, px
        self._opening, self._matching = threading.Lock(), threading.Lock()

    def open(self, path: Path) -> MatchedPhoto | MatchedPages:
        """Open a file. Raises AlreadyColorizedError, PhotoError, UsageError."""
        if self.options.alternatives is None:
            return self._open(path)
        with self._opening:
            if self._last is None or self._last[0] != path:
                self._last = path, self._open(path)
            return self._last[1]

    def _open(self, path: Path) -> MatchedPhoto | MatchedPages:
        refuse_pipe(path)
        most = self.options.max_pixels
        header = read_photo_header(path, max_pixels=most, page=0)
        if has_colorify_mark(header) and not self._recolor:
            raise _already_colorized(path)
        return self.open_pages(Pages(header, max_pixels=most))

    def open_pages(self, pages: Pages) -> MatchedPhoto | MatchedPages:
        """Open a photo of which the header has been read. Raises PhotoError, UsageError."""
        return MatchedPages(pages, self._open_page) if len(pages) > 1 else self._open_page(pages.first)

    def _open_page(self, page: PhotoHeader) -> MatchedPhoto:
        colors, most = self.options.colors, self.options.max_pixels
        return self.match(self._colorizer.open_once(page, colors, max_pixels=most))

    def match(self, session: Session) -> MatchedPhoto:
        """Add what the reference has to say. Raises PhotoError, UsageError, WeightsError."""
        name = self.options.reference
        if name is None:
            return MatchedPhoto(session)
        with self._matching:
            if session.short not in self._references:
                short, most = session.short, self.options.max_pixels
                opened = self._colorizer.open_reference(name, short=short, max_pixels=most)
                self._references[short] = opened
        hints = session.match(self._references[session.short])
        return MatchedPhoto(session, hints, (f"{len(hints) or 'no'} places matched {name.name}",))


def bind_coloring(colorizer: Colorizer, options: BatchOptions, *, recolor: bool = False) -> Coloring:
    """Bind the colorizer and its options into the function that `run` calls.

    `recolor`: colour outputs of Colorify too; without it they end in AlreadyColorizedError. What another run
    is colouring, or has coloured since the plan was made, ends in TakenError, before any work: so runs over
    one folder share its photos.
    """
    opener = PhotoOpener(colorizer, options, recolor=recolor)

    def color(job: Job, watch: ProgressCallback) -> Report:
        with claim(job.target) as ours:
            if not ours:
                raise TakenError(f"{job.source}: another run is colouring it.", done=False)
            if not options.save.overwrite and is_taken(job.target):
                raise _done_meanwhile(job)
            try:
                return color_job(opener, job, watch)
            except ExistsError as error:  # on a file system without locks it shows only now
                if error.target != job.target:
                    raise
                raise _done_meanwhile(job) from error

    return color


def color_job(opener: PhotoOpener, job: Job, watch: ProgressCallback) -> Report:
    """Colour the photo of one job. Raises PhotoError, UsageError."""
    save = opener.options.save_for(job.target, job.alternative)
    refuse_targets(job.source, job.target, save)
    if save.overwrite:  # once more, as the plan is older: the names that nobody typed
        if not job.named:
            refuse_foreign(job.source, job.target, max_pixels=opener.options.max_pixels)
        if save.compare is not None:
            refuse_foreign_comparison(job.source, save.compare)
    return opener.open(job.source).save(job.target, opener.options, watch, alternative=job.alternative)


def color_source(
    colorizer: Colorizer,
    source: Path | bytes,
    target: Path | None,
    options: BatchOptions,
    on_progress: ProgressCallback,
) -> Report:
    """Colour one photo, a file or its bytes, whoever made it; the folder of `target` is made.

    Raises PhotoError, UsageError.
    """
    if isinstance(source, Path):
        refuse_pipe(source)
    refuse_targets(source, target, options.save)
    pages = read_pages(source, max_pixels=options.max_pixels)
    opened = PhotoOpener(colorizer, options).open_pages(pages)
    if target is not None:
        make_folder(target.parent)
    return opened.save(target, options, on_progress)


def _done_meanwhile(job: Job) -> TakenError:
    return TakenError(f"{job.source}: another run has made {job.target}.", done=True)


def refuse_colorify_output(job: Job, options: BatchOptions, *, recolor: bool = False) -> None:
    """Read the header of a photo, and raise AlreadyColorizedError where Colorify made it, unless `recolor`.

    Raises PhotoError where that much shows that it cannot be coloured.
    """
    refuse_pipe(job.source)
    if is_colorify_output(job.source, max_pixels=options.max_pixels) and not recolor:
        raise _already_colorized(job.source)


def _already_colorized(path: Path) -> AlreadyColorizedError:
    return AlreadyColorizedError(f"{path} was made by Colorify; -f colours it again.")


def refuse_pipe(path: Path) -> None:
    """Raise PhotoError for what is no file: to open a named pipe would wait for ever for who writes to it."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return  # who reads it says what is wrong
    kinds = {stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket", stat.S_IFDIR: "a folder"}
    if not stat.S_ISREG(mode):
        found = kinds.get(stat.S_IFMT(mode), "a device")
        raise PhotoError(f"{path}: expected a picture file, found {found}. Leave it out, or give -.")
