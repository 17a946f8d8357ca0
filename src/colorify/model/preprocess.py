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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.images.photo import Photo, open_photo
from colorify.images.sizes import scale_size
from colorify.model.enlargement import enlarge
from colorify.pixels import are_neutral, pixels_to_lab
from colorify.render.compose import luminance_of

FloatArray = NDArray[np.float32]
Pixels = NDArray[Any]

MAX_ASPECT: Final = 4  # times `short`: the longest side that the generator is given
MAX_ENLARGEMENT: Final = 4  # times at most, for the generator: a larger tiny photo tells it nothing more
# Mean chroma of a photo that still counts as black and white: one just noticeable difference, 2.3 (Mahy et
# al., 1994), leaves room for the noise of JPEG and scanners. Nor may one pixel in a hundred be vivid.
NEUTRAL_CHROMA: Final = 2.3
VIVID_CHROMA: Final = 12.0


@dataclass(frozen=True)
class LuminanceInput:
    """A photo as the generator sees it."""

    L: FloatArray  # (h, w), 0..100
    was_colored: bool


def reduce_to_luminance(photo: Photo, short: int) -> LuminanceInput:
    """Reduce `photo` to `short` px on its short side, and take its L. Raises PhotoError."""
    return reduce_to_scales(photo, [short])[0]


def reduce_to_scales(photo: Photo, shorts: Sequence[int]) -> list[LuminanceInput]:
    """Do the same for several short sides, the largest first, decoding once. Raises PhotoError."""
    sizes = [reduced_size(photo.size, short) for short in shorts]
    pixels = photo.shrink(*_no_larger(sizes[0], photo.size))
    smaller: list[Pixels] = []
    if sizes[1:]:
        large = open_photo(pixels)
        smaller = [large.shrink(*_no_larger(size, large.size)) for size in sizes[1:]]
    return [_luminance_input(each, size) for each, size in zip((pixels, *smaller), sizes, strict=True)]


def reduce_to_lab(photo: Photo, short: int) -> FloatArray:
    """Reduce `photo` in the same way, and take its Lab: (h, w, 3). Raises PhotoError."""
    return pixels_to_lab(photo.shrink(*reduced_size(photo.size, short)))


def is_colored(lab: FloatArray) -> bool:
    """Whether a picture, (h, w, 3), has colour, and more of it than noise has."""
    chroma = np.hypot(lab[:, :, 1], lab[:, :, 2])
    return bool(chroma.mean() > NEUTRAL_CHROMA or _percentile(chroma, 99) > VIVID_CHROMA)


def reduced_size(size: tuple[int, int], short: int) -> tuple[int, int]:
    """Return the width and height at which the generator is to see a photo, aspect kept."""
    scale = min(short / min(size), MAX_ASPECT * short / max(size), MAX_ENLARGEMENT)
    return scale_size(size, scale)


def _no_larger(size: tuple[int, int], than: tuple[int, int]) -> tuple[int, int]:
    """Return `size`, or as much of it as there is: what is enlarged is L alone."""
    return min(size[0], than[0]), min(size[1], than[1])


def _luminance_input(pixels: Pixels, size: tuple[int, int]) -> LuminanceInput:
    """Take the L of a small picture, (h, w, 1 or 3), at `size`, and look whether it had colour of its own."""
    # most photos in black and white come as RGB; a look at the codes costs a tenth of their Lab
    if pixels.shape[2] == 1 or are_neutral(pixels):
        L, was_colored = luminance_of(pixels[:, :, :1]).L, False
    else:
        # every other row and column say as much of its colour, in a quarter of the time
        L, was_colored = luminance_of(pixels).L, is_colored(pixels_to_lab(pixels[::2, ::2]))
    return LuminanceInput(L if L.shape[::-1] == size else enlarge(L, *size), was_colored)


