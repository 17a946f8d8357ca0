"""Colours that hold together where the generator is not sure of them.

Where its distribution is broad, as on a stained backdrop or a worn coat, the generator may fall for red in
one cell and for blue in the next. There, and only there, a cell takes the mean colour of what is near it and
about as bright, in which the surer cells count more. Colours contradict each other as far as they cancel out
in that mean: what becomes the grey between is what nobody knew; shades of one colour stay as they are.

The means are taken in a bilateral grid (J. Chen, S. Paris, F. Durand, "Real-time edge-aware image processing
with the bilateral grid", SIGGRAPH 2007): colours are summed in boxes of place and L, the boxes are blurred,
and each cell reads its mean between them.
"""

from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

SURE: Final = 0.25  # confidence from which on a cell keeps its colour
UNSURE: Final = 0.1  # confidence at which it takes the mean
NEAR: Final = 1 / 7  # side of a box, as a share of the short side
BRIGHT: Final = 12.0  # L; the other side of a box
AGAINST: Final = 0.15  # share of chroma that cancels out nearby from which on colours contradict each other
TRUST: Final = 2  # power of the confidence by which a cell counts
LEAST: Final = 0.02  # added to the confidence, so that every cell counts a little


def settled(ab: FloatArray, confidence: FloatArray, L: FloatArray) -> FloatArray:
    """Return `ab` with the mean of what is near and about as bright, where the unsure contradict each other.

    `ab`: (h, w, 2) float32, CIE Lab; `confidence`: (h, w), 0..1; `L`: (h, w), 0..100, of the same cells.
    """
    unsure = np.clip((SURE - confidence) / (SURE - UNSURE), 0, 1)
    if not unsure.any():
        return ab
    mean, cancelled = _nearby(ab, confidence, L)
    share = unsure * np.clip(cancelled / AGAINST, 0, 1)
    return np.asarray(ab + share[:, :, None] * (mean - ab), dtype=np.float32)


def _nearby(ab: FloatArray, confidence: FloatArray, L: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the mean ab near each cell, (h, w, 2), and what share of chroma cancels out there, (h, w)."""
    h, w = confidence.shape
    side = max(1.0, NEAR * min(h, w))
    down, right = np.mgrid[:h, :w]
    places = np.stack([down.ravel() / side, right.ravel() / side, L.ravel() / BRIGHT])
    shape = tuple(int(most) + 2 for most in places.max(axis=1))
    weight = (confidence.ravel() + LEAST) ** TRUST
    colors = ab.reshape(-1, 2).T
    summed = np.stack([*(weight * colors), weight, *colors, np.linalg.norm(colors, axis=0)])
    box, near = _corners(places, shape)
    count = int(np.prod(shape))
    boxes = np.stack([np.bincount(box, (near * each).ravel(), count).astype(np.float64) for each in summed])
    boxes = _blurred(boxes.reshape(-1, *shape)).reshape(len(summed), -1)
    read = np.einsum("kn,vkn->vn", near, boxes[:, box].reshape(len(summed), *near.shape))
    mean = (read[:2] / read[2]).T.reshape(h, w, 2).astype(np.float32)
    cancelled = 1 - np.linalg.norm(read[3:5], axis=0) / np.maximum(read[5], 1e-6)
    return mean, cancelled.reshape(h, w).astype(np.float32)


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
