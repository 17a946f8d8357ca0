"""Measures of a colourised picture against its original; the papers compare at 256 x 256 px, squashed.

Pictures are (H, W, 3) uint8, sRGB.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colorify.color import colorfulness
from colorify.pixels import pixels_to_lab

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Scores:
    """One photo's, or the mean of many."""

    psnr: float  # dB, RGB 0..255; more is better
    delta_e: float  # CIE76, Lab units; less is better
    lightness_error: float  # mean |L* - L* of the original|
    colorfulness: float  # Hasler & Suesstrunk 2003; as near to the original's as can be
    true_colorfulness: float


def score(truth: Pixels, result: Pixels) -> Scores:
    """Compare one picture with its original of the same size."""
    error = (truth.astype(np.float64) - result) ** 2
    true_lab, lab = (pixels_to_lab(pixels) for pixels in (truth, result))
    return Scores(
        psnr=float(10 * np.log10(255**2 / max(error.mean(), 1e-9))),
        delta_e=float(np.linalg.norm(true_lab - lab, axis=-1).mean()),
        lightness_error=float(np.abs(true_lab[..., 0] - lab[..., 0]).mean()),
        colorfulness=colorfulness(result),
        true_colorfulness=colorfulness(truth),
    )


def mean(scores: list[Scores]) -> Scores:
    """Average over photos."""
    fields = Scores.__dataclass_fields__
    return Scores(**{name: float(np.mean([getattr(entry, name) for entry in scores])) for name in fields})
