"""The colour alone, as a transparent layer: laid over the grey photo, it gives the coloured one.

A pixel is `alpha * layer + (1 - alpha) * grey`. With the smallest alpha for which the layer's colour is still
one, a pixel without colour is wholly transparent, and the result is exact in blend mode *Normal*. In *Color*,
which moves the layer's colours to the brightness of what is below them, it is what the coloured photo itself
would give there; for that, alpha has some room. The photo below may then be made brighter or darker.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.images.rgb_space import srgb
from colorify.render.compose import bits_per_sample, encode_plane, linear_luminance

Pixels = NDArray[Any]  # uint8 or uint16, sRGB

ROOM: Final = 2.0  # times the smallest alpha; with 1.5, 1 % of strong colours are cut off in *Color*


def compose_layer(colored: Pixels) -> Pixels:
    """Return the colour of a coloured strip as a layer: (h, w, 4), of the depth of the strip.

    `colored`: (h, w, 3), or (h, w, 4) with alpha; uint8 or uint16, sRGB.
    """
    full = np.float32(np.iinfo(colored.dtype).max)
    rgb = colored[:, :, :3].astype(np.float32)
    grey = _grey_of(colored[:, :, :3])[:, :, None].astype(np.float32)
    chroma = rgb - grey
    room = np.where(chroma > 0, full - grey, grey)
    least = (np.abs(chroma) / np.maximum(room, 1)).max(axis=2, keepdims=True)
    alpha = np.ceil(np.minimum(ROOM * least, 1) * full)  # in whole steps, before the colour is made for it
    color = grey + chroma * (full / np.maximum(alpha, 1))
    layer = np.empty((*colored.shape[:2], 4), colored.dtype)
    layer[:, :, :3] = np.rint(color).clip(0, full)
    shown = colored[:, :, 3:].astype(np.float32) / full if colored.shape[2] == 4 else np.float32(1)
    layer[:, :, 3:] = np.rint(alpha * shown)
    return layer


def _grey_of(rgb: Pixels) -> Pixels:
    """Return the grey, (h, w), that is as bright as each pixel."""
    grey = np.empty(rgb.shape[:2], rgb.dtype)
    encode_plane(linear_luminance(rgb), srgb().encoders(bits_per_sample(rgb.dtype))[0], grey)
    return grey
