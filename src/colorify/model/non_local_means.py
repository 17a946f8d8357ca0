"""Colours on which all cells agree that the generator takes for the same thing.

A generator decides for each cell by itself, so half of a pair of trousers is blue and half is grey, and on a
coat lies a stain of rust. Yet it knows quite well which cells are one thing: see `likeness`. So each cell
gets the mean of what the generator thinks of all that is alike, near or not: of the logits of its colours, as
the mean of two colours is often a third one that nobody thought of. What is surer counts more; what is close
by, too. Small differences within the thing stay: only the mean of four cells moves.

Non-local means: A. Buades, B. Coll, J.-M. Morel, "A non-local algorithm for image denoising" (CVPR 2005).
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from colorify.model.cell_interpolation import interpolation_shares
from colorify.model.likeness import Indices, Likeness, compare_vectors, whiten
from colorify.model.logit_axes import find_axes, take_some

FloatArray = NDArray[np.float32]

SAME_THING: Final = 3.0  # likeness at which two cells are as likely one thing as not
SHARPNESS: Final = 2.0  # logits of that a unit of likeness
SPREAD_SIDES: Final = 0.4  # times the short side; standard deviation of how far apart cells count
CONFIDENCE_POWER: Final = 2  # power of the confidence by which a cell counts
MIN_CONFIDENCE: Final = 0.02  # added to it, so that every cell counts a little
# cells that are asked, at most: of a larger photo every second or third. If all were, ab would differ by
# 0.2 Lab units in the mean
MAX_SOURCES: Final = 320
# confidence below which a cell takes the colour on which its like agree, and from which on it keeps its own
ALL_CONFIDENCE, NONE_CONFIDENCE = 0.2, 0.6


def find_agreed_shift(
    logits: FloatArray,
    confidence: FloatArray,
    features: dict[int, FloatArray],
    ab: FloatArray,
    centers: FloatArray,
    *,
    temperature: float,
    stride: int,
) -> FloatArray | None:
    """Return by how much each colour would move if all that is alike agreed: (h, w, 2), CIE Lab.

    None where the generator thinks the same of all of them.

    `logits`: (h, w, Q), of the colours `centers`, (Q, 2). `confidence`: (h, w), 0..1. `ab`: (h, w, 2), as
    generated at `temperature`. `features`: see `measure_likeness`. `stride`: px of L to a cell.
    """
    agreed = _agree(average_blocks(logits), confidence, features, stride)
    if agreed is None:
        return None
    shift = np.concatenate([_decode(some, centers, temperature) for some in agreed])
    own = average_blocks(ab)
    return _enlarge(shift.reshape(own.shape) - own, ab.shape[:2])


def agree_on_logits(
    logits: FloatArray, confidence: FloatArray, features: dict[int, FloatArray], *, stride: int
) -> FloatArray:
    """Return logits, (h, w, Q), moved to those on which all that is alike agrees, as far as a cell is unsure.

    For training: a teacher says what its pictures would be made of. See `find_agreed_shift`.
    """
    blocks = average_blocks(logits)
    agreed = _agree(blocks, confidence, features, stride)
    if agreed is None:
        return logits
    shift = np.concatenate([some.T for some in agreed]).reshape(blocks.shape) - blocks
    return np.asarray(logits + unsure_share(confidence)[:, :, None] * _enlarge(shift, logits.shape[:2]))


def _agree(
    blocks: FloatArray, confidence: FloatArray, features: dict[int, FloatArray], stride: int
) -> Iterator[FloatArray] | None:
    """Return the logits on which blocks of four cells, (h, w, Q), agree, some blocks at a time: (Q, m)."""
    axes = find_axes(take_some(blocks))
    if axes is None:
        return None
    scores = axes.score(blocks)
    high, wide, _ = scores.shape
    likeness = compare_vectors(whiten(scores, axes.variances), features, (high, wide), 2 * stride)
    own = (average_blocks(confidence[:, :, None]) + MIN_CONFIDENCE) ** CONFIDENCE_POWER
    return (axes.restore(some) for some in _iterate_agreed(scores, own, likeness))


def _iterate_agreed(scores: FloatArray, own: FloatArray, likeness: Likeness) -> Iterator[FloatArray]:
    """Yield the means over what is like each cell of scores, (h, w, n), some cells at a time: (m, n).

    `own`: (h, w, 1), by how much each cell counts.
    """
    rows, columns, cells_each = choose_sources(likeness.shape)
    counted = own * np.concatenate([scores, np.ones_like(own)], axis=2)  # the ones become sums of weights
    asked = cells_each * counted[np.ix_(rows, columns)].reshape(-1, counted.shape[2])
    counted, first = counted.reshape(-1, counted.shape[2]), 0
    for weights in _iterate_weights(likeness, rows, columns):
        sums = weights @ asked
        sums += counted[first : first + len(sums)]
        first += len(sums)
        yield sums[:, :-1] / sums[:, -1:]


def _decode(logits: FloatArray, centers: FloatArray, temperature: float) -> FloatArray:
    """Return the annealed mean of the colours `centers`, (Q, 2), of logits, (Q, m): (m, 2)."""
    likely = logits - logits.max(axis=0)
    likely *= np.float32(1 / temperature)
    np.exp(likely, out=likely)
    a, b, total = np.concatenate([centers, np.ones_like(centers[:, :1])], axis=1).T @ likely
    return np.stack([a / total, b / total], axis=1)


def move_unsure(ab: FloatArray, confidence: FloatArray, shift: FloatArray) -> FloatArray:
    """Return `ab`, (h, w, 2), moved by `shift` as far as its confidence, (h, w), is low."""
    return np.asarray(ab + unsure_share(confidence)[:, :, None] * shift, np.float32)


def unsure_share(confidence: FloatArray) -> FloatArray:
    """Return how much each cell takes of what its like agree on: 0..1."""
    share = (NONE_CONFIDENCE - confidence) / (NONE_CONFIDENCE - ALL_CONFIDENCE)
    return np.asarray(np.clip(share, 0, 1))


def average_blocks(planes: FloatArray) -> FloatArray:
    """Average blocks of 2 x 2 cells, (h, w, n), of fewer at the end: (ceil(h / 2), ceil(w / 2), n)."""
    # numpy.pad, which would make them even, takes longer than all of this; rows first, nearly twice as long
    for axis in (1, 0):
        lines = planes.swapaxes(0, axis)
        first, second = lines[::2], lines[1::2]
        sums, pairs = np.empty_like(first), len(second)  # in the order of its memory, as the network gave it
        np.add(first[:pairs], second, out=sums[:pairs])
        np.multiply(first[pairs:], 2, out=sums[pairs:])
        planes = sums.swapaxes(0, axis)
    planes *= np.float32(1 / 4)
    return planes


def choose_sources(shape: tuple[int, int]) -> tuple[Indices, Indices, int]:
    """Return the rows and the columns that are asked where they cross, evenly spread.

    And how many cells each crossing stands for.
    """
    high, wide = shape
    step = 1
    while -(-high // step) * -(-wide // step) > MAX_SOURCES:
        step += 1
    rows, columns = (np.arange(step // 2 if length > step // 2 else 0, length, step) for length in shape)
    return rows, columns, step**2


def _iterate_weights(likeness: Likeness, rows: Indices, columns: Indices) -> Iterator[FloatArray]:
    """Yield how much what is at each crossing has to say about each cell, 0..1: (m, k), some at a time."""
    high, wide = likeness.shape
    spread = SPREAD_SIDES * min(high, wide)
    down, across = (
        np.exp(-(((np.arange(length)[:, None] - at) / spread) ** 2) / 2).astype(np.float32)
        for length, at in ((high, rows), (wide, columns))
    )
    top = 0
    for away in likeness.iterate_between(rows, columns):  # (r, w, k)
        np.subtract(SAME_THING, away, out=away)
        away *= SHARPNESS
        np.exp(away, out=away)
        away += 1
        weights = down[top : top + len(away), None, :, None] * across[:, None]  # (r, w, rows, columns)
        weights = weights.reshape(-1, len(rows) * len(columns))
        weights /= away.reshape(weights.shape)
        top += len(away)
        yield weights


def _enlarge(shift: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Enlarge (h, w, n) of blocks bilinearly to their cells, `shape`."""
    down, right = (
        interpolation_shares(length, small, 2) for length, small in zip(shape, shift.shape, strict=False)
    )
    return np.asarray((down @ shift.transpose(2, 0, 1) @ right.T).transpose(1, 2, 0))
