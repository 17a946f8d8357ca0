"""A photo as the generator sees it: its L, reduced."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.color import rgb_to_lab
from colorify.photo import Photo
from colorify.recombine import measure

FloatArray = NDArray[np.float32]
Pixels = NDArray[Any]

LONGEST: Final = 4  # times `short`: the longest side that the generator is given
ENLARGED: Final = 4  # times at most, for the generator: a larger tiny photo tells it nothing more
# Mean chroma of a photo that still counts as black and white: one just noticeable difference, 2.3 (Mahy et
# al., 1994), leaves room for the noise of JPEG and scanners. Nor may one pixel in a hundred be vivid.
NEUTRAL_CHROMA: Final = 2.3
VIVID_CHROMA: Final = 12.0


@dataclass(frozen=True)
class Seen:
    """A photo as the generator sees it."""

    L: FloatArray  # (h, w), 0..100
    was_colored: bool


def see(photo: Photo, short: int) -> Seen:
    """Reduce `photo` to `short` px on its short side, and take its L. Raises PhotoError."""
    return _see(photo.shrunk(*small_size(photo.size, short)))


def see_lab(photo: Photo, short: int) -> FloatArray:
    """Reduce `photo` in the same way, and take its Lab: (h, w, 3). Raises PhotoError."""
    return _lab(photo.shrunk(*small_size(photo.size, short)))


def is_colored(lab: FloatArray) -> bool:
    """Whether a picture, (h, w, 3), has colour, and more of it than noise has."""
    chroma = np.hypot(lab[:, :, 1], lab[:, :, 2])
    return bool(chroma.mean() > NEUTRAL_CHROMA or np.percentile(chroma, 99) > VIVID_CHROMA)


def small_size(size: tuple[int, int], short: int) -> tuple[int, int]:
    """Return the width and height at which the generator is to see a photo, aspect kept."""
    scale = min(short / min(size), LONGEST * short / max(size), ENLARGED)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _see(pixels: Pixels) -> Seen:
    """Take the L of a small picture, (h, w, 1 or 3), and look whether it had colour of its own."""
    if pixels.shape[2] == 1:
        return Seen(measure(pixels).L, was_colored=False)
    lab = _lab(pixels)
    return Seen(np.ascontiguousarray(lab[:, :, 0]), was_colored=is_colored(lab))


def _lab(pixels: Pixels) -> FloatArray:
    full = np.float32(np.iinfo(pixels.dtype).max)
    return rgb_to_lab(np.broadcast_to(pixels.astype(np.float32) / full, (*pixels.shape[:2], 3)))
