"""The logits of a photo by what differs most between its cells: their principal components.

Each cell has a logit for each of some two hundred colours, and of most of them the others tell the rest: with
the shipped weights all but 0.02 % of what differs within a photo lies in 32 directions. What is compared or
averaged between thousands of cells is compared and averaged in these.

They are found by subspace iteration (N. Halko, P. G. Martinsson, J. A. Tropp, "Finding structure with
randomness", SIAM Review 2011, algorithm 4.4), in a sixth of the time that all eigenvectors would take.
"""

from functools import cache
from hashlib import shake_256
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

AXES: Final = 32
ITERATIONS: Final = 2  # of the subspace: the 20th variance is found to 0.2 %
MANY_CELLS: Final = 500  # from which on a quarter of the cells says as much as all of them
FLAT: Final = 0.01  # variance of logits; below it a photo is the same everywhere


class LogitAxes(NamedTuple):
    """Directions in which the logits of a photo differ most."""

    center: FloatArray  # (Q,), the mean of the cells
    axes: FloatArray  # (Q, n), each of length 1, the one with the largest variance first
    variances: FloatArray  # (n,)

    def score(self, logits: FloatArray) -> FloatArray:
        """Return how far each cell lies along each axis: (h, w, n), of logits, (h, w, Q)."""
        high, wide, colors = logits.shape
        scores = self.axes.T @ logits.transpose(2, 0, 1).reshape(colors, -1)  # in the order of its memory
        scores -= (self.axes.T @ self.center)[:, None]
        return np.asarray(scores.reshape(-1, high, wide).transpose(1, 2, 0))

    def restore(self, scores: FloatArray) -> FloatArray:
        """Return the logits of scores, (m, n), but for a number that all colours share: (Q, m)."""
        logits = self.axes @ scores.T
        logits += self.center[:, None]
        return np.asarray(logits)


def take_some(logits: FloatArray) -> FloatArray:
    """Return the logits, (h, w, Q), of cells enough to find axes: of many every second one each way."""
    return logits[::2, ::2] if logits[:, :, :1].size >= MANY_CELLS else logits


def find_axes(some: FloatArray) -> LogitAxes | None:
    """Return the axes of logits, (h, w, Q), of some of the cells; None where all are the same, or Q is 0.

    What all colours of a cell share makes none of them likelier, and is left out.
    """
    colors = some.shape[2]
    if not colors:
        return None
    flat = some.transpose(2, 0, 1).reshape(colors, -1)
    flat = flat - flat.mean(axis=0)
    center = flat.mean(axis=1)
    flat -= center[:, None]
    covariance = flat @ flat.T / np.float32(flat.shape[1])
    axes = _draw_start(colors)
    for _ in range(ITERATIONS):
        axes, _ = np.linalg.qr(covariance @ axes)
    variances, turn = np.linalg.eigh(axes.T @ covariance @ axes)
    if variances[-1] < FLAT:
        return None
    axes = axes @ turn[:, ::-1]
    axes -= axes.mean(axis=0)  # those of no variance point anywhere
    return LogitAxes(center, axes, np.maximum(variances[::-1], 0))


@cache
def _draw_start(colors: int) -> FloatArray:
    """Return directions as if at random, always the same: (Q, n)."""
    count = min(AXES, colors)
    # the bytes of a hash, as numpy.random takes 20 ms to load
    numbers = np.frombuffer(shake_256(b"axes").digest(colors * count), np.uint8)
    return numbers.reshape(colors, count) - np.float32(127.5)
