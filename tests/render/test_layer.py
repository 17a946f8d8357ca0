"""The colour alone, laid over the grey photo."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from blending import blend_color
from colorify.render.compose import compose_rgb, luminance_of
from colorify.render.layer import compose_layer

Pixels = NDArray[Any]


def grey_and_colored(dtype: type) -> tuple[Pixels, Pixels]:
    """Return a grey photo, (64, 64, 3), and the same in colours of all hues, some of them none."""
    full = np.iinfo(dtype).max
    codes = np.rint(np.tile(np.linspace(0, full, 64), (64, 1))).astype(dtype)[:, :, None]
    angle = np.linspace(0, 2 * np.pi, 64, dtype=np.float32)[:, None] + np.zeros((1, 64), np.float32)
    chroma = np.linspace(0, 60, 64, dtype=np.float32)[:, None]
    colored = np.empty((64, 64, 3), dtype)
    ab = np.stack([chroma * np.cos(angle * 7), chroma * np.sin(angle * 7)]).astype(np.float32)
    compose_rgb(luminance_of(codes), ab, colored)
    return np.repeat(codes, 3, axis=2), colored


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_over_the_grey_photo_it_gives_the_coloured_one(dtype: type) -> None:
    grey, colored = grey_and_colored(dtype)
    full = float(np.iinfo(dtype).max)
    layer = compose_layer(colored) / full
    alpha = layer[:, :, 3:]
    normal = alpha * layer[:, :, :3] + (1 - alpha) * grey / full
    assert np.abs(normal * 255 - colored / full * 255).max() < 1.5  # the grey is rounded, too
    mixed = alpha * blend_color(grey / full, layer[:, :, :3]) + (1 - alpha) * grey / full
    whole = blend_color(grey / full, colored / full)  # what an opaque layer would give
    off = np.abs(mixed - whole).max(axis=2)
    assert np.quantile(off, 0.99) < 0.005


def test_what_has_no_colour_is_transparent() -> None:
    grey, _ = grey_and_colored(np.uint8)
    assert compose_layer(grey)[:, :, 3].max() == 0


def test_what_is_transparent_stays_so() -> None:
    _, colored = grey_and_colored(np.uint8)
    alpha = np.zeros((64, 64, 1), np.uint8)
    assert compose_layer(np.concatenate([colored, alpha], axis=2))[:, :, 3].max() == 0
