"""A photo at its full size, as a file: one picture, or a TIFF of as many pages as came."""

from dataclasses import dataclass, replace
from io import BytesIO

from colorify.colorizer import Colorizer
from colorify.errors import PhotoError, UsageError
from colorify.images.formats import Format, format_named
from colorify.images.metadata.location import remove_location
from colorify.images.metadata.tiff_pages import append_page
from colorify.images.photo import Photo, PhotoHeader, open_photo
from colorify.multipage import Pages, join_notes, name_page, refuse_other_formats
from colorify.options import SaveOptions
from colorify.render.strips import save_colored_photo
from colorify.render.upsample import LinearChromaModel
from colorify.result import resolve_output
from colorify.server.job_queue import Task
from colorify.server.schemas import RenderRequest
from colorify.server.settings import Settings
from colorify.server.work import OpenPhoto


@dataclass(frozen=True)
class FullResult:
    """A photo in colour, as a file, and what of the photo is not in it."""

    data: bytes
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Painter:
    """Paints photos as one request wants them."""

    request: RenderRequest
    save: SaveOptions
    colorizer: Colorizer
    settings: Settings
    task: Task

    def paint(self, photo: Photo, chroma: LinearChromaModel, *, big_tiff: bool = False) -> FullResult:
        """Return one picture in colour. Raises PhotoError, UsageError, AbandonedError."""
        shown = photo if self.request.keep_location else remove_location(photo)
        output, _ = resolve_output(shown, None, self.save, self.colorizer.spec)
        output = replace(output, big_tiff=big_tiff)
        threads, layer = self.settings.threads, self.request.layer
        data = save_colored_photo(
            shown, chroma, None, output, threads=threads, progress=self.task.check, layer=layer
        )
        assert data is not None  # as there was no target
        return FullResult(data, (*shown.notes, *output.notes(shown)))


def render_full(
    upload: OpenPhoto, request: RenderRequest, colorizer: Colorizer, settings: Settings, task: Task
) -> FullResult:
    """Return the photo in colour, full size, as a file. Raises PhotoError, UsageError, AbandonedError."""
    save = replace(request.save_options(), format=result_format(upload, request).name)
    painter = Painter(request, save, colorizer, settings, task)
    task.step("generate")
    first = upload.session.chroma(request.color_options())
    task.step("paint")
    if upload.pages is None:
        _refuse_page(request.page, 1)
        return painter.paint(open_photo(upload.data, max_pixels=settings.max_pixels), first)
    if request.page is None:
        return _paint_pages(upload, upload.pages, first, painter)
    _refuse_page(request.page, len(upload.pages))
    return _paint_page(upload, request.page, upload.pages.turn_to(request.page), first, painter)


def _refuse_page(number: int | None, total: int) -> None:
    if number is not None and number > total:
        raise UsageError(f"page {number}: expected 1 to {total}.")


def result_format(upload: OpenPhoto, request: RenderRequest) -> Format:
    """Return the format of a result: the one that is asked for, or the photo's, or, for a layer, PNG."""
    if request.format:
        return format_named(request.format)
    return format_named("png") if request.layer and not upload.format.has_alpha else upload.format


def _paint_pages(upload: OpenPhoto, pages: Pages, first: LinearChromaModel, painter: Painter) -> FullResult:
    """Return all pages in one TIFF; `first`: the chroma of the first, which was shown and may have hints."""
    refuse_other_formats("the photo", len(pages), None, painter.save)
    joined, notes = BytesIO(), []
    for number, page in enumerate(pages, 1):
        painter.task.check()
        try:
            made = _paint_page(upload, number, page, first, painter, big_tiff=pages.need_big_tiff)
        except PhotoError as error:
            raise name_page(error, number, len(pages)) from error
        append_page(joined, BytesIO(made.data))
        notes.append(made.notes)
    return FullResult(joined.getvalue(), join_notes(notes))


def _paint_page(
    upload: OpenPhoto,
    number: int,
    page: PhotoHeader,
    first: LinearChromaModel,
    painter: Painter,
    *,
    big_tiff: bool = False,
) -> FullResult:
    """Return one page alone; hints are of the first."""
    chroma, most = first, painter.settings.max_pixels
    if number > 1:
        look = replace(painter.request.color_options(), hints=(), detail=upload.detail)
        chroma = painter.colorizer.open_once(page, look, max_pixels=most).chroma(look)
    return painter.paint(open_photo(page.without_content(), max_pixels=most), chroma, big_tiff=big_tiff)
