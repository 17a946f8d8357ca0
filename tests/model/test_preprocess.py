"""The generator is shown an old print as if it were fresh, and a fresh one as it is."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from colorify.images.photo import open_photo
from colorify.model import generator as generator_module
from colorify.model import preprocess
from colorify.model.generator import Generator
from colorify.model.preprocess import (
    FADED_BLACK_L,
    FADED_WHITE_L,
    MAX_DETAIL_L,
    MAX_GAIN,
    normalize_luminance,
    reduce_grain,
    reduce_to_luminance,
    stretch_levels,
)
from colorify.pixels import pixels_to_lab

FloatArray = NDArray[np.float32]

SAMPLE = Path(__file__).parents[2] / "samples" / "camera.jpg"


def greys(black: float, white: float, shape: tuple[int, int] = (40, 60)) -> FloatArray:
    """Every grey from `black` to `white`, all over the picture."""
    ramp = np.linspace(black, white, shape[0] * shape[1], dtype=np.float32)
    return np.random.default_rng(0).permutation(ramp).reshape(shape)


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_grey_is_grey_however_many_channels_hold_it(depth: type[np.unsignedinteger[Any]]) -> None:
    grey = np.random.default_rng(2).integers(0, np.iinfo(depth).max, (40, 50, 1)).astype(depth)
    one, three = (reduce_to_luminance(open_photo(np.repeat(grey, n, axis=2)), 40) for n in (1, 3))
    np.testing.assert_array_equal(one.L, three.L)
    assert not one.was_colored
    assert not three.was_colored


def test_what_is_nearly_grey_has_the_l_of_its_colors() -> None:
    pixels = np.full((40, 50, 3), 128, np.uint8)
    tinted = pixels.copy()
    tinted[:, :, 0] += 1
    plain, warm = (reduce_to_luminance(open_photo(each), 40).L for each in (pixels, tinted))
    np.testing.assert_allclose(plain, 53.585, atol=1e-3)
    np.testing.assert_allclose(warm, pixels_to_lab(tinted)[:, :, 0], atol=1e-3)


def test_a_sepia_print_is_looked_at_for_its_colour_at_every_other_pixel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its L is that of the tables: Lab of each pixel would take six times as long as all else of this."""
    looked: list[tuple[int, ...]] = []

    def look(pixels: NDArray[Any]) -> FloatArray:
        looked.append(pixels.shape)
        return pixels_to_lab(pixels)

    monkeypatch.setattr(preprocess, "pixels_to_lab", look)
    grey = np.random.default_rng(3).integers(20, 230, (41, 50, 1))
    sepia = np.concatenate([grey + 20, grey, grey - 20], axis=2).astype(np.uint8)
    seen = reduce_to_luminance(open_photo(sepia), 41)
    assert looked == [(21, 25, 3)]
    assert seen.was_colored
    np.testing.assert_allclose(seen.L, pixels_to_lab(sepia)[:, :, 0], atol=0.003)


@pytest.mark.parametrize(("black", "white"), [(0, 100), (FADED_BLACK_L - 2, FADED_WHITE_L + 2)])
def test_a_fresh_print_stays_as_it_is(black: float, white: float) -> None:
    L = greys(black, white)
    assert stretch_levels(L) is L


@pytest.mark.parametrize(("black", "white"), [(0, 35), (50, 100), (35, 65)], ids=["dark", "pale", "flat"])
def test_a_faded_print_gets_its_blacks_and_whites_back(black: float, white: float) -> None:
    seen = stretch_levels(greys(black, white))
    assert np.percentile(seen, 1) <= FADED_BLACK_L + 1
    assert np.percentile(seen, 99) >= FADED_WHITE_L - 1


def test_a_frame_is_no_part_of_the_print() -> None:
    framed = np.full((60, 80), 98, np.float32)
    framed[5:-5, 7:-7] = greys(30, 50, (50, 66))
    seen = stretch_levels(framed)[6:-6, 8:-8]
    assert seen.min() < FADED_BLACK_L + 2
    assert seen.max() > FADED_WHITE_L - 2


