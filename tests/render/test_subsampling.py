"""Four pixels may share a colour; none of them loses its light."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from test_compose import DTYPES, assert_light_is_kept

from colorify import Colorizer
from colorify.color import rgb_to_lab
from colorify.render import strips
from colorify.render.compose import compose_rgb, linear_luminance, luminance_of
from colorify.render.subsampling import compose_subsampled, subsample

SAMPLE = Path(__file__).parents[2] / "samples" / "astronaut.jpg"


def colored(pixels: NDArray[Any], a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """Paint a strip of grey or RGB with the ab of its blocks."""
    Y = linear_luminance(pixels)
    out = np.empty((*pixels.shape[:2], 3), pixels.dtype)
    compose_subsampled(subsample(Y), np.stack([a, b]).astype(np.float32), out)
    return out


@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("depth", [8, 16])
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_luminance_is_kept_whatever_neighbours_a_pixel_has(
    depth: int, bands: int, data: st.DataObject
) -> None:
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    reach = data.draw(st.sampled_from([5.0, 40.0, 110.0, 250.0]))
    pixels = random.integers(0, 2**depth, (63, 65, bands)).astype(DTYPES[depth])
    a, b = random.uniform(-reach, reach, (2, 32, 33))
    assert_light_is_kept(pixels, colored(pixels, a, b))


@pytest.mark.parametrize("depth", [8, 16])
def test_without_chroma_every_grey_comes_back_exactly(depth: int) -> None:
    codes = np.arange(2**depth, dtype=DTYPES[depth]).reshape(16, -1, 1)
    none = np.zeros((8, codes.shape[1] // 2))
    np.testing.assert_array_equal(colored(codes, none, none), np.repeat(codes, 3, axis=2))


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (6, 1), (5, 4)])
def test_even_greys_get_the_colour_that_they_get_one_by_one(size: tuple[int, int]) -> None:
    grey = np.full((*size, 1), 150, np.uint8)
    a, b = np.full((2, *(-(-side // 2) for side in size)), 30.0)
    alone = np.empty((1, 1, 3), np.uint8)
    compose_rgb(luminance_of(grey[:1, :1]), np.full((2, 1, 1), 30, np.float32), alone)
    np.testing.assert_array_equal(colored(grey, a, b), np.broadcast_to(alone, (*size, 3)))


def test_a_spark_takes_no_colour_from_what_is_dark_beside_it() -> None:
    grey = np.array([[20, 20, 255, 255], [20, 255, 255, 255]], np.uint8)[:, :, None]
    lab = rgb_to_lab(colored(grey, np.full((1, 2), 60.0), np.full((1, 2), 40.0)).astype(np.float32) / 255)
    assert np.abs(lab[1, 1, 1:]).max() < 0.1  # white has no colour
    assert lab[0, 2, 1] == pytest.approx(0, abs=0.1)


def test_a_large_photo_is_coloured_as_finely_as_anyone_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    small = pyvips.Image.new_from_file(str(SAMPLE)).colourspace("b-w").numpy()
    large = small.repeat(4, axis=0).repeat(4, axis=1)[:, :, None]
    colorizer = Colorizer()
    blocks = colorizer.colorize(large)
    monkeypatch.setattr(strips, "COARSE_CELL_PX", np.inf)
    pixels = colorizer.colorize(large)
    assert (blocks != pixels).any()  # they were blocks
    apart = np.abs(rgb_to_lab(blocks / np.float32(255)) - rgb_to_lab(pixels / np.float32(255)))
    assert apart.mean() < 0.3
    assert np.percentile(apart, 99.9) < 4
