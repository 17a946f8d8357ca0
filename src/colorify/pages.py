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


def read_pages(source: Source, *, max_pixels: int) -> list[PhotoHeader]:
    """Return the header of each page of a file, of one where it has no others. Raises PhotoError."""
    first = read_photo_header(source, max_pixels=max_pixels, page=0)
    return [first, *further_pages(first, source, max_pixels=max_pixels)]


def further_pages(first: PhotoHeader, source: Source, *, max_pixels: int) -> list[PhotoHeader]:
    """Return the headers of the pages after the first. Raises PhotoError."""
    return [read_photo_header(source, max_pixels=max_pixels, page=number) for number in range(1, first.pages)]


def save_pages(
    pages: Sequence[PhotoHeader],
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
    name, total = pages[0].origin.name, len(pages)
    _refuse_options(name, total, target, colors, save)
    big = sum(page.image.width * page.image.height * 8 for page in pages) > BIG_BYTES
    reports: list[Report] = []
    with _joined(target, save) as (joined, spare):
        for number, page in enumerate(pages):
            part = None if progress is None else _part(progress, number, total)
            how = PageOutput(spare, replace(save, format="tiff", overwrite=True), big, part)
            try:
                report = save_page(page, how)
            except PhotoError as error:
                if type(error) is not PhotoError:
                    raise
                raise PhotoError(f"page {number + 1} of {total}: {error.message}") from error
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
        notes=(f"{total} pages", *_notes(reports)),
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


def _notes(reports: Sequence[Report]) -> list[str]:
    """Return what is to be said of the pages: once, where it is true of all."""
    shared = [note for note in reports[0].notes if all(note in report.notes for report in reports)]
    own = [
        f"page {number}: {note}"
        for number, report in enumerate(reports, 1)
        for note in report.notes
        if note not in shared
    ]
    return [*dict.fromkeys(shared), *own]


def _refuse_options(
    name: str, total: int, target: Path | None, colors: ColorOptions, save: SaveOptions
) -> None:
    """Raise PhotoError for what is of one picture, and for a format that holds no pages."""
    by_suffix = None if target is None else find_format(target)
    if (save.format or (by_suffix.name if by_suffix else "tiff")) != "tiff":
        cure = f"Choose {option('format', 'tiff')}."
        raise PhotoError(f"{name}: has {total} pages, which a TIFF alone can hold. {cure}")
    given = [*map(option, save.beside), *([option("hint")] if colors.hints else [])]
    if given:
        raise PhotoError(f"{name}: has {total} pages, and {given[0]} is of one. Split it first: tiffsplit.")
