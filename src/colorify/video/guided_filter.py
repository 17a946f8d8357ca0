"""The guided filter with a guide of several planes: what is smoothed ends where the guide has an edge.

K. He, J. Sun, X. Tang, "Guided Image Filtering", ECCV 2010, section 3.5. In a window around each cell a plane
is taken to be a linear function of the guide; the functions of all windows that hold a cell are averaged.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


def filter_guided(planes: FloatArray, guide: FloatArray, *, radius: int, epsilon: float) -> FloatArray:
    """Smooth each of `planes`, (n, h, w), along the edges of `guide`, (m, h, w): (n, h, w).

    `radius`: cells from the middle of a window to its side. `epsilon`: a variance of the guide that is
    nothing, in its units squared.
    """
    means, centres = _average(planes, radius), _average(guide, radius)
    count = len(guide)
    spread = np.empty((count, *guide.shape), np.float32)
    for row in range(count):
        for column in range(row, count):
            product = _box(guide[row] * guide[column], radius) - centres[row] * centres[column]
            spread[row, column] = spread[column, row] = product
        spread[row, row] += np.float32(epsilon)
    shared = np.stack([_average(plane * guide, radius) for plane in planes], axis=1)
    slopes = _solve(spread, shared - centres[:, None] * means)
    levels = means - (slopes * centres[:, None]).sum(axis=0)
    result = _average(levels, radius)
    for slope, plane in zip(slopes, guide, strict=True):
        result += _average(slope, radius) * plane
    return result


def _solve(matrix: FloatArray, right: FloatArray) -> FloatArray:
    """Solve a symmetric, positive system in each cell: (m, m, h, w) and (m, n, h, w) give (m, n, h, w).

    By elimination, plane by plane: `numpy.linalg.solve` takes each cell by itself, and ten times as long.
    """
    matrix, right = matrix.copy(), right.copy()
    count = len(matrix)
    for pivot in range(count):
        for row in range(pivot + 1, count):
            share = matrix[row, pivot] / matrix[pivot, pivot]
            matrix[row, pivot:] -= share * matrix[pivot, pivot:]
            right[row] -= share * right[pivot]
    for row in reversed(range(count)):
        for column in range(row + 1, count):
            right[row] -= matrix[row, column] * right[column]
        right[row] /= matrix[row, row]
    return right


def _average(planes: FloatArray, radius: int) -> FloatArray:
    return np.stack([_box(plane, radius) for plane in planes])


def _box(plane: FloatArray, radius: int) -> FloatArray:
    side = 2 * radius + 1
    return np.asarray(cv2.blur(plane, (side, side)), np.float32)
