"""Luminance is sacred: whatever ab, the result has the L of the photo, and ab where it fits."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from colorify.color import RGB_TO_XYZ, lab_to_linear, lab_to_rgb, rgb_to_lab, srgb_to_linear
from colorify.images.rgb_space import read_space, standard_profile
from colorify.render.compose import Luminance, compose_rgb, linear_luminance, luminance_of

DTYPES = {8: np.uint8, 16: np.uint16}
# Rounding each channel moves the light by less than half a step of grey; the rest is what the tables add.
STEP = {8: 0.51 / 255, 16: 0.75 / 65535}  # of the code of the grey of the same light, 0..1
TOLERANCE_16 = 100 / 4096  # of L


def colored(pixels: NDArray[Any], a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """Paint a strip of grey or RGB with ab; nothing given is changed."""
    light = luminance_of(pixels)
    out = np.empty((*pixels.shape[:2], 3), pixels.dtype)
    compose_rgb(light, np.stack([a, b]).astype(np.float32), out)
    return out


def exact_light(pixels: NDArray[Any]) -> NDArray[np.float64]:
    """Y, in double precision, by the definition."""
    codes = pixels.astype(np.float64) / np.iinfo(pixels.dtype).max
    linear = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    return linear[..., 0] if pixels.shape[-1] == 1 else linear @ RGB_TO_XYZ[1]


def grey_code(Y: NDArray[np.float64]) -> NDArray[np.float64]:
    """The code, 0..1, of the grey of this light: what 'half a step' is a half of."""
    return np.where(Y <= 0.0031308, 12.92 * Y, 1.055 * np.maximum(Y, 1e-9) ** (1 / 2.4) - 0.055)


def lightness(Y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(Y > 216 / 24389, 116 * np.cbrt(Y) - 16, 24389 / 27 * Y)


def assert_light_is_kept(pixels: NDArray[Any], result: NDArray[Any]) -> None:
    before, after = exact_light(pixels), exact_light(result)
    depth = 8 * pixels.dtype.itemsize
    steps = np.abs(grey_code(after) - grey_code(before))
    assert np.mean(steps <= STEP[depth]) >= 0.999
    if depth == 16:
        assert np.mean(np.abs(lightness(after) - lightness(before)) <= TOLERANCE_16) >= 0.999


@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("depth", [8, 16])
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_luminance_is_kept_over_the_whole_lab_gamut(depth: int, bands: int, data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 2**32 - 1))
    reach = data.draw(st.sampled_from([5.0, 40.0, 110.0, 250.0]))
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 2**depth, (64, 64, bands)).astype(DTYPES[depth])
    a, b = random.uniform(-reach, reach, (2, 64, 64))
    assert_light_is_kept(pixels, colored(pixels, a, b))


@pytest.mark.parametrize("depth", [8, 16])
def test_without_chroma_every_grey_comes_back_exactly(depth: int) -> None:
    codes = np.arange(2**depth, dtype=DTYPES[depth]).reshape(16, -1, 1)
    none = np.zeros(codes.shape[:2])
    np.testing.assert_array_equal(colored(codes, none, none), np.repeat(codes, 3, axis=2))


@pytest.mark.parametrize("depth", [8, 16])
@given(
    lab=hnp.arrays(
        np.float32,
        (4, 3),
        elements=st.floats(-110, 110, width=32),
    )
)
@settings(max_examples=100, deadline=None)
def test_agrees_with_the_plain_definition(depth: int, lab: NDArray[np.float32]) -> None:
    full = 2**depth - 1
    grey = np.rint(np.abs(lab[:, :1]) / 110 * full).astype(DTYPES[depth]).reshape(1, 4, 1)
    L = luminance_of(grey).L
    expected = lab_to_rgb(np.stack([L, lab[None, :, 1], lab[None, :, 2]], axis=-1)) * full
    found = colored(grey, lab[None, :, 1], lab[None, :, 2])
    # half a step of rounding, and what float32 loses in the matrix where chroma is beyond all gamut
    assert np.abs(found - expected).max() <= (0.6 if depth == 8 else 12)


def test_a_large_strip_is_painted_as_its_rows_are() -> None:
    random = np.random.default_rng(2)
    grey = random.integers(0, 256, (70, 500, 1)).astype(np.uint8)
    a, b = random.uniform(-60, 60, (2, 70, 500))
    rows = [colored(grey[row : row + 1], a[row : row + 1], b[row : row + 1]) for row in range(70)]
    difference = colored(grey, a, b).astype(int) - np.concatenate(rows)
    assert np.abs(difference).max() <= 1  # where a float falls on the other side of a half


def test_a_colour_inside_the_gamut_keeps_its_ab() -> None:
    random = np.random.default_rng(1)
    rgb = random.integers(0, 2**16, (50, 50, 3)).astype(np.uint16)
    lab = rgb_to_lab((rgb / 65535).astype(np.float32))
    found = colored(rgb, lab[..., 1], lab[..., 2])
    assert np.abs(found.astype(int) - rgb).max() <= 40  # of 65535


def test_chroma_gives_way_without_a_change_of_hue() -> None:
    """In linear light the result lies on the line from grey to the wanted colour."""
    grey = np.full((1, 90, 1), 60000, np.uint16)
    a = np.linspace(0, 120, 90)[None, :]
    result = srgb_to_linear((colored(grey, a, np.zeros_like(a)) / 65535).astype(np.float32))[0]
    offset = result - exact_light(grey)[0][:, None]
    assert result.max() <= 1
    assert result[-1].max() > 0.999  # on the border of the gamut, not inside it
    assert np.all(np.diff(offset[:, 0]) > -1e-3)  # more red is wanted, never is less given
    direction = offset[-1] / np.linalg.norm(offset[-1])
    assert direction[0] > 0 > direction[1]
    assert direction[2] > 0


def along(start: NDArray[Any], end: NDArray[Any], steps: int) -> NDArray[np.float64]:
    """Lab of the results, 16 bits, along a straight line in Lab: (steps + 1, 3)."""
    wanted = start + (end - start) * np.linspace(0, 1, steps + 1)[:, None]
    L, a, b = (wanted[None, :, at].astype(np.float32) for at in range(3))
    Y = np.where(L > 8, ((L + 16) / 116) ** 3, L / 903.2963).astype(np.float32)
    out = np.empty((1, steps + 1, 3), np.uint16)
    compose_rgb(Luminance(Y=Y, L=L), np.stack([a, b]), out)
    return rgb_to_lab((out / 65535).astype(np.float32))[0].astype(np.float64)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_colour_gives_way_without_an_edge(seed: int) -> None:
    """Walk straight through all of Lab, in and out of the gamut: no step of colour is seen, nor a break.

    The steepest place is by white, where the gamut ends in a point. A step of 0.1 gave 1.2 there at most, in
    400 walks; a just noticeable difference is 2.3. Four times finer steps are finer in the result too.
    """
    start, end = np.random.default_rng(seed).uniform([0, -110, -110], [100, 110, 110], (2, 3))
    coarse, fine = (
        np.linalg.norm(np.diff(along(start, end, steps), axis=0), axis=1).max() for steps in (3000, 12000)
    )
    assert coarse < 2.3
    assert fine < 0.5 * coarse + 0.15  # what 16 bits round in the dark


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_no_hue_jumps_over_the_whole_lab_gamut(seed: int) -> None:
    """In linear light every result lies on the line from grey to the wanted colour, on its side of grey."""
    random = np.random.default_rng(seed)
    grey = random.integers(2000, 64000, (30, 30, 1)).astype(np.uint16)
    a, b = random.uniform(-110, 110, (2, 30, 30))
    light = exact_light(grey)
    L = lightness(light)
    wanted = lab_to_linear(np.stack([L, a, b], axis=-1).astype(np.float32)) - light[..., None]
    result = srgb_to_linear((colored(grey, a, b) / 65535).astype(np.float32)) - light[..., None]
    lengths = np.linalg.norm(wanted, axis=-1) * np.linalg.norm(result, axis=-1)
    cosine = (wanted * result).sum(axis=-1) / np.maximum(lengths, 1e-12)
    plain = np.linalg.norm(result, axis=-1) > 2e-3  # below that 16 bits round the direction
    assert cosine[plain].min() > 0.9995  # 1.8 degrees


def test_black_and_white_have_no_colour() -> None:
    pixels = np.array([[[0], [255]]], np.uint8)
    strong = np.full((1, 2), 80.0)
    np.testing.assert_array_equal(colored(pixels, strong, strong), [[[0] * 3, [255] * 3]])


def test_light_of_colour_is_that_of_its_grey() -> None:
    rgb = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [200, 200, 200]]], np.uint8)
    light = luminance_of(rgb)
    np.testing.assert_allclose(light.L[0], [53.24, 87.74, 32.30, 80.60], atol=0.01)  # published for sRGB
    np.testing.assert_allclose(light.Y, exact_light(rgb), atol=1e-6)
    np.testing.assert_allclose(light.L[0, 3], luminance_of(rgb[:, 3:, :1]).L[0, 0], atol=1e-3)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_light_of_grey_that_comes_as_rgb_is_to_the_bit_that_of_its_neighbours_in_colour(dtype: Any) -> None:
    grey = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (8, 9, 1)).astype(dtype)
    neutral = np.repeat(grey, 3, axis=2)
    beside = np.concatenate(
        [neutral, neutral + np.array([0, 0, 1], dtype)]
    )  # so it is looked up band by band
    for space in (None, read_space(standard_profile("p3")), read_space(standard_profile("adobe"))):
        alone, among = luminance_of(neutral, space), luminance_of(beside, space)
        np.testing.assert_array_equal(alone.Y, among.Y[:8])
        np.testing.assert_array_equal(alone.L, among.L[:8])
        np.testing.assert_array_equal(linear_luminance(neutral, space), alone.Y)
