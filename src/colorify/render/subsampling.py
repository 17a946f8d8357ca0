"""Large photos: four pixels share a colour, as a cell of the generator is many pixels wide there.

What the four have in common is how red, green and blue relate to their light. Each keeps a light of its own,
so L is as exact as ever; what costs most, from L and ab to RGB within the gamut, is done once for the four.
It is half of the scale of colour in each direction, as with JPEG's 4:2:0.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from colorify.images.rgb_space import RgbSpace, srgb
from colorify.render.compose import (
    MIN_LIGHT,
    FloatArray,
    Luminance,
    Pixels,
    bits_per_sample,
    encode_plane,
    lightness_from_luminance,
    linear_rgb,
    luminance_from_lightness,
    move_into_gamut,
)
from colorify.render.upsample import repeat_edges

BLOCK_PX: Final = 2  # px of a block
_PLACES: Final = tuple(  # of its pixels
    np.s_[row::BLOCK_PX, column::BLOCK_PX] for row in range(BLOCK_PX) for column in range(BLOCK_PX)
)


@dataclass(frozen=True)
class Blocks:
    """How bright the blocks of a strip are, (ceil(h / 2), ceil(w / 2))."""

    mean: Luminance
    most: FloatArray  # Y of the brightest pixel
    pixels: FloatArray  # (4, ...), Y of each pixel by that of the brightest, 0..1: left to right, then down


def subsample(Y: FloatArray) -> Blocks:
    """Measure the blocks of a strip. `Y`: (h, w), luminance in linear light, 0..1."""
    height, width = Y.shape
    Y = repeat_edges(Y, height + height % BLOCK_PX, width + width % BLOCK_PX)
    # each is a plane of its own: numpy takes twice as long over every second number
    pixels = np.stack([Y[place] for place in _PLACES])
    mean = (pixels[0] + pixels[2]) + (pixels[1] + pixels[3])
    mean *= np.float32(1 / BLOCK_PX**2)
    most = pixels.max(axis=0)
    pixels /= np.maximum(most, MIN_LIGHT)
    return Blocks(luminance_from_lightness(lightness_from_luminance(mean)), most, pixels)


def compose_subsampled(blocks: Blocks, ab: FloatArray, out: Pixels, space: RgbSpace | None = None) -> None:
    """Write the colours of a strip into `out`, as `compose.compose_rgb` does.

    `ab`: (2, ceil(h / 2), ceil(w / 2)), of the `blocks`; it is used as scratch space.
    """
    space = space or srgb()
    brightest = linear_rgb(blocks.mean, ab, space)
    brightest *= blocks.most / np.maximum(blocks.mean.Y, MIN_LIGHT)
    move_into_gamut(blocks.most, brightest)  # where that pixel is, the others are
    light = np.empty_like(blocks.most)  # one for all: it stays in the cache
    for channel, codes in enumerate(space.encoders(bits_per_sample(out.dtype))):
        for place, share in zip(_PLACES, blocks.pixels, strict=True):
            there = out[place][:, :, channel]
            np.multiply(brightest[channel], share, out=light)
            encode_plane(light[: there.shape[0], : there.shape[1]], codes, there)
