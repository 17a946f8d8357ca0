"""A TIFF of several pages: each is a photo of its own, and all of them come out again, in one TIFF."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from colorify.atomic import part_file, whole_file
from colorify.errors import PhotoError, option
from colorify.images.decode import Source
from colorify.images.formats import find_format
from colorify.images.metadata.tiff_pages import append_page
from colorify.images.photo import PhotoHeader, read_photo_header
from colorify.options import ColorOptions, SaveOptions
from colorify.result import Report

Progress = Callable[[float], None]
BIG_BYTES: Final = 2**31  # from which on the form of TIFF is chosen that may pass 4 GB


@dataclass(frozen=True)
class PageOutput:
    """How one page is to be written: to be given to `Session.save`."""

    target: Path | None
    save: SaveOptions
    big_tiff: bool
    progress: Progress | None


SavePage = Callable[[PhotoHeader, PageOutput], Report]


class Pages:
    """The headers of the pages of a file, of one where it has no others; each is read when it is its turn."""

    def __init__(self, first: PhotoHeader, *, max_pixels: int) -> None:
        """Begin with the header of the first. Raises TooLargeError where any has more than `max_pixels`."""
        first.check_pages(max_pixels)
        self.first, self._max_pixels = first, max_pixels

    def __len__(self) -> int:
        return self.first.pages

    def __iter__(self) -> Iterator[PhotoHeader]:
        """Yield them in their order. Raises PhotoError, which names the page."""
        yield self.first
        for number in range(2, len(self) + 1):
            yield self.turn_to(number)

    def turn_to(self, number: int) -> PhotoHeader:
        """Return the header of a page, from 1 on. Raises PhotoError, which names the page."""
        if number == 1:
            return self.first
        try:
            return self.first.turn_to(number - 1, max_pixels=self._max_pixels)
        except PhotoError as error:
            raise name_page(error, number, len(self)) from error

    @property
    def pixels(self) -> int:
        """Of all pages together."""
        tiff = self.first.origin.tiff
        sizes = [(self.first.image.width, self.first.image.height)] if tiff is None else tiff.sizes
        return sum(width * height for width, height in sizes)

    @property
    def need_big_tiff(self) -> bool:
        """Whether they may be too large for the classic form of TIFF."""
        return 8 * self.pixels > BIG_BYTES


def read_pages(source: Source, *, max_pixels: int) -> Pages:
    """Look at the pages of a file. Raises PhotoError."""
    return Pages(read_photo_header(source, max_pixels=max_pixels, page=0), max_pixels=max_pixels)


def save_pages(
    pages: Pages,
    save_page: SavePage,
    target: Path | None,
    colors: ColorOptions,
    save: SaveOptions,
    *,
    progress: Progress | None = None,
) -> Report:
    """Colour each page by `save_page`, and write them as one TIFF, in their order.

    A page that fails is named, and nothing is written then. Raises PhotoError.
    """
    name, total = pages.first.origin.name, len(pages)
    refuse_other_formats(name, total, target, save)
    _refuse_options(name, total, colors, save)
    big = pages.need_big_tiff
    reports: list[Report] = []
    with _joined(target, save) as (joined, spare):
        for number, page in enumerate(pages):
            part = None if progress is None else _part(progress, number, total)
            how = PageOutput(spare, replace(save, format="tiff", overwrite=True), big, part)
            try:
                report = save_page(page, how)
            except PhotoError as error:
                raise name_page(error, number + 1, total) from error
            with BytesIO(report.data or b"") if spare is None else spare.open("rb") as file:
                append_page(joined, file)
            reports.append(replace(report, data=None))
        data = joined.getvalue() if isinstance(joined, BytesIO) else None
    return replace(
        reports[0],
        target=target,
        data=data,
        seconds=sum(report.seconds for report in reports),
        was_colored=any(report.was_colored for report in reports),
        mean_confidence=sum(report.mean_confidence for report in reports) / total,
        notes=join_notes([report.notes for report in reports]),
    )


@contextmanager
def _joined(target: Path | None, save: SaveOptions) -> Iterator[tuple[BinaryIO, Path | None]]:
    """Give the file that the pages are joined in, and a name that each is written to before."""
    if target is None:
        yield BytesIO(), None
        return
    with (
        whole_file(target, overwrite=save.overwrite) as temporary,
        part_file(target) as spare,
        temporary.open("r+b") as file,
    ):
        yield file, spare


def _part(progress: Progress, number: int, total: int) -> Progress:
    return lambda part: progress((number + part) / total)


def name_page(error: PhotoError, number: int, total: int) -> PhotoError:
    """Return an error of a page with the number of the page; one of a kind of its own as it is."""
    if type(error) is not PhotoError:
        return error
    return PhotoError(f"page {number} of {total}: {error.message}")


def join_notes(pages: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return what is to be said of the pages, by the notes of each: once, where it is true of all."""
    shared = [note for note in dict.fromkeys(pages[0]) if all(note in notes for notes in pages)]
    own = [
        f"page {number}: {note}"
        for number, notes in enumerate(pages, 1)
        for note in notes
        if note not in shared
    ]
    return (f"{len(pages)} pages", *shared, *own)


def refuse_other_formats(name: str, total: int, target: Path | None, save: SaveOptions) -> None:
    """Raise PhotoError for a format that holds no pages."""
    by_suffix = None if target is None else find_format(target)
    if (save.format or (by_suffix.name if by_suffix else "tiff")) != "tiff":
        cure = f"Choose {option('format', 'tiff')}."
        raise PhotoError(f"{name}: has {total} pages, which a TIFF alone can hold. {cure}")


def _refuse_options(name: str, total: int, colors: ColorOptions, save: SaveOptions) -> None:
    """Raise PhotoError for what is of one picture."""
    given = [*map(option, save.extra_files), *([option("hint")] if colors.hints else [])]
    if given:
        raise PhotoError(f"{name}: has {total} pages, and {given[0]} is of one. Split it first: tiffsplit.")
