"""Colours that hold together where the generator is not sure of them.

Where its distribution is broad, as on a stained backdrop or a worn coat, the generator may fall for red in
one cell and for blue in the next. There, and only there, a cell takes the mean colour of what is near it and
about as bright, in which the surer cells count more. Colours contradict each other as far as they cancel out
in that mean: what becomes the grey between is what nobody knew; shades of one colour stay as they are.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from colorify.nearby import Nearby

FloatArray = NDArray[np.float32]

SURE: Final = 0.25  # confidence from which on a cell keeps its colour
UNSURE: Final = 0.1  # confidence at which it takes the mean
AGAINST: Final = 0.15  # share of chroma that cancels out nearby from which on colours contradict each other
TRUST: Final = 2  # power of the confidence by which a cell counts
LEAST: Final = 0.02  # added to the confidence, so that every cell counts a little


def settled(ab: FloatArray, confidence: FloatArray, nearby: Nearby) -> FloatArray:
    """Return `ab` with the mean of what is near and about as bright, where the unsure contradict each other.

    `ab`: (h, w, 2) float32, CIE Lab; `confidence`: (h, w), 0..1.
    """
    unsure = np.clip((SURE - confidence) / (SURE - UNSURE), 0, 1)
    if not unsure.any():
        return ab
    a, b = ab[:, :, 0], ab[:, :, 1]
    weight = (confidence + LEAST) ** TRUST
    sums = nearby.sums(np.stack([weight * a, weight * b, weight, a, b, np.hypot(a, b)]))
    mean = (sums[:2] / sums[2]).transpose(1, 2, 0)
    cancelled = 1 - np.hypot(*sums[3:5]) / np.maximum(sums[5], 1e-6)
    share = unsure * np.clip(cancelled / AGAINST, 0, 1)
    return np.asarray(ab + share[:, :, None] * (mean - ab), dtype=np.float32)
