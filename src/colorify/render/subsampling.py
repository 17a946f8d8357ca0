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
    move_to_grey,
)
from colorify.render.upsample import repeat_edges

BLOCK_PX: Final = 2  # px of a block


@dataclass(frozen=True)
class Blocks:
    """How bright the blocks of a strip are, (ceil(h / 2), ceil(w / 2))."""

    mean: Luminance
    most: FloatArray  # Y of the brightest pixel


def subsample(Y: FloatArray) -> Blocks:
    """Measure the blocks of a strip. `Y`: (h, w), luminance in linear light, 0..1."""
    height, width = Y.shape
    Y = repeat_edges(Y, height + height % BLOCK_PX, width + width % BLOCK_PX)
    upper, lower = Y[::BLOCK_PX], Y[1::BLOCK_PX]
    total, most = upper + lower, np.maximum(upper, lower)
    mean = total[:, ::BLOCK_PX] + total[:, 1::BLOCK_PX]
    mean *= np.float32(1 / BLOCK_PX**2)
    return Blocks(
        luminance_from_lightness(lightness_from_luminance(mean)),
        np.maximum(most[:, ::BLOCK_PX], most[:, 1::BLOCK_PX]),
    )


def compose_subsampled(
    Y: FloatArray, blocks: Blocks, ab: FloatArray, out: Pixels, space: RgbSpace | None = None
) -> None:
    """Write the colours of a strip into `out`, as `compose.paint` does.

    `blocks`: of `Y`, and `ab`, (2, ceil(h / 2), ceil(w / 2)), of them; it is used as scratch space.
    """
    space = space or srgb()
    width = Y.shape[1]
    shares = linear_rgb(blocks.mean, ab, space)
    shares /= np.maximum(blocks.mean.Y, MIN_LIGHT)  # grey has 1, 1, 1
    # so far that not even the brightest pixel of the block leaves the gamut
    move_to_grey(shares, 1, np.reciprocal(np.maximum(blocks.most, MIN_LIGHT)))
    np.maximum(shares, 0, out=shares)  # where rounding led out again
    wide = np.empty((*shares.shape, BLOCK_PX), np.float32)
    for column in range(BLOCK_PX):
        wide[..., column] = shares
    across = wide.reshape(3, len(blocks.most), -1)[:, :, :width]
    plane = np.empty_like(Y)  # one for all three: it stays in the cache
    for channel, codes in enumerate(space.encoders(bits_per_sample(out.dtype))):
        for row in range(BLOCK_PX):
            part = Y[row::BLOCK_PX]
            np.multiply(across[channel, : len(part)], part, out=plane[row::BLOCK_PX])
        encode_plane(plane, codes, out[:, :, channel])
