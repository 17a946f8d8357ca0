"""How far a hint goes: over what it belongs to, as the eye and the generator have it.

A hint says what colour one place has, and how far that holds elsewhere is a question of how two places belong
together. Two things tell, each where the other cannot:

* that the generator thinks the same of both: the overlap of their distributions over colours (A.
  Bhattacharyya, 1943), to the power ALIKE. It tells a coat from the wall that is as grey;
* that a way leads from one to the other on which L changes slowly: the geodesic distance of L. Yatziv & G.
  Sapiro, "Fast image and video colorization using chrominance blending" (IEEE Transactions on Image
  Processing 15(5), 2006). A step's length is its own, as a share of REACH, plus the square of its change of
  L, as a share of EDGE: squared, the folds of a cloth are cheap and its border is dear. At 1 it ends.

Their product is taken as a correlation, from which the best weights of several hints follow by solving for
them (simple kriging; N. Cressie, "Statistics for Spatial Data", 1993, section 3.2): two hints beside each
other do not count twice, and each keeps its own side. No a and no b comes up beyond those of the hints and
the generator.

Chosen on 20 photos of COCO, with a generator (version 2) that all but ignored hints, among 40 such rules; few
mattered much. PSNR with 1, 5 and 50 true colours: 24.32, 25.69, 29.29 dB; by distance alone, each cell after
the nearest hint, as it was before, 24.05, 24.83, 27.76. A hint's mean weight over the thing that it lies on
(connected cells, true ab within 10) was 0.40, over other things (true ab beyond 18, no farther than 24 cells)
0.10; before, 0.40 and 0.07. But where it leaks it does no harm now: the error on other things changed by
+0.01, before by +0.36. Pulling far things too that are alike gained 0.05 to 0.1 dB, and turned skies pink.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

AFFINITY_POWER: Final = 8  # power of the overlap of two distributions
REACH_SIDES: Final = 4.0  # times the short side of the picture: how far a hint goes where L does not change
EDGE_L: Final = 25.0  # L; a change from one cell to the next that stops a hint
DECORRELATION: Final = 0.2  # by which hints are taken to have less in common: keeps the weights of many tame
PROXIMITY_POWER: Final = 4  # power of the correlation, of what is close by
# (down, right) to a neighbour; the other four are these the other way round
NEIGHBOR_STEPS: Final = ((0, 1), (1, 0), (1, 1), (1, -1))


def propagate_hints(
    ab: FloatArray, masks: Mask, hint_ab: FloatArray, L: FloatArray, sqrt_probabilities: FloatArray | None
) -> FloatArray:
    """Return `ab` with the colours of the hints where they are, and on what belongs to them: (h, w, 2), Lab.

    `ab`: (h, w, 2), as generated. `masks`: (k, h, w), where each of the hints is, no two at one place and
    none empty. `hint_ab`: (k, 2), their a and b. `L`: (h, w), 0..100.
    `sqrt_probabilities`: (h, w, Q), of the probabilities of the generator's colours; None: it knows of none.
    """
    alike = _correlations(masks, L, sqrt_probabilities)
    made = ab + _delta(_weights(alike, masks), hint_ab, ab)
    # hints that DOUBT has weakened, as they contradict each other, come into their own close by
    left = hint_ab - np.stack([made[seed].mean(axis=0) for seed in masks])
    close = alike**PROXIMITY_POWER
    made += np.tensordot(close / np.maximum(close.sum(axis=0), 1), left, (0, 0))
    least, most = np.minimum(ab, hint_ab.min(axis=0)), np.maximum(ab, hint_ab.max(axis=0))
    made = np.clip(made, least, most).astype(np.float32)
    number, *place = np.nonzero(masks)
    made[*place] = hint_ab[number]
    return np.asarray(made)


def _delta(weights: FloatArray, hint_ab: FloatArray, ab: FloatArray) -> FloatArray:
    """Return by how much hints that count so much, (k, h, w), change ab."""
    return np.asarray(np.tensordot(weights, hint_ab, (0, 0)) - weights.sum(axis=0)[:, :, None] * ab)


def _correlations(masks: Mask, L: FloatArray, sqrt_probabilities: FloatArray | None) -> FloatArray:
    """Return how much each cell belongs to each hint: (k, h, w), 0..1."""
    near = np.square(1 - _geodesic(masks, _step_lengths(L)))
    if sqrt_probabilities is None:
        return np.asarray(near)
    alike = np.stack(
        [sqrt_probabilities @ np.sqrt((sqrt_probabilities[seed] ** 2).mean(axis=0)) for seed in masks]
    )
    return np.asarray(alike**AFFINITY_POWER * near)


def _weights(affinity: FloatArray, masks: Mask) -> FloatArray:
    """Return how much each hint counts at each cell, (k, h, w); their sum is no more than 1.

    A hint in the shadow of others may count a little against itself, as in all kriging.
    """
    between = np.stack([affinity[:, seed].mean(axis=1) for seed in masks])
    between = (between + between.T) / 2
    np.fill_diagonal(between, 1)
    # ways need not agree with each other as correlations do: a variance below 0 is none
    variances, axes = np.linalg.eigh(between)
    inverse = axes * ((1 + DECORRELATION) / (np.maximum(variances, 0) + DECORRELATION)) @ axes.T
    weights = np.tensordot(inverse, affinity, 1)
    return np.asarray(weights / np.maximum(weights.sum(axis=0), 1), dtype=np.float32)


Step = tuple[tuple[slice, slice], tuple[slice, slice], FloatArray]  # cells, their neighbours, how far it is


def _step_lengths(L: FloatArray) -> list[Step]:
    reach = REACH_SIDES * min(L.shape)
    steps: list[Step] = []
    for down, right in NEIGHBOR_STEPS:
        here = _window(L.shape, down, right)
        there = _window(L.shape, -down, -right)
        length = np.hypot(down, right) / reach + ((L[here] - L[there]) / EDGE_L) ** 2
        steps.append((here, there, length.astype(np.float32)))
    return steps


def _window(shape: tuple[int, ...], down: int, right: int) -> tuple[slice, slice]:
    """Return the cells that have a neighbour so far `down` and to the `right`."""
    h, w = shape
    return slice(max(0, -down), h - max(0, down)), slice(max(0, -right), w - max(0, right))


def _geodesic(masks: Mask, steps: Sequence[Step]) -> FloatArray:
    """Return how far each cell is from each hint, (k, h, w), 0..1; 1 is anything farther."""
    distance = np.where(masks, np.float32(0), np.float32(1))
    left = np.inf
    while (total := float(distance.sum())) < left:  # each round carries it at least a cell on
        left = total
        for here, there, length in steps:
            ours, theirs = distance[:, *here], distance[:, *there]
            np.minimum(ours, theirs + length, out=ours)
            np.minimum(theirs, ours + length, out=theirs)
    return distance
