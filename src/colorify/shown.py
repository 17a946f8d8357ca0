"""What the generator is shown of a photo: an old print as if it were a fresh one. The photo keeps its L.

A generator learns from photos that go from black to white and are as sharp as today's. A print that has
faded, was made too dark or lies behind haze is another picture to it, of fog or of night; grain, the weave of
the paper, a printer's screen and a scanner's sharpening are details that mean nothing. Either way it knows
less, and colours fade. So it is shown the print with its blacks and whites restored, as people do with
"levels", and softened where there is more of the finest detail than photos have.

Frames and the paper around a print are no part of it, so the middle of the picture alone is measured.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

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
