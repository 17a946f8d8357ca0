"""The generator is shown a faded print with its blacks and whites restored; nobody else sees that.

A generator learns from prints that go from black to white. What is left of one that has faded, was printed
too dark or lies behind haze is the same picture in fewer greys; to it that is another, of fog or of night,
and its colours fade, too. So what it is shown is stretched first, as a person does in a photo editor with
"levels". The photo keeps its L: only the colours come of this.

Frames and the paper around a print are no part of its greys, so the middle of the picture alone is measured.
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
MARGIN: Final = 0.1  # of each side, not measured
MOST: Final = 4.0  # times that greys are spread at most: there is no print in the grain of blank paper


def restored(L: FloatArray) -> FloatArray:
    """Return what the generator is to be shown for `L`: (H, W) float32, 0..100."""
    height, width = L.shape
    down, across = int(height * MARGIN), int(width * MARGIN)
    middle = L[down : height - down, across : width - across]
    black, white = np.percentile(middle, [BEYOND, 100 - BEYOND])
    darkest, brightest = min(black, BLACK), max(white, WHITE)
    full = (brightest - darkest) / max(white - black, 1e-9)
    if full <= 1:
        return L
    gain = min(full, MOST)
    # with less than the full gain, black goes but a part of its way
    start = black + (darkest - black) * (gain - 1) / (full - 1)
    return np.asarray(np.clip(start + (L - black) * gain, 0, 100), np.float32)
