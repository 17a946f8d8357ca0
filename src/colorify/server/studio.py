"""A photo at work: decoded once at the size of a screen, coloured as often as somebody likes.

What the generator makes of the photo depends on the vividness and the hints alone, so that it is kept: a
change of strength, and the full picture that is downloaded, start from the colours that are on the screen.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorify.chroma import Chroma, fit_chroma
from colorify.colorizer import Colorizer
from colorify.formats import Format, format_named
from colorify.generator import Colors
from colorify.hints import Hint
from colorify.metadata import Mark
from colorify.photo import Output, Photo, open_photo, save_photo
from colorify.render import colored_strips, strip_rows
from colorify.seen import Seen
from colorify.server.line import Task
from colorify.server.privacy import without_location
from colorify.server.settings import PREVIEW_SIDE
from colorify.server.upload import open_upload
from colorify.server.wishes import HintWish, Look, Wishes
from colorify.stream import RowStream

Pixels = NDArray[Any]

KEPT: Final = 6  # generations a photo, so that undo and the palette need no new ones
PREVIEW_QUALITY: Final = 90  # of JPEG

Wanted = tuple[float, tuple[Hint, ...]]  # all that a generation depends on


@dataclass
class Sitting:
    """One photo and what has been made of it; safe between threads."""

    data: bytes  # the upload, as it came
    photo: Photo  # of `data`; not decoded
    small: Pixels  # (h, w, 1 or 3), at most PREVIEW_SIDE a side
    preview: Photo  # of `small`
    _made: OrderedDict[Wanted, tuple[Seen, Colors]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def bytes(self) -> int:
        """Memory that it takes, about."""
        return len(self.data) + self.small.nbytes

    @property
    def scale(self) -> float:
        """How large the preview is against the photo."""
        return float(self.small.shape[1] / self.photo.size[0])

    def made(self, colorizer: Colorizer, vividness: float, hints: Sequence[HintWish]) -> tuple[Seen, Colors]:
        """Return what the generator sees and makes of the photo. Raises UsageError for a hint outside it."""
        wanted = (vividness, tuple(wish.hint(self.scale) for wish in hints))
        with self._lock:
            if wanted in self._made:
                self._made.move_to_end(wanted)
                return self._made[wanted]
        result = colorizer.colors(self.preview, vividness=vividness, hints=wanted[1])
        with self._lock:
            self._made[wanted] = result
            if len(self._made) > KEPT:
                self._made.popitem(last=False)
        return result


def sit(data: bytes, max_pixels: int, task: Task) -> Sitting:
    """Open an upload and decode it at the size of a screen. Raises PhotoError, RefusalError."""
    photo = open_upload(data, max_pixels)
    task.step("decode")
    width, height = photo.size
    scale = min(1.0, PREVIEW_SIDE / max(width, height))
    small = photo.shrunk(max(1, round(width * scale)), max(1, round(height * scale)))
    if small.dtype == np.uint16:
        small = np.rint(small / np.float32(257)).astype(np.uint8)
    return Sitting(data, photo, small, open_photo(small))


def original(sitting: Sitting) -> bytes:
    """Return the photo as it came, as a JPEG of the size of a screen."""
    return _jpeg(sitting.small)


def show(sitting: Sitting, look: Look, colorizer: Colorizer, threads: int, task: Task) -> bytes:
    """Return the coloured photo, as a JPEG of the size of a screen."""
    task.step("generate")
    chroma = _chroma(sitting, look, colorizer)
    task.step("paint")
    with closing(colored_strips(sitting.preview, chroma, depth=8, threads=threads)) as strips:
        pixels = np.concatenate(list(strips))
    task.step("encode")
    return _jpeg(pixels)


def confidence(sitting: Sitting, look: Look, colorizer: Colorizer) -> bytes:
    """Return how sure the generator is, as a grey PNG at the generator's scale: 0 black, 1 white."""
    _, colors = sitting.made(colorizer, look.vividness, look.hints)
    grey = np.rint(colors.confidence * 255).clip(0, 255).astype(np.uint8)
    return bytes(pyvips.Image.new_from_array(grey).pngsave_buffer())


def finish(sitting: Sitting, wishes: Wishes, colorizer: Colorizer, threads: int, task: Task) -> bytes:
    """Return the photo in colour at its full size, as a file. Raises PhotoError, UsageError, StoppedError."""
    task.step("generate")
    chroma = _chroma(sitting, wishes, colorizer)
    task.step("paint")
    photo = open_photo(sitting.data)  # anew: an upload is read from the top down, once
    if not wishes.keep_location:
        photo = without_location(photo)
    row = result_format(photo, wishes.format)
    depth = 16 if min(photo.depth, row.max_depth) > 8 else 8
    mark = Mark(f"Colorify {colorizer.spec.name}", colorizer.spec.version)
    width, height = photo.size
    with closing(colored_strips(photo, chroma, depth=depth, threads=threads)) as strips:
        shape = (height, width, 3 + photo.has_alpha)
        stream = RowStream(strips, shape=shape, depth=depth, strip_rows=strip_rows(width))
        data = save_photo(stream, photo, None, Output(row, depth, wishes.quality, mark), progress=task.check)
    assert data is not None  # as there was no target
    return data


def result_format(photo: Photo, wanted: str | None) -> Format:
    """Return the format of the result: the `wanted` one, or that of the upload."""
    assert photo.origin.format is not None  # an upload has one
    return format_named(
        wanted or photo.origin.format.name
    )  # a HEIC photo's is called "jpeg", and becomes one


def _chroma(sitting: Sitting, look: Look, colorizer: Colorizer) -> Chroma:
    seen, colors = sitting.made(colorizer, look.vividness, look.hints)
    return fit_chroma(seen.L, colors.ab, stride=colorizer.spec.stride).scaled(look.strength)


def _jpeg(pixels: Pixels) -> bytes:
    image = pyvips.Image.new_from_array(np.ascontiguousarray(pixels))
    return bytes(image.jpegsave_buffer(Q=PREVIEW_QUALITY, subsample_mode="off"))
