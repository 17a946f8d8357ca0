"""Sums over what is near a cell and about as bright, which is seldom another thing than the cell's own.

They are taken in a bilateral grid (J. Chen, S. Paris, F. Durand, "Real-time edge-aware image processing with
the bilateral grid", SIGGRAPH 2007): values are summed in boxes of place and L, the boxes are blurred, and
each cell reads its sum between them. As cells lie on a lattice, how much of a row or a column is in which
box is a matrix each, and all of it a few products of matrices.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

BOX_SIDE_SHARE: Final = 1 / 7  # side of a box, as a share of the short side
BOX_SIDE_L: Final = 12.0  # L; the other side of a box


class BilateralGrid:
    """What is near each cell of one photo; made once, for any number of sums."""

    def __init__(self, L: FloatArray) -> None:
        """`L`: (h, w), 0..100, of the cells."""
        side = max(1.0, BOX_SIDE_SHARE * min(L.shape))
        self._down, self._right = (
            _box_shares(np.arange(length) / side) for length in L.shape
        )  # (Y, h), (X, w)
        self._bright = _box_shares(L / BOX_SIDE_L)  # (Z, h, w)

    def blur(self, planes: FloatArray) -> FloatArray:
        """Sum each of `planes`, (n, h, w), over what is near each cell: (n, h, w). Take ratios of them."""
        boxes = _blur_axis(self._down) @ (planes[:, None] * self._bright) @ _blur_axis(self._right).T
        boxes = _blur_axis(boxes.swapaxes(0, 1)).swapaxes(0, 1)  # (n, Z, Y, X)
        read = self._down.T @ (boxes @ self._right)
        read *= self._bright
        return np.asarray(read.sum(axis=1))


def _box_shares(places: NDArray[np.floating]) -> FloatArray:
    """Return the share that each of K boxes has of what is at each of `places`, (...): (K, ...)."""
    boxes = np.arange(int(places.max()) + 2).reshape(-1, *[1] * places.ndim)
    return np.asarray(np.maximum(1 - np.abs(places - boxes), 0), dtype=np.float32)


def _blur_axis(boxes: FloatArray) -> FloatArray:
    """Weigh each box with its two neighbours, 1 2 1, along the first axis: (K, ...)."""
    blurred = 2 * boxes
    blurred[1:] += boxes[:-1]
    blurred[:-1] += boxes[1:]
    return blurred