def test_a_few_specks_of_dust_are_no_whites() -> None:
    L = greys(30, 50)
    L[::20, ::20] = 100
    assert np.median(stretch_levels(L)) > 43


@given(
    black=st.floats(0, 100),
    span=st.floats(0, 100),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
)
def test_greys_keep_their_order_and_are_spread_a_few_times_at_most(
    black: float, span: float, height: int, width: int
) -> None:
    L = np.clip(greys(black, black + span, (height, width)), 0, 100)
    seen = stretch_levels(L)
    assert seen.shape == L.shape
    assert seen.dtype == np.float32
    assert seen.min() >= 0
    assert seen.max() <= 100
    order = np.argsort(L, axis=None)
    steps, before = np.diff(seen.ravel()[order]), np.diff(L.ravel()[order])
    assert (steps >= 0).all()
    assert (steps <= MAX_GAIN * before + 1e-3).all()


def finest(L: FloatArray) -> float:
    """Mean difference of a pixel from the one beside it."""
    return float(np.abs(np.diff(L, axis=1)).mean())


def test_a_smooth_picture_stays_as_it_is() -> None:
    L = np.tile(np.linspace(0, 100, 60, dtype=np.float32), (40, 1))
    assert normalize_luminance(L) is L


@pytest.mark.parametrize("grain", [10, 20, 40])
def test_grain_and_sharpening_are_softened_to_what_photos_have(grain: float) -> None:
    noisy = 50 + np.random.default_rng(1).normal(0, grain, (60, 80)).astype(np.float32)
    soft = reduce_grain(noisy)
    assert soft.dtype == np.float32
    assert finest(soft) < finest(noisy)
    assert soft.mean() == pytest.approx(noisy.mean(), abs=0.5)
    assert finest(soft) < 4 * MAX_DETAIL_L


def test_forms_stay_where_they_are_when_softened() -> None:
    L = np.where(np.arange(80) < 40, 20, 80) * np.ones((60, 1))
    noisy = (L + np.random.default_rng(1).normal(0, 15, L.shape)).astype(np.float32)
    soft = reduce_grain(noisy)
    assert soft[:, 36:40].mean() < 35
    assert soft[:, 40:44].mean() > 65
    np.testing.assert_allclose(reduce_grain(noisy.T), soft.T, atol=1e-3)


@pytest.mark.parametrize(("contrast", "black"), [(0.35, 0), (0.5, 50)], ids=["dark", "pale"])
def test_a_faded_print_is_coloured_like_a_fresh_one(
    contrast: float, black: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator, L = Generator(), reduce_to_luminance(open_photo(SAMPLE), 192).L
    faded = L * np.float32(contrast) + np.float32(black)
    fresh, with_levels = generator(L).ab, generator(faded).ab
    monkeypatch.setattr(generator_module, "normalize_luminance", lambda L: L)
    without = generator(faded).ab
    assert np.abs(with_levels - fresh).mean() < 0.5 * np.abs(without - fresh).mean()


@pytest.mark.parametrize("size", [(1, 1), (3, 30), (15, 15), (25, 60)])
def test_detail_is_measured_without_the_margins_alone(size: tuple[int, int]) -> None:
    L = np.random.default_rng(0).uniform(0, 100, size).astype(np.float32)
    whole = preprocess._crop_margins(L - preprocess._blur(L))
    np.testing.assert_allclose(preprocess._detail_within_margins(L), whole, atol=1e-4)


def test_the_blur_is_that_of_its_kernel() -> None:
    spark = np.zeros((7, 9), np.float32)
    spark[3, 4] = 1
    kernel = preprocess.BLUR_KERNEL
    np.testing.assert_allclose(preprocess._blur(spark)[1:6, 2:7], np.outer(kernel, kernel), atol=1e-7)


@pytest.mark.parametrize("size", [(1, 1), (5, 40), (32, 64), (33, 31)])
def test_l_is_mirrored_as_numpy_does_it(size: tuple[int, int]) -> None:
    L = np.random.default_rng(0).uniform(0, 100, size).astype(np.float32)
    expected = np.pad(L, [(0, -side % 32) for side in size], mode="symmetric")
    np.testing.assert_array_equal(generator_module._pad_symmetrically(L, 32), expected)
