"""Sums over what is near a cell and about as bright, which is seldom another thing than the cell's own.

They are taken in a bilateral grid (J. Chen, S. Paris, F. Durand, "Real-time edge-aware image processing with
the bilateral grid", SIGGRAPH 2007): values are summed in boxes of place and L, the boxes are blurred, and
each cell reads its sum between them.
"""

from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

NEAR: Final = 1 / 7  # side of a box, as a share of the short side
BRIGHT: Final = 12.0  # L; the other side of a box


class Nearby:
    """What is near each cell of one photo; made once, for any number of sums."""

    def __init__(self, L: FloatArray) -> None:
        """`L`: (h, w), 0..100, of the cells."""
        h, w = L.shape
        side = max(1.0, NEAR * min(h, w))
        down, right = np.mgrid[:h, :w]
        places = np.stack([down.ravel() / side, right.ravel() / side, L.ravel() / BRIGHT])
        self._cells = h, w
        self._shape = tuple(int(most) + 2 for most in places.max(axis=1))
        self._box, self._share = _corners(places, self._shape)

    def sums(self, planes: FloatArray) -> NDArray[np.float64]:
        """Sum each of `planes`, (n, h, w), over what is near each cell: (n, h, w). Take ratios of them."""
        count = int(np.prod(self._shape))
        summed = [np.bincount(self._box, (self._share * plane.ravel()).ravel(), count) for plane in planes]
        boxes = _blurred(np.stack(summed, dtype=np.float64).reshape(-1, *self._shape))
        corners = boxes.reshape(len(planes), -1)[:, self._box].reshape(len(planes), *self._share.shape)
        return np.asarray(np.einsum("kn,vkn->vn", self._share, corners)).reshape(-1, *self._cells)


def _corners(
    places: NDArray[np.float64], shape: tuple[int, ...]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the eight boxes around each of N places, (8 N,), and how much of it is in each, (8, N)."""
    first = places.astype(np.intp)
    beyond = places - first
    strides = np.array([shape[1] * shape[2], shape[2], 1])
    base = strides @ first
    box, near = [], []
    for corner in product((0, 1), repeat=3):
        parts = [beyond[axis] if far else 1 - beyond[axis] for axis, far in enumerate(corner)]
        box.append(base + strides @ corner)
        near.append(parts[0] * parts[1] * parts[2])
    return np.concatenate(box), np.stack(near)


def _blurred(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weigh each box with its two neighbours, 1 2 1, along every axis but the first."""
    for axis in range(1, boxes.ndim):
        padded = np.pad(boxes, [(1, 1) if each == axis else (0, 0) for each in range(boxes.ndim)])
        low, middle, high = (padded.take(range(at, at + boxes.shape[axis]), axis) for at in range(3))
        boxes = low + 2 * middle + high
    return boxes