def _percentile(values: FloatArray, percent: float) -> float:
    """Return what `percent` of some values do not pass, as `numpy.percentile` does; that loads numpy.ma."""
    place = percent / 100 * (values.size - 1)
    low = int(place)
    part = np.partition(values, (low, min(low + 1, values.size - 1)), axis=None)[low : low + 2]
    return float(part[0] + (place - low) * (part[-1] - part[0]))


# L. Blacks that are darker and whites that are brighter stay as they are: a photo in four of COCO has its
# darkest hundredth above 10, and fares as well. Restoring more cost fresh photos 0.06 dB.
FADED_BLACK_L: Final = 12.0
FADED_WHITE_L: Final = 80.0
CLIPPED_PERCENT: Final = (
    1  # percent of the picture that may be darker than its black, and brighter than its white
)
MAX_GAIN: Final = 4.0  # times that greys are spread at most: there is no print in the grain of blank paper
# L by which a pixel may differ, on average, from what is around it; 7 % of COCO's photos differ by more
MAX_DETAIL_L: Final = 4.0
MARGIN_SHARE: Final = 0.1  # of each side, not measured
BLUR_KERNEL: Final = np.array([1, 4, 6, 4, 1], np.float32) / 16  # a Gaussian of a standard deviation of 1 px


def normalize_luminance(L: FloatArray) -> FloatArray:
    """Return what the generator is to be shown for `L`: (H, W) float32, 0..100."""
    return reduce_grain(stretch_levels(L))


def stretch_levels(L: FloatArray) -> FloatArray:
    """Restore blacks and whites that have gone grey."""
    # every other row and column say as much, in a quarter of the time
    some = _crop_margins(L)[::2, ::2]
    black, white = _percentile(some, CLIPPED_PERCENT), _percentile(some, 100 - CLIPPED_PERCENT)
    darkest, brightest = min(black, FADED_BLACK_L), max(white, FADED_WHITE_L)
    full = (brightest - darkest) / max(white - black, 1e-9)
    if full <= 1:
        return L
    gain = min(full, MAX_GAIN)
    # with less than the full gain, black goes but a part of its way
    start = black + (darkest - black) * (gain - 1) / (full - 1)
    return np.asarray(np.clip(start + (L - black) * gain, 0, 100), np.float32)


def reduce_grain(L: FloatArray) -> FloatArray:
    """Lower the finest detail to what photos have, where there is more."""
    much = float(np.abs(_detail_within_margins(L)).mean())
    return L if much <= MAX_DETAIL_L else L - (L - _blur(L)) * np.float32(1 - MAX_DETAIL_L / much)


def _detail_within_margins(L: FloatArray) -> FloatArray:
    """Return what `_blur` takes away of the picture without its margins."""
    (down, across), reach = _margins(L), len(BLUR_KERNEL) // 2
    top, left = max(0, down - reach), max(0, across - reach)
    seen = L[top : len(L) - top, left : L.shape[1] - left]
    detail, (down, across) = seen - _blur(seen), (down - top, across - left)
    return detail[down : len(detail) - down, across : detail.shape[1] - across]


def _crop_margins(plane: FloatArray) -> FloatArray:
    height, width = plane.shape
    down, across = _margins(plane)
    return plane[down : height - down, across : width - across]


def _margins(plane: FloatArray) -> tuple[int, int]:
    """Return how many rows and columns on each side are not measured."""
    height, width = plane.shape
    return int(height * MARGIN_SHARE), int(width * MARGIN_SHARE)


def _blur(plane: FloatArray) -> FloatArray:
    beyond = len(BLUR_KERNEL) // 2
    rows, columns = (np.arange(-beyond, side + beyond).clip(0, side - 1) for side in plane.shape)
    plane = plane.take(rows, axis=0).take(columns, axis=1)
    for _ in range(len(BLUR_KERNEL) - 1):  # the kernel is that of so many sums of two neighbours
        plane = plane[1:] + plane[:-1]
        plane = plane[:, 1:] + plane[:, :-1]
    plane *= BLUR_KERNEL[0] ** 2
    return plane
