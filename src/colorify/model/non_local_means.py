"""Colours on which all cells agree that the generator takes for the same thing.

A generator decides for each cell by itself, so half of a pair of trousers is blue and half is grey, and on a
coat lies a stain of rust. Yet it knows quite well which cells are one thing: see `likeness`. So each cell
gets the mean of what the generator thinks of all that is alike, near or not: of the logits of its colours, as
the mean of two colours is often a third one that nobody thought of. What is surer counts more; what is close
by, too. Small differences within the thing stay: only the mean of four cells moves.

Non-local means: A. Buades, B. Coll, J.-M. Morel, "A non-local algorithm for image denoising" (CVPR 2005).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from colorify.model.likeness import Likeness, interpolate, interpolation_shares, measure_likeness

FloatArray = NDArray[np.float32]

SAME_THING: Final = 3.0  # likeness at which two cells are as likely one thing as not
SHARPNESS: Final = 2.0  # logits of that a unit of likeness
REACH_SIDES: Final = 0.4  # times the short side; standard deviation of how far apart cells count
CONFIDENCE_POWER: Final = 2  # power of the confidence by which a cell counts
MIN_CONFIDENCE: Final = 0.02  # added to it, so that every cell counts a little
MIN_LOGIT: Final = -18.0  # of a colour, below the likeliest one's: less likely it cannot be
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

    None where nothing tells one cell from another.

    `logits`: (h, w, Q), of the colours `centers`, (Q, 2). `confidence`: (h, w), 0..1. `ab`: (h, w, 2), as
    generated at `temperature`. `features`: see `measure_likeness`. `stride`: px of L to a cell.
    """
    blocks = average_blocks(logits)
    likeness = measure_likeness(blocks, features, 2 * stride)
    if not likeness.known:
        return None
    high, wide = likeness.shape
    blocks = blocks.reshape(high * wide, -1)
    blocks = np.maximum(blocks - blocks.max(axis=1, keepdims=True), MIN_LOGIT)
    own = (average_blocks(confidence[:, :, None]).ravel() + MIN_CONFIDENCE) ** CONFIDENCE_POWER
    places, cells_each = choose_sources(likeness.shape)
    weights = _weigh(likeness, places) * (cells_each * own[places])
    agreed = (weights @ blocks[places] + own[:, None] * blocks) / (weights.sum(axis=1) + own)[:, None]
    agreed = np.exp((agreed - agreed.max(axis=1, keepdims=True)) / np.float32(temperature))
    shift = agreed @ centers / agreed.sum(axis=1, keepdims=True) - average_blocks(ab).reshape(-1, 2)
    return _enlarge(shift.reshape(high, wide, 2), ab.shape[:2])


def move_unsure(ab: FloatArray, confidence: FloatArray, shift: FloatArray) -> FloatArray:
    """Return `ab`, (h, w, 2), moved by `shift` as far as its confidence, (h, w), is low."""
    share = np.clip((NONE_CONFIDENCE - confidence) / (NONE_CONFIDENCE - ALL_CONFIDENCE), 0, 1)
    return np.asarray(ab + share[:, :, None] * shift, np.float32)


def average_blocks(planes: FloatArray) -> FloatArray:
    """Average blocks of 2 x 2 cells, (h, w, n), of fewer at the end: (ceil(h / 2), ceil(w / 2), n)."""
    for axis in (0, 1):  # numpy.pad, which would make them even, takes longer than all of this
        first, second = (np.moveaxis(planes, axis, 0)[at::2] for at in (0, 1))
        sums = first.copy()
        sums[: len(second)] += second
        sums[len(second) :] *= 2
        planes = np.moveaxis(sums, 0, axis)
    return np.asarray(planes / np.float32(4))


def choose_sources(shape: tuple[int, int]) -> tuple[NDArray[np.intp], int]:
    """Return the numbers of the cells that are asked, evenly spread, and how many cells each stands for."""
    high, wide = shape
    step = 1
    while -(-high // step) * -(-wide // step) > MAX_SOURCES:
        step += 1
    rows, columns = (np.arange(step // 2 if length > step // 2 else 0, length, step) for length in shape)
    return (rows[:, None] * wide + columns).ravel(), step**2


def _weigh(likeness: Likeness, places: NDArray[np.intp]) -> FloatArray:
    """Return how much each of `places` has to say about each cell: (h * w, k), 0..1."""
    high, wide = likeness.shape
    weights = SHARPNESS * (SAME_THING - likeness.between(places))  # (h, w, k)
    np.exp(weights, out=weights)
    weights += 1
    np.reciprocal(weights, out=weights)
    reach = REACH_SIDES * min(high, wide)
    down, across = (
        np.exp(-(((np.arange(length)[:, None] - at) / reach) ** 2) / 2).astype(np.float32)
        for length, at in zip((high, wide), divmod(places, wide), strict=True)
    )
    weights *= down[:, None]
    weights *= across
    return weights.reshape(high * wide, -1)


def _enlarge(shift: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Enlarge (h, w, 2) of blocks bilinearly to their cells, `shape`."""
    down, right = (
        interpolation_shares(length, small, 2) for length, small in zip(shape, shift.shape, strict=False)
    )
    return interpolate(shift, down, right)
