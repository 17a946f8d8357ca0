"""CIE Lab and sRGB, on numpy arrays: the one place that knows the numbers.

Lab is CIE 1976 L*a*b* under D65 (2 degree observer); RGB is sRGB, IEC 61966-2-1. Pictures at full size are
converted by libvips, which agrees with this file (a test compares them); here are the small arrays:
hints, metrics, and the constants that the torch code in `training` shares.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

# linear sRGB -> CIE XYZ (D65), IEC 61966-2-1; each row sums to the white point
RGB_TO_XYZ: Final = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE: Final = RGB_TO_XYZ.sum(axis=1)
XYZ_TO_RGB: Final = np.linalg.inv(RGB_TO_XYZ)

LINEAR_TOE: Final = 0.0031308  # linear light below which sRGB is a straight line
ENCODED_TOE: Final = 0.04045  # the same point, encoded
LAB_DELTA: Final = 6 / 29  # f(t) is a cube root above LAB_DELTA**3 and a line below


def srgb_to_linear(rgb: FloatArray) -> FloatArray:
    """Decode sRGB. `rgb`: any shape, float32, 0..1; returns linear light, 0..1."""
    curve = ((np.maximum(rgb, ENCODED_TOE) + 0.055) / 1.055) ** 2.4
    return np.where(rgb <= ENCODED_TOE, rgb / 12.92, curve).astype(np.float32)


def linear_to_srgb(linear: FloatArray) -> FloatArray:
    """Encode sRGB. `linear`: any shape, float32, 0..1 (more is clipped); returns 0..1."""
    light = np.clip(linear, 0.0, 1.0)
    curve = 1.055 * np.maximum(light, LINEAR_TOE) ** (1 / 2.4) - 0.055
    return np.where(light <= LINEAR_TOE, 12.92 * light, curve).astype(np.float32)


def rgb_to_lab(rgb: FloatArray) -> FloatArray:
    """Convert sRGB to Lab.

    `rgb`: (..., 3) float32, 0..1. Returns (..., 3) float32: L 0..100, a and b about -110..110.
    """
    xyz = srgb_to_linear(rgb) @ (RGB_TO_XYZ / WHITE[:, None]).T
    line = xyz / (3 * LAB_DELTA**2) + 4 / 29
    f = np.where(xyz > LAB_DELTA**3, np.cbrt(xyz), line)
    L = 116 * f[..., 1] - 16
    a = 500 * (f[..., 0] - f[..., 1])
    b = 200 * (f[..., 1] - f[..., 2])
    return np.asarray(np.stack([L, a, b], axis=-1), dtype=np.float32)


def lab_to_linear(lab: FloatArray) -> FloatArray:
    """Convert Lab to linear sRGB, not clipped: a colour out of gamut is below 0 or above 1.

    `lab`: (..., 3) float32. Returns (..., 3) float32.
    """
    fy = (lab[..., 0] + 16) / 116
    f = np.stack([fy + lab[..., 1] / 500, fy, fy - lab[..., 2] / 200], axis=-1)
    xyz = np.where(f > LAB_DELTA, f**3, 3 * LAB_DELTA**2 * (f - 4 / 29))
    return np.asarray((xyz * WHITE) @ XYZ_TO_RGB.T, dtype=np.float32)


def lab_to_rgb(lab: FloatArray) -> FloatArray:
    """Convert Lab to sRGB inside the gamut: where a colour does not fit, its chroma gives way, never L.

    `lab`: (..., 3) float32. Returns (..., 3) float32, 0..1.
    """
    return linear_to_srgb(fit_gamut(lab_to_linear(lab)))


def fit_gamut(linear: FloatArray) -> FloatArray:
    """Mix each colour with the grey of its own luminance Y until it fits into 0..1.

    Y is linear in linear light, so that the mixture has exactly the Y, hence the L, of the colour.
    `linear`: (..., 3) float32 linear sRGB. Returns the same shape, within 0..1 if Y is.
    """
    Y = np.clip(linear @ RGB_TO_XYZ[1], 0.0, 1.0)[..., None]
    offset = linear - Y
    over = offset.max(axis=-1, keepdims=True)
    under = -offset.min(axis=-1, keepdims=True)
    tiny = np.float32(1e-9)
    scale = np.minimum(1.0, np.minimum((1 - Y) / np.maximum(over, tiny), Y / np.maximum(under, tiny)))
    return np.asarray(Y + scale * offset, dtype=np.float32)


def colorfulness(rgb: NDArray[Any]) -> float:
    """Measure M(3) of Hasler & Süsstrunk 2003, "Measuring colourfulness in natural images", section 4.

    `rgb`: (H, W, 3), any type, sRGB of 0..255. 0 is grey, 109 extremely colourful.
    """
    red, green, blue = np.moveaxis(rgb.astype(np.float64), -1, 0)
    rg, yb = red - green, (red + green) / 2 - blue
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))
