"""What is done to the network's ab before it is used: more contrast, or less; the uncertain smoothed, faded.

Colours that differ from each other as much as true ones do.

A generator that is not sure says what lies between the colours that it thinks of, and that is also between
the colours of the whole picture: a lawn too brown, a shirt too yellow, a sky too grey (regression to the
mean). So colours are moved away from the mean colour of the picture. That is another thing than more colour:
what is warm in a cold picture gets warmer, and white in a warm one loses its tinge.

What is nearly grey may be grey, and stays nearly where it is.

Who wants less than that gets calmer colours, too: the loudest lose the most.

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

from colorify.model.bilateral_grid import BilateralGrid

FloatArray = NDArray[np.float32]

# Lab units of chroma at which a colour is moved by half. With 0 LPIPS is 0.0005 worse, with 15 no better.
HALF_EFFECT_CHROMA: Final = 5.0


def increase_chroma_contrast(ab: FloatArray, amount: float) -> FloatArray:
    """Return `ab` with each colour farther from the mean colour by `amount` of its distance.

    `ab`: (h, w, 2) float32, CIE Lab.
    """
    if not amount:
        return ab
    chroma = np.hypot(ab[:, :, 0], ab[:, :, 1])[:, :, None]
    away = ab - ab.mean(axis=(0, 1))
    return np.asarray(
        ab + np.float32(amount) * away * (chroma / (chroma + np.float32(HALF_EFFECT_CHROMA))), np.float32
    )


CALM_SHARE: Final = 0.8  # of the chroma, at most, that the loudest colours lose
HALF_CALM_CHROMA: Final = 40.0  # Lab units of chroma of which half as much is lost


def calm_loud_colors(ab: FloatArray, amount: float) -> FloatArray:
    """Return `ab` with less chroma and the same hue; the loudest lose the most: (h, w, 2), CIE Lab.

    Less contrast alone leaves a backdrop as emerald as it is, for it is most of the mean colour.
    `amount`: 0..1.
    """
    if amount <= 0:
        return ab
    chroma = np.hypot(ab[:, :, 0], ab[:, :, 1])[:, :, None]
    lost = np.float32(amount * CALM_SHARE) * chroma / (chroma + np.float32(HALF_CALM_CHROMA))
    return np.asarray(ab * (1 - lost), np.float32)


KEEP_CONFIDENCE: Final = 0.25  # confidence from which on a cell keeps its colour
MEAN_CONFIDENCE: Final = 0.1  # confidence at which it takes the mean
CANCELLED_SHARE: Final = (
    0.15  # share of chroma that cancels out nearby from which on colours contradict each other
)
CONFIDENCE_POWER: Final = 2  # power of the confidence by which a cell counts
MIN_WEIGHT: Final = 0.02  # added to the confidence, so that every cell counts a little


def smooth_uncertain(ab: FloatArray, confidence: FloatArray, grid: BilateralGrid) -> FloatArray:
    """Return `ab` with the mean of what is near and about as bright, where the unsure contradict each other.

    `ab`: (h, w, 2) float32, CIE Lab; `confidence`: (h, w), 0..1.
    """
    unsure = np.clip((KEEP_CONFIDENCE - confidence) / (KEEP_CONFIDENCE - MEAN_CONFIDENCE), 0, 1)
    if not unsure.any():
        return ab
    a, b = ab[:, :, 0], ab[:, :, 1]
    weight = (confidence + MIN_WEIGHT) ** CONFIDENCE_POWER
    sums = grid.blur(np.stack([weight * a, weight * b, weight, a, b, np.hypot(a, b)]))
    mean = (sums[:2] / sums[2]).transpose(1, 2, 0)
    cancelled = 1 - np.hypot(*sums[3:5]) / np.maximum(sums[5], 1e-6)
    share = unsure * np.clip(cancelled / CANCELLED_SHARE, 0, 1)
    return np.asarray(ab + share[:, :, None] * (mean - ab), dtype=np.float32)


FULL_CHROMA_CONFIDENCE: Final = 0.27  # confidence from which on colours stay as they are
MIN_CHROMA_CONFIDENCE: Final = 0.12  # confidence at which they keep the least
MIN_CHROMA_SHARE: Final = 0.1  # of their chroma
WHITE_CONFIDENCE_MARGIN: Final = 0.15  # confidence by which both are higher for what may be white
WHITE_FROM_L, WHITE_FULL_L = (
    50.0,
    70.0,
)  # L; below the one nothing is taken for white, from the other on all may be
WARM_HUE_RAD: Final = np.radians(55)  # hue, of skin; a quarter of a turn away and beyond it is no longer warm
WARM_HUE_A, WARM_HUE_B = np.float32(np.cos(WARM_HUE_RAD)), np.float32(np.sin(WARM_HUE_RAD))


def fade_uncertain(ab: FloatArray, confidence: FloatArray, L: FloatArray, grid: BilateralGrid) -> FloatArray:
    """Return `ab` with less chroma, and the same hue, where the confidence is low.

    `ab`: (h, w, 2) float32, CIE Lab; `confidence`: (h, w), 0..1; `L`: (h, w), 0..100; `grid`: of this L.
    """
    weight = confidence + MIN_WEIGHT
    weighted, weights = grid.blur(np.stack([weight * confidence, weight]))
    doubt = MIN_CHROMA_CONFIDENCE + WHITE_CONFIDENCE_MARGIN * _white_likelihood(ab, L)
    known = np.clip((weighted / weights - doubt) / (FULL_CHROMA_CONFIDENCE - MIN_CHROMA_CONFIDENCE), 0, 1)
    return np.asarray(ab * (MIN_CHROMA_SHARE + (1 - MIN_CHROMA_SHARE) * known)[:, :, None], dtype=np.float32)


def _white_likelihood(ab: FloatArray, L: FloatArray) -> FloatArray:
    """Return how much each cell may be something white, by its L and the hue it was given: (h, w), 0..1."""
    bright = np.clip((L - WHITE_FROM_L) / (WHITE_FULL_L - WHITE_FROM_L), 0, 1)
    a, b = ab[:, :, 0], ab[:, :, 1]
    # the cosine of the angle between both hues; grey has no hue, and nothing to fade
    warm = (a * WARM_HUE_A + b * WARM_HUE_B) / np.maximum(np.hypot(a, b), 1e-6)
    cold = np.minimum(1 - warm, 1)
    return np.asarray(bright * cold)
