"""The L of a small photo, enlarged for the generator: bicubic (R. G. Keys, 1981, a = -0.5).

libvips would enlarge its pixels, in three times as long, and on threads that cost more than they save.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

TAPS: Final = 4  # pixels of the small photo that make one
GROUP: Final = 64  # pixels that are made at a time, as they are made of nearly the same ones


def enlarge(L: FloatArray, width: int, height: int) -> FloatArray:
    """Return L, (h, w), 0..100, at (height, width); what lies beyond its border is as the border."""
    large = _stretch(_stretch(L, height).T, width).T
    return np.ascontiguousarray(np.clip(large, 0, 100))


def _stretch(plane: FloatArray, size: int) -> FloatArray:
    """Return (size, m) of (n, m): each row is the product of a few and their shares."""
    places, weights = _cubic_taps(size, len(plane))
    large = np.empty((size, plane.shape[1]), np.float32)
    for first in range(0, size, GROUP):
        some = slice(first, first + GROUP)
        low, end = int(places[some].min()), int(places[some].max()) + 1
        shares = np.zeros((len(places[some]), end - low), np.float32)
        for place, weight in zip(places[some].T, weights[some].T, strict=True):
            shares[np.arange(len(shares)), place - low] += weight  # at a border more than one are the same
        np.matmul(shares, plane[low:end], out=large[some])
    return large


def _cubic_taps(size: int, source: int) -> tuple[NDArray[np.intp], FloatArray]:
    """Return of which of `source` pixels each of `size` is made, and by which shares: (size, TAPS), both."""
    centers = (np.arange(size) + 0.5) * (source / size) - 0.5
    before = np.floor(centers)
    t = centers - before
    shares = (
        ((-0.5 * t + 1) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1,
        ((-1.5 * t + 2) * t + 0.5) * t,
        (0.5 * t - 0.5) * t * t,
    )
    places = before[:, None].astype(np.intp) + np.arange(-1, TAPS - 1)
    return places.clip(0, source - 1), np.stack(shares, axis=1).astype(np.float32)
