"""How other programs lay a layer over a picture: the formulas of the W3C."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float64]


def blend_color(base: Plane, top: Plane) -> Plane:
    """Blend mode Color of the W3C (Compositing and Blending Level 1, 13.1.3): hue and saturation of `top`."""
    weights = np.array([0.3, 0.59, 0.11])
    light = (base @ weights)[:, :, None]
    moved = top + light - (top @ weights)[:, :, None]
    low, high = moved.min(axis=2, keepdims=True), moved.max(axis=2, keepdims=True)
    below = np.where(low < 0, light / np.maximum(light - low, 1e-9), 1)
    above = np.where(high > 1, (1 - light) / np.maximum(high - light, 1e-9), 1)
    return light + (moved - light) * np.minimum(below, above)


def lay_over(below: NDArray[Any], above: NDArray[Any], *, mode: str = "normal") -> Plane:
    """Lay a layer, (h, w, 4), over an opaque picture of the same depth (9.1.4 there); 0..1."""
    full = float(np.iinfo(above.dtype).max)
    base, top, alpha = below[:, :, :3] / full, above[:, :, :3] / full, above[:, :, 3:] / full
    return alpha * (blend_color(base, top) if mode == "color" else top) + (1 - alpha) * base
