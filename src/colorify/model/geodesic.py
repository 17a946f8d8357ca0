"""How far two places of a photo are from each other, by ways on which L and what is there change slowly.

The geodesic distance of L: L. Yatziv & G. Sapiro, "Fast image and video colorization using chrominance
blending" (IEEE Transactions on Image Processing 15(5), 2006). A step's length is its own, as a share of
WAY_SIDES, plus the square of its change of L, as a share of EDGE_L: squared, the folds of a cloth are cheap
and its border is dear. At 1 a way ends. Where a dress is as bright as the arm on it, L does not tell: so a
step may also cost UNLIKE_LENGTH times how unlike its two cells are to the generator (see `likeness`).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

WAY_SIDES: Final = 4.0  # times the short side of the picture: how far a way goes where L does not change
EDGE_L: Final = 25.0  # L; a change from one cell to the next that ends a way
UNLIKE_LENGTH: Final = 0.2  # of a step between cells whose cosine is 0
SWEPT_MASKS: Final = 16  # from which on all are swept together; fewer are quicker one at a time
# (down, right) to a neighbour; the other four are these the other way round
NEIGHBOR_STEPS: Final = ((0, 1), (1, 0), (1, 1), (1, -1))

Cells = tuple[slice, slice]
Step = tuple[Cells, Cells, FloatArray, FloatArray]  # cells, their neighbours, how far it is; room for a sum


def geodesic_distances(masks: Mask, L: FloatArray, unlike: Sequence[FloatArray] | None = None) -> FloatArray:
    """Return how far each cell is from each mask, (k, h, w), 0..1; 1 is anything farther.

    `masks`: (k, h, w), none empty. `L`: (h, w), 0..100. `unlike`: how unlike the cells of `find_neighbors`
    are, for each of NEIGHBOR_STEPS, 0..2; None: nobody knows.
    """
    steps = _step_lengths(L, unlike)
    if len(masks) >= SWEPT_MASKS:
        return _sweep_all(masks, steps)
    distance = np.where(masks, np.float32(0), np.float32(1))
    for one in distance:  # one at a time stays in the processor's cache, and ends when it is done
        left = np.inf
        while (total := float(one.sum(dtype=np.float64))) < left:  # float32 would not see a small step
            left = total
            _relax(one, steps)
    return distance


def _sweep_all(masks: Mask, steps: Sequence[Step]) -> FloatArray:
    """Find the ways of many masks at once, line by line down, up, right and left (fast sweeping).

    H. Zhao, "A fast sweeping method for eikonal equations" (Mathematics of Computation 74, 2005): one sweep
    carries a way across the picture, where a step of all cells carries it one cell on. The masks are side by
    side in memory, so that one call of NumPy takes a line of all of them.
    """
    distance = np.ascontiguousarray(np.where(masks, np.float32(0), np.float32(1)).transpose(1, 2, 0))
    across, down, falling, rising = (length for _, _, length, _ in steps)
    left, going = np.full(len(masks), np.inf), np.arange(len(masks))
    ways = np.empty(masks.shape, np.float32)
    while len(going):
        total = distance.sum(axis=(0, 1), dtype=np.float64)
        done = total >= left
        if done.any():
            ways[going[done]] = distance[:, :, done].transpose(2, 0, 1)
            distance, going, total = np.ascontiguousarray(distance[:, :, ~done]), going[~done], total[~done]
        left = total
        _sweep(distance, down, falling, rising)
        _sweep(distance.transpose(1, 0, 2), across.T, falling.T, rising.T)
    return ways


def _sweep(distance: FloatArray, ahead: FloatArray, falling: FloatArray, rising: FloatArray) -> None:
    """Carry ways from each line to the next, and then back: (lines, cells, masks), in place.

    `ahead`: how far it is from a cell to its like in the next line; `falling`: to the one after that;
    `rising`: from the one after it.
    """
    way = np.empty(distance.shape[1:], np.float32)
    count = len(distance) - 1
    pairs = [*((at, at, at + 1) for at in range(count)), *((at, at + 1, at) for at in reversed(range(count)))]
    for step, known, line in pairs:
        before, now = distance[known], distance[line]
        # with the falling step a way goes on by one cell, or back by one on the way back
        first, second = (falling, rising) if line > known else (rising, falling)
        np.minimum(now, np.add(before, ahead[step, :, None], out=way), out=now)
        np.minimum(now[1:], np.add(before[:-1], first[step, :, None], out=way[1:]), out=now[1:])
        np.minimum(now[:-1], np.add(before[1:], second[step, :, None], out=way[1:]), out=now[:-1])


def _relax(distance: FloatArray, steps: Sequence[Step]) -> None:
    """Take each step once, there and back."""
    for here, there, length, way in steps:
        ours, theirs = distance[here], distance[there]
        np.minimum(ours, np.add(theirs, length, out=way), out=ours)
        np.minimum(theirs, np.add(ours, length, out=way), out=theirs)


def find_neighbors(shape: tuple[int, ...], down: int, right: int) -> tuple[Cells, Cells]:
    """Return the cells that have a neighbour so far `down` and to the `right`, and these neighbours."""
    return _window(shape, down, right), _window(shape, -down, -right)


def _step_lengths(L: FloatArray, unlike: Sequence[FloatArray] | None) -> list[Step]:
    longest = WAY_SIDES * min(L.shape)
    steps: list[Step] = []
    for number, (down, right) in enumerate(NEIGHBOR_STEPS):
        here, there = find_neighbors(L.shape, down, right)
        length = np.hypot(down, right) / longest + ((L[here] - L[there]) / EDGE_L) ** 2
        if unlike is not None:
            length = length + UNLIKE_LENGTH * unlike[number]
        length = length.astype(np.float32)
        steps.append((here, there, length, np.empty_like(length)))
    return steps


def _window(shape: tuple[int, ...], down: int, right: int) -> Cells:
    h, w = shape
    return slice(max(0, -down), h - max(0, down)), slice(max(0, -right), w - max(0, right))
