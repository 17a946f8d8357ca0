"""A photo at work: the library's session on an upload, and what it makes of it as files."""

from dataclasses import dataclass, replace
from itertools import islice
from math import ceil
from typing import Any, Final

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorify.colorizer import Colorizer
from colorify.errors import UsageError, WeightsError
from colorify.hints import Hint, number_hints
from colorify.images.formats import SNIFF_BYTES, Format, format_named, sniff
from colorify.multipage import Pages, read_pages
from colorify.options import ColorOptions
from colorify.pixels import to_8_bits
from colorify.server.job_queue import Task
from colorify.server.problems import TOO_MANY_PIXELS, RefusalError
from colorify.server.schemas import (
    HintIn,
    Match,
    SuggestionOut,
    Suggestions,
    SuggestRequest,
)
from colorify.server.settings import ALTERNATIVES, PREVIEW_SIDE, REFERENCE_HINTS, SUGGESTIONS, Settings
from colorify.session import Session

Pixels = NDArray[Any]

PREVIEW_QUALITY: Final = 90  # of JPEG
CHANGED_AB: Final = 4.0  # Lab units by which a hint has changed a colour where it says what colour there is


@dataclass(frozen=True)
class OpenPhoto:
    """One upload and the session on it; safe between threads."""

    data: bytes  # as it came
    format: Format  # of results, if no other is wanted
    session: Session  # on the first page, if there are several
    detail: str  # how closely the generator looks, as was asked for
    pages: Pages | None  # None where there is but one

    @property
    def notes(self) -> tuple[str, ...]:
        """What the person should know of it."""
        if self.pages is None:
            return self.session.notes
        several = f"It has {len(self.pages)} pages: the first is shown, the download has all of them."
        return (several, *self.session.notes)

    @property
    def bytes(self) -> int:
        """Memory that it takes, about."""
        return len(self.data) + self.session.memory_bytes


def open_upload(
    data: bytes, colorizer: Colorizer, settings: Settings, task: Task, *, detail: str = "auto"
) -> OpenPhoto:
    """Look at an upload. Raises PhotoError; RefusalError where its pages together are too large."""
    task.step("decode")
    # the format is asked for by name, as that of HEIC is called "jpeg" and stands for one
    format = format_named(sniff(data[:SNIFF_BYTES]).name)
    pages = _read_pages(data, settings)
    first = pages.first if pages else data  # a header that is kept would keep the pixels of a HEIC
    session = colorizer.open(first, detail=detail, preview=PREVIEW_SIDE, max_pixels=settings.max_pixels)
    return OpenPhoto(data, format, session, detail, pages)


def _read_pages(data: bytes, settings: Settings) -> Pages | None:
    """Look at the pages, if there are several. Raises PhotoError, RefusalError."""
    pages = read_pages(data, max_pixels=settings.max_pixels)
    if len(pages) == 1:
        return None
    if pages.pixels > settings.max_pixels:  # as for one: all are painted in one piece of work
        most, found = f"{settings.max_pixels / 1e6:g} million pixels", f"{pages.pixels / 1e6:.0f} million"
        raise RefusalError(TOO_MANY_PIXELS, f"Expected at most {most}, found {found} in {len(pages)} pages.")
    return pages


def render_original(upload: OpenPhoto) -> bytes:
    """Return the photo as it came, as a JPEG of the size of a screen."""
    return _jpeg(upload.session.original())


def render_preview(upload: OpenPhoto, look: ColorOptions, task: Task) -> bytes:
    """Return the coloured photo, as a JPEG of the size of a screen. Raises UsageError, AbandonedError."""
    task.step("generate")
    upload.session.colors(look)
    task.step("paint")
    pixels = upload.session.render_preview(look)
    task.step("encode")
    return _jpeg(pixels)


def render_confidence(upload: OpenPhoto, look: ColorOptions) -> bytes:
    """Return how sure the colours are, as a grey PNG at the generator's scale: 0 black, 1 white.

    Of what a person has coloured, nobody needs to be told that the generator was unsure there.
    """
    colors = upload.session.colors(look)
    sure = np.where(_colored_by_hints(upload, look, colors.ab), 1.0, colors.confidence)
    grey = np.rint(sure * 255).clip(0, 255).astype(np.uint8)
    return bytes(pyvips.Image.new_from_array(grey).pngsave_buffer())


def _colored_by_hints(upload: OpenPhoto, look: ColorOptions, ab: Pixels) -> NDArray[np.bool_]:
    """Say where, at the generator's scale, hints lie or have changed the colour."""
    height, width, _ = ab.shape
    if not look.hints:
        return np.zeros((height, width), np.bool_)
    plain = upload.session.colors(replace(look, hints=())).ab
    changed: NDArray[np.bool_] = np.linalg.norm(ab - plain, axis=2) > CHANGED_AB
    small = width, height
    drawn = number_hints(look.hints, photo=upload.session.size, small=small, stride=1, margin=1.0) >= 0
    return changed | drawn


def count_alternatives(upload: OpenPhoto, look: ColorOptions, task: Task) -> int:
    """Return how many colourings there are. Raises UsageError, AbandonedError."""
    count = 0
    try:
        for _ in islice(upload.session.colorings(look), ALTERNATIVES):
            task.check()
            count += 1
    except WeightsError:  # the generator of this server is a regression, which knows of one colour alone
        pass
    return count


def suggest(upload: OpenPhoto, request: SuggestRequest) -> Suggestions:
    """Return the likeliest colours of a place of the full photo. Raises UsageError for one outside it."""
    x, y, hints = request.x, request.y, tuple(each.hint() for each in request.hints)
    lightness = upload.session.lightness(x, y)
    try:
        found = upload.session.suggest(x, y, count=SUGGESTIONS, hints=hints)
    except WeightsError:  # the generator of this server is a regression, which knows of one colour alone
        found = []
    rows = [SuggestionOut(color=each.color, probability=each.probability) for each in found]
    return Suggestions(suggestions=rows, lightness=lightness)


def match(upload: OpenPhoto, reference: bytes) -> Match:
    """Return what a photo has in common with a colour photo.

    Raises PhotoError, for a grey one too; UsageError where the generator cannot compare photos.
    """
    try:
        found = upload.session.match(reference)
    except WeightsError as error:
        raise UsageError("This generator has no features by which photos could be compared.") from error
    spread = found[:: ceil(len(found) / REFERENCE_HINTS) or 1]  # all over the photo
    return Match(hints=[_describe_hint(hint) for hint in spread])


def _describe_hint(hint: Hint) -> HintIn:
    return HintIn(x=float(hint.x), y=float(hint.y), color=hint.color, radius=0, reach=hint.reach)


def _jpeg(pixels: Pixels) -> bytes:
    image = pyvips.Image.new_from_array(np.ascontiguousarray(to_8_bits(pixels)))
    return bytes(image.jpegsave_buffer(Q=PREVIEW_QUALITY, subsample_mode="off"))
