"""A few colours to choose from at one place, out of the generator's distribution over all of its bins.

The bins lie close to each other, and the likeliest five are five shades of one colour. So bins are gathered
around modes: the bin with the most likelihood in and around it is the first, and the next is the same among
those that are DISTINCT from all before it. Each bin counts for the mode that it is nearest to.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from colorify.color import lab_to_rgb, rgb_to_lab
from colorify.errors import UsageError
from colorify.pixels import to_hex

FloatArray = NDArray[np.float32]

MODE_RADIUS_LAB: Final = 15.0  # Lab units; a bin and its eight neighbours on a grid of 10
# Lab units between two modes; not 20, two steps of the grid, which each CPU rounds in its own way
MIN_MODE_DISTANCE_LAB: Final = 20.1
MIN_PROBABILITY: Final = 1e-3  # probability of a mode worth naming


@dataclass(frozen=True)
class Suggestion:
    """A colour, and how likely it is to the generator."""

    color: str  # "#rrggbb", sRGB, as bright as the photo is at the place
    ab: tuple[float, float]  # CIE Lab, within what can be shown that bright
    probability: float  # 0..1; those of all modes of a place add up to 1


def suggest_colors(
    probabilities: FloatArray, centers: FloatArray, L: float, *, count: int
) -> list[Suggestion]:
    """Return the `count` likeliest distinct colours, or fewer where there are no more, the likeliest first.

    `probabilities`: (Q,), their sum 1. `centers`: (Q, 2), a and b of the bins. `L`: 0..100, of the place.
    Colours that cannot be told apart at this L, as in white and black, are one. Raises UsageError.
    """
    if count < 1:
        raise UsageError(f"count {count}: expected 1 or more.")
    in_gamut = clip_ab_to_gamut(np.full(len(centers), L, np.float32), centers)
    modes = find_modes(probabilities, in_gamut)
    masses = np.bincount(modes, probabilities)
    suggestions = []
    for mode in np.argsort(-masses, kind="stable")[:count]:
        if masses[mode] < MIN_PROBABILITY:
            break
        weights = probabilities * (modes == mode)
        a, b = (weights @ in_gamut / masses[mode]).tolist()
        suggestions.append(
            Suggestion(to_hex(lab_to_rgb(np.array([L, a, b], np.float32))), (a, b), float(masses[mode]))
        )
    return suggestions


def find_modes(probabilities: FloatArray, colors: FloatArray) -> NDArray[np.intp]:
    """Return, for each bin, the number of the mode that it belongs to: (Q,), from 0.

    `probabilities`: (Q,). `colors`: (Q, 2), Lab.
    """
    apart = np.hypot(*(colors[:, None] - colors[None]).T)
    height = (apart < MODE_RADIUS_LAB) @ probabilities
    free = np.ones(len(colors), bool)
    chosen: list[int] = []
    while free.any():
        chosen.append(int(np.argmax(np.where(free, height, -1))))
        free &= apart[chosen[-1]] >= MIN_MODE_DISTANCE_LAB
    return np.asarray(apart[:, chosen].argmin(axis=1))


def clip_ab_to_gamut(L: FloatArray, ab: FloatArray) -> FloatArray:
    """Return what remains within sRGB of colours (..., 2) at their L (...)."""
    return rgb_to_lab(lab_to_rgb(np.concatenate([L[..., None], ab], axis=-1)))[..., 1:]
