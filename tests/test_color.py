"""The numbers of Lab and sRGB: against published values and libvips, there and back, inside the gamut."""

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from colorify import color

RGB = hnp.arrays(np.float32, (8, 3), elements=st.floats(0, 1, width=32))
LAB = hnp.arrays(np.float32, (8, 3), elements=st.floats(-110, 110, width=32))


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((1, 1, 1), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((1, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 1, 0), (87.74, -86.18, 83.18)),
        ((0, 0, 1), (32.30, 79.19, -107.86)),
        ((0.5, 0.5, 0.5), (53.39, 0, 0)),
    ],
)
def test_published_values(rgb: tuple[float, ...], lab: tuple[float, ...]) -> None:
    np.testing.assert_allclose(color.rgb_to_lab(np.array(rgb, np.float32)), lab, atol=0.02)


@given(RGB)
@settings(deadline=None)
def test_there_and_back(rgb: NDArray[np.float32]) -> None:
    np.testing.assert_allclose(color.lab_to_rgb(color.rgb_to_lab(rgb)), rgb, atol=2e-4)


@given(RGB)
@settings(deadline=None)
def test_light_there_and_back(rgb: NDArray[np.float32]) -> None:
    np.testing.assert_allclose(color.linear_to_srgb(color.srgb_to_linear(rgb)), rgb, atol=1e-5)


def test_greys_are_neutral() -> None:
    grey = np.repeat(np.linspace(0, 1, 256, dtype=np.float32)[:, None], 3, axis=1)
    lab = color.rgb_to_lab(grey)
    assert np.abs(lab[:, 1:]).max() < 1e-3
    assert np.all(np.diff(lab[:, 0]) > 0)


def test_agrees_with_libvips() -> None:
    rgb = np.random.default_rng(0).integers(0, 65536, (1, 4096, 3)).astype(np.uint16)
    image = pyvips.Image.new_from_array(rgb).copy(interpretation="rgb16")
    ours = color.rgb_to_lab((rgb / 65535).astype(np.float32))
    theirs = image.colourspace("scrgb").colourspace("lab").numpy()
    np.testing.assert_allclose(ours, theirs, atol=0.06)


@given(LAB)
@settings(deadline=None)
def test_chroma_gives_way_and_light_does_not(lab: NDArray[np.float32]) -> None:
    lab[:, 0] = np.abs(lab[:, 0]).clip(0, 100)
    linear = color.lab_to_linear(lab)
    fitted = color.fit_gamut(linear)
    assert fitted.min() >= -1e-6
    assert fitted.max() <= 1 + 1e-6
    luma = color.RGB_TO_XYZ[1]
    np.testing.assert_allclose(fitted @ luma, (linear @ luma).clip(0, 1), atol=1e-5)


@given(RGB)
@settings(deadline=None)
def test_a_colour_inside_the_gamut_stays(rgb: NDArray[np.float32]) -> None:
    linear = color.srgb_to_linear(rgb)
    np.testing.assert_allclose(color.fit_gamut(linear), linear, atol=1e-5)


def test_colourfulness_is_that_of_the_paper() -> None:
    assert color.colorfulness(np.full((8, 8, 3), 77, np.uint8)) == 0
    # one flat colour: 0.3 times the distance of (rg, yb) from 0
    flat = np.full((8, 8, 3), (200, 100, 50), np.uint8)
    assert color.colorfulness(flat) == pytest.approx(0.3 * np.hypot(100, 100))
    halves = np.zeros((2, 2, 3), np.uint8)
    halves[0, :, 0] = 255  # rg: 255 and 0, yb: 127.5 and 0
    assert color.colorfulness(halves) == pytest.approx(1.3 * np.hypot(127.5, 63.75))
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    assert color.colorfulness(noise) > 100
