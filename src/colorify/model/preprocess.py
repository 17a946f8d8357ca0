"""What the network is given: the L of a photo, reduced, its levels stretched and its grain lowered.

A photo as the generator sees it: its L, reduced.

What the generator is shown of a photo: an old print as if it were a fresh one. The photo keeps its L.

A generator learns from photos that go from black to white and are as sharp as today's. A print that has
faded, was made too dark or lies behind haze is another picture to it, of fog or of night; grain, the weave of
the paper, a printer's screen and a scanner's sharpening are details that mean nothing. Either way it knows
less, and colours fade. So it is shown the print with its blacks and whites restored, as people do with
"levels", and softened where there is more of the finest detail than photos have.

Frames and the paper around a print are no part of it, so the middle of the picture alone is measured.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.color import rgb_to_lab
from colorify.images.photo import Photo
from colorify.render.compose import measure

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


# L. Blacks that are darker and whites that are brighter stay as they are: a photo in four of COCO has its
# darkest hundredth above 10, and fares as well. Restoring more cost fresh photos 0.06 dB.
BLACK: Final = 12.0
WHITE: Final = 80.0
BEYOND: Final = 1  # percent of the picture that may be darker than its black, and brighter than its white
MOST: Final = 4.0  # times that greys are spread at most: there is no print in the grain of blank paper
# L by which a pixel may differ, on average, from what is around it; 7 % of COCO's photos differ by more
DETAIL: Final = 4.0
MARGIN: Final = 0.1  # of each side, not measured
AROUND: Final = np.array([1, 4, 6, 4, 1], np.float32) / 16  # a Gaussian of a standard deviation of 1 px


def shown(L: FloatArray) -> FloatArray:
    """Return what the generator is to be shown for `L`: (H, W) float32, 0..100."""
    return softened(restored(L))


def restored(L: FloatArray) -> FloatArray:
    """Restore blacks and whites that have gone grey."""
    # every other row and column say as much, in a quarter of the time
    black, white = np.percentile(_middle(L)[::2, ::2], [BEYOND, 100 - BEYOND])
    darkest, brightest = min(black, BLACK), max(white, WHITE)
    full = (brightest - darkest) / max(white - black, 1e-9)
    if full <= 1:
        return L
    gain = min(full, MOST)
    # with less than the full gain, black goes but a part of its way
    start = black + (darkest - black) * (gain - 1) / (full - 1)
    return np.asarray(np.clip(start + (L - black) * gain, 0, 100), np.float32)


def softened(L: FloatArray) -> FloatArray:
    """Lower the finest detail to what photos have, where there is more."""
    detail = L - _blurred(L)
    much = float(np.abs(_middle(detail)).mean())
    return L if much <= DETAIL else L - detail * np.float32(1 - DETAIL / much)


def _middle(plane: FloatArray) -> FloatArray:
    height, width = plane.shape
    down, across = int(height * MARGIN), int(width * MARGIN)
    return plane[down : height - down, across : width - across]


def _blurred(plane: FloatArray) -> FloatArray:
    for _ in range(2):  # down, then across
        rows = len(plane)
        padded = np.pad(plane, ((len(AROUND) // 2,) * 2, (0, 0)), mode="edge")
        plane = sum(weight * padded[at : at + rows] for at, weight in enumerate(AROUND)).T
    return plane
