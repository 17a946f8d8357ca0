"""The logits of a photo by what differs most between its cells: their principal components.

Each cell has a logit for each of some two hundred colours, and of most of them the others tell the rest: with
the shipped weights all but 0.02 % of what differs within a photo lies in 32 directions. What is compared or
averaged between thousands of cells is compared and averaged in these.

They are found by subspace iteration (N. Halko, P. G. Martinsson, J. A. Tropp, "Finding structure with
randomness", SIAM Review 2011, algorithm 4.4), in a sixth of the time that all eigenvectors would take.
"""

from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

COMPONENTS: Final = 32
ITERATIONS: Final = 2  # of the subspace: the 20th variance is found to 0.2 %
MANY_CELLS: Final = 500  # from which on a quarter of the cells says as much as all of them
FLAT: Final = 0.01  # variance of logits; below it a photo is the same everywhere


class LogitComponents(NamedTuple):
    """The logits of a photo, as `center` and as the scores of each cell on a few axes."""

    center: FloatArray  # (Q,), the mean of the cells
    axes: FloatArray  # (Q, n), each of length 1, the one with the largest variance first
    variances: FloatArray  # (n,)
    scores: FloatArray  # (h, w, n), of which the mean is about 0

    def restore(self, scores: FloatArray) -> FloatArray:
        """Return the logits of scores, (..., n): (..., Q), but for a number that all colours share."""
        return np.asarray(scores @ self.axes.T + self.center)


def find_components(logits: FloatArray) -> LogitComponents | None:
    """Return the principal components of logits, (h, w, Q); None where all cells are the same, or Q is 0.

    What all colours of a cell share makes none of them likelier, and is left out.
    """
    colors = logits.shape[2]
    if not colors:
        return None
    planes = logits.transpose(2, 0, 1)  # as the network has them: rows of numbers that lie side by side
    step = 2 if planes[0].size >= MANY_CELLS else 1
    some = planes[:, ::step, ::step].reshape(colors, -1)
    some = some - some.mean(axis=0)
    center = some.mean(axis=1)
    some -= center[:, None]
    axes, variances = _find_axes(some @ some.T / np.float32(some.shape[1]))
    if variances[0] < FLAT:
        return None
    axes -= axes.mean(axis=0)  # those of no variance point anywhere
    scores = axes.T @ planes.reshape(colors, -1) - (axes.T @ center)[:, None]
    return LogitComponents(center, axes, variances, scores.reshape(-1, *logits.shape[:2]).transpose(1, 2, 0))


def _find_axes(covariance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the axes of the largest variances, (Q, n), and these, (n,), the largest first."""
    axes = _draw_start(len(covariance))
    for _ in range(ITERATIONS):
        axes, _ = np.linalg.qr(covariance @ axes)
    variances, turn = np.linalg.eigh(axes.T @ covariance @ axes)
    return np.asarray(axes @ turn[:, ::-1]), np.asarray(np.maximum(variances[::-1], 0))


@cache
def _draw_start(colors: int) -> FloatArray:
    """Return directions at random, always the same: (Q, n)."""
    drawn = np.random.default_rng(0).standard_normal((colors, min(COMPONENTS, colors)), np.float32)
    drawn.flags.writeable = False
    return drawn
