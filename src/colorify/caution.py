"""Colours fade where the generator knows next to nothing.

The mean of a distribution that is as broad as can be is still a colour, and seldom a right one: the
stained backdrop of an old portrait becomes violet, or green as if it were leaves. So strong a colour says
what nobody knows. Below a certain confidence it gives way to grey, by and by; a hint or an alternative
brings it back. It is the confidence of what is near and about as bright, in which the surer cells count more:
a thing fades as a whole or not at all, and not to a patch of red on a grey coat.
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


def faded(ab: FloatArray, confidence: FloatArray, nearby: Nearby) -> FloatArray:
    """Return `ab` with less chroma, and the same hue, where the confidence is low.

    `ab`: (h, w, 2) float32, CIE Lab; `confidence`: (h, w), 0..1.
    """
    weight = confidence + LEAST
    weighted, weights = nearby.sums(np.stack([weight * confidence, weight]))
    known = np.clip((weighted / weights - UNKNOWN) / (KNOWN - UNKNOWN), 0, 1)
    return np.asarray(ab * (LEFT + (1 - LEFT) * known)[:, :, None], dtype=np.float32)
