"""What is done to the network's ab before it is used: more contrast; the uncertain smoothed, and faded.

Colours that differ from each other as much as true ones do.

A generator that is not sure says what lies between the colours that it thinks of, and that is also between
the colours of the whole picture: a lawn too brown, a shirt too yellow, a sky too grey (regression to the
mean). So colours are moved away from the mean colour of the picture. That is another thing than more colour:
what is warm in a cold picture gets warmer, and white in a warm one loses its tinge.

What is nearly grey may be grey, and stays nearly where it is.

Colours that hold together where the generator is not sure of them.

Where its distribution is broad, as on a stained backdrop or a worn coat, the generator may fall for red in
one cell and for blue in the next. There, and only there, a cell takes the mean colour of what is near it and
about as bright, in which the surer cells count more. Colours contradict each other as far as they cancel out
in that mean: what becomes the grey between is what nobody knew; shades of one colour stay as they are.

Colours fade where the generator knows next to nothing.

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

from colorify.model.bilateral_grid import Nearby

FloatArray = NDArray[np.float32]

# Lab units of chroma at which a colour is moved by half. With 0 LPIPS is 0.0005 worse, with 15 no better.
GREY: Final = 5.0


def contrasted(ab: FloatArray, share: float) -> FloatArray:
    """Return `ab` with each colour farther from the mean colour by `share` of its distance.

    `ab`: (h, w, 2) float32, CIE Lab.
    """
    if not share:
        return ab
    chroma = np.hypot(ab[:, :, 0], ab[:, :, 1])[:, :, None]
    away = ab - ab.mean(axis=(0, 1))
    return np.asarray(ab + np.float32(share) * away * (chroma / (chroma + np.float32(GREY))), np.float32)


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
