"""Between the centres of wider cells: what a cell is a mean of, as matrices of shares.

Cells lie on a lattice, and so do the wider ones, each as wide as a whole number of them. So bilinear
interpolation is a product of matrices for the rows and one for the columns.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

MIN_SQUARE: Final = 1e-6  # of the length of a vector between others that point away from each other


def interpolation_shares(length: int, small: int, ratio: float) -> FloatArray:
    """Return by which shares `length` cells lie between `small` wider ones, centre on centre: both, a matrix.

    `ratio`: cells to a wider one.
    """
    centers = np.clip((np.arange(length) + 0.5) / ratio - 0.5, 0, small - 1)
    return np.asarray(np.maximum(1 - np.abs(centers[:, None] - np.arange(small)), 0), np.float32)


def interpolate(planes: FloatArray, down: FloatArray, right: FloatArray) -> FloatArray:
    """Return (h', w', n) at the cells between, (h, w, n); `down`, `right`: as by `interpolation_shares`."""
    return np.asarray(np.matmul(right, np.tensordot(down, planes, 1)))


def interpolated_lengths(vectors: FloatArray, down: FloatArray, right: FloatArray) -> FloatArray:
    """Return how long the vectors are that lie between others, (h, w, n): (h', w'). See `interpolate`.

    Of the products of neighbours, whose squares and pairs are interpolated: n times as many need not be.
    """
    own, beside = _products(vectors, vectors), _products(vectors[:, :-1], vectors[:, 1:])
    below = _products(vectors[:-1], vectors[1:])
    slant = _products(vectors[:-1, :-1], vectors[1:, 1:]) + _products(vectors[:-1, 1:], vectors[1:, :-1])
    (down_twice, down_pairs), (right_twice, right_pairs) = (
        (shares**2, 2 * shares[:, :-1] * shares[:, 1:]) for shares in (down, right)
    )
    squares = (down_twice @ own + down_pairs @ below) @ right_twice.T
    squares += (down_twice @ beside + down_pairs @ (slant / 2)) @ right_pairs.T
    return np.asarray(np.sqrt(np.maximum(squares, MIN_SQUARE)))


def neighbors_of(shares: FloatArray) -> tuple[NDArray[np.intp], NDArray[np.intp], FloatArray]:
    """Return the wider cells between which each cell lies, the first and the second, and the second's share.

    `shares`: as by `interpolation_shares`.
    """
    first = (shares > 0).argmax(axis=1)
    second = np.minimum(first + 1, shares.shape[1] - 1)
    return first, second, 1 - shares[np.arange(len(shares)), first]


def _products(vectors: FloatArray, others: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("hwn,hwn->hw", vectors, others))
