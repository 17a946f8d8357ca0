"""Colours fade where the generator knows next to nothing.

The mean of a distribution that is as broad as can be is still a colour, and seldom a right one: the
stained backdrop of an old portrait becomes violet, or green as if it were leaves. So strong a colour says
what nobody knows. Below a certain confidence it gives way to grey, by and by; a hint or an alternative
brings it back. It is the confidence of what is near and about as bright, in which the surer cells count more:
a thing fades as a whole or not at all, and not to a patch of red on a grey coat.

What is bright has to be surer of a colour that is not warm. White cloth, in which the generator sees cyan or
green lights, is doubtful; skies and leaves are not, and skin is warm.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from colorify.coherence import LEAST
from colorify.nearby import Nearby

FloatArray = NDArray[np.float32]

KNOWN: Final = 0.27  # confidence from which on colours stay as they are
UNKNOWN: Final = 0.12  # confidence at which they keep the least
LEFT: Final = 0.1  # of their chroma
WHITE: Final = 0.15  # confidence by which both are higher for what may be white
DARK, BRIGHT = 50.0, 70.0  # L; below the one nothing is taken for white, from the other on all may be
WARM: Final = np.radians(55)  # hue, of skin; a quarter of a turn away and beyond it is no longer warm


def faded(ab: FloatArray, confidence: FloatArray, L: FloatArray, nearby: Nearby) -> FloatArray:
    """Return `ab` with less chroma, and the same hue, where the confidence is low.

    `ab`: (h, w, 2) float32, CIE Lab; `confidence`: (h, w), 0..1; `L`: (h, w), 0..100; `nearby`: of this L.
    """
    weight = confidence + LEAST
    weighted, weights = nearby.sums(np.stack([weight * confidence, weight]))
    doubt = UNKNOWN + WHITE * _white(ab, L)
    known = np.clip((weighted / weights - doubt) / (KNOWN - UNKNOWN), 0, 1)
    return np.asarray(ab * (LEFT + (1 - LEFT) * known)[:, :, None], dtype=np.float32)


def _white(ab: FloatArray, L: FloatArray) -> FloatArray:
    """Return how much each cell may be something white, by its L and the hue it was given: (h, w), 0..1."""
    bright = np.clip((L - DARK) / (BRIGHT - DARK), 0, 1)
    cold = np.minimum(1 - np.cos(np.arctan2(ab[:, :, 1], ab[:, :, 0]) - WARM), 1)
    return np.asarray(bright * cold)
