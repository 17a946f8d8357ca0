"""A photo at work: the library's session on an upload, and what it makes of it as files."""

from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorify.colorizer import Colorizer
from colorify.errors import WeightsError
from colorify.images.formats import SNIFF_BYTES, Format, format_named, sniff
from colorify.images.metadata.location import without_location
from colorify.images.metadata.transfer import Mark
from colorify.images.photo import open_photo
from colorify.images.save import Output
from colorify.options import Look
from colorify.render.strips import save_colored
from colorify.server.job_queue import Task
from colorify.server.schemas import Suggestion, Suggestions, Wishes
from colorify.server.settings import ALTERNATIVES, PREVIEW_SIDE, SUGGESTIONS, Settings
from colorify.session import Session

Pixels = NDArray[Any]

PREVIEW_QUALITY: Final = 90  # of JPEG


@dataclass(frozen=True)
class Sitting:
    """One upload and the session on it; safe between threads."""

    data: bytes  # as it came
    format: Format  # of results, if no other is wanted
    session: Session

    @property
    def bytes(self) -> int:
        """Memory that it takes, about."""
        return len(self.data) + self.session.kept


def sit(data: bytes, colorizer: Colorizer, settings: Settings, task: Task) -> Sitting:
    """Look at an upload. Raises PhotoError."""
    task.step("decode")
    # the format is asked for by name, as that of HEIC is called "jpeg" and stands for one
    format = format_named(sniff(data[:SNIFF_BYTES], "the photo").name)
    return Sitting(data, format, colorizer.open(data, preview=PREVIEW_SIDE, max_pixels=settings.max_pixels))


def original(sitting: Sitting) -> bytes:
    """Return the photo as it came, as a JPEG of the size of a screen."""
    return _jpeg(sitting.session.original())


def show(sitting: Sitting, look: Look, task: Task) -> bytes:
    """Return the coloured photo, as a JPEG of the size of a screen. Raises UsageError, StoppedError."""
    task.step("generate")
    sitting.session.colors(look)
    task.step("paint")
    pixels = sitting.session.preview(
        strength=look.strength,
        vividness=look.vividness,
        hints=look.hints,
        alternative=look.alternative,
    )
    task.step("encode")
    return _jpeg(pixels)


def confidence(sitting: Sitting, look: Look) -> bytes:
    """Return how sure the generator is, as a grey PNG at the generator's scale: 0 black, 1 white."""
    grey = np.rint(sitting.session.colors(look).confidence * 255).clip(0, 255).astype(np.uint8)
    return bytes(pyvips.Image.new_from_array(grey).pngsave_buffer())


def count_alternatives(sitting: Sitting, look: Look, task: Task) -> int:
    """Return how many colourings there are. Raises UsageError, StoppedError."""
    count = 0
    try:
        for _ in islice(sitting.session.colorings(look), ALTERNATIVES):
            task.check()
            count += 1
    except WeightsError:  # the generator of this server is a regression, which knows of one colour alone
        pass
    return count


def suggest(sitting: Sitting, x: float, y: float) -> Suggestions:
    """Return the likeliest colours of a place of the full photo, px. Raises UsageError for one outside it."""
    lightness = sitting.session.lightness(x, y)
    try:
        found = sitting.session.suggest(x, y, count=SUGGESTIONS)
    except WeightsError:  # the generator of this server is a regression, which knows of one colour alone
        found = []
    rows = [Suggestion(color=each.color, probability=each.probability) for each in found]
    return Suggestions(suggestions=rows, lightness=lightness)


def finish(sitting: Sitting, wishes: Wishes, colorizer: Colorizer, settings: Settings, task: Task) -> bytes:
    """Return the photo in colour at its full size, as a file. Raises PhotoError, UsageError, StoppedError."""
    task.step("generate")
    chroma = sitting.session.chroma(wishes.look())
    task.step("paint")
    photo = open_photo(sitting.data, max_pixels=settings.max_pixels)
    if not wishes.keep_location:
        photo = without_location(photo)
    row = format_named(wishes.format) if wishes.format else sitting.format
    depth = 16 if min(photo.depth, row.max_depth) > 8 else 8
    mark = Mark(f"Colorify {colorizer.spec.name}", colorizer.spec.version)
    output = Output(row, depth, wishes.quality, mark)
    data = save_colored(photo, chroma, None, output, threads=settings.threads, progress=task.check)
    assert data is not None  # as there was no target
    return data


def _jpeg(pixels: Pixels) -> bytes:
    if pixels.dtype == np.uint16:
        pixels = np.rint(pixels / np.float32(257)).astype(np.uint8)
    image = pyvips.Image.new_from_array(np.ascontiguousarray(pixels))
    return bytes(image.jpegsave_buffer(Q=PREVIEW_QUALITY, subsample_mode="off"))
