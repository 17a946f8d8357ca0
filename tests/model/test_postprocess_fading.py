"""What nobody knows is painted softly; all else keeps its colour, and every colour its hue."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from colorify.model.bilateral_grid import BilateralGrid
from colorify.model.postprocess import (
    FULL_CHROMA_CONFIDENCE,
    MIN_CHROMA_CONFIDENCE,
    MIN_CHROMA_SHARE,
    WHITE_CONFIDENCE_MARGIN,
    WHITE_FROM_L,
    WHITE_FULL_L,
    fade_uncertain,
)

FloatArray = NDArray[np.float32]


def plane(value: float, shape: tuple[int, int] = (28, 28)) -> FloatArray:
    return np.full(shape, value, np.float32)


def test_what_is_known_stays() -> None:
    ab = np.random.default_rng(0).uniform(-90, 90, (28, 28, 2)).astype(np.float32)
    np.testing.assert_allclose(
        fade_uncertain(ab, plane(FULL_CHROMA_CONFIDENCE + 0.01), plane(50), BilateralGrid(plane(50))),
        ab,
        rtol=1e-6,
    )


def test_what_is_unknown_is_nearly_grey() -> None:
    ab = np.full((28, 28, 2), 40, np.float32)
    made = fade_uncertain(ab, plane(MIN_CHROMA_CONFIDENCE - 0.01), plane(50), BilateralGrid(plane(50)))
    np.testing.assert_allclose(made, 40 * MIN_CHROMA_SHARE, rtol=1e-5)


def test_a_thing_that_is_known_in_places_fades_evenly() -> None:
    spotted = np.where(np.arange(28) % 4 < 2, 0.4, 0.05) * np.ones((28, 1))
    ab = np.full((28, 28, 2), 40, np.float32)
    made = fade_uncertain(ab, spotted.astype(np.float32), plane(50), BilateralGrid(plane(50)))
    inner = made[6:-6, 6:-6, 0]
    assert np.ptp(inner) < 4
    assert inner.min() > 36  # the surer cells convince


def test_a_backdrop_fades_beside_a_person_who_does_not() -> None:
    person = np.arange(28) < 14
    L = (np.where(person, 70, 30) * np.ones((28, 1))).astype(np.float32)
    confidence = (np.where(person, 0.5, 0.08) * np.ones((28, 1))).astype(np.float32)
    made = fade_uncertain(np.full((28, 28, 2), 40, np.float32), confidence, L, BilateralGrid(L))
    np.testing.assert_allclose(made[:, person], 40, rtol=1e-5)
    np.testing.assert_allclose(made[:, ~person], 40 * MIN_CHROMA_SHARE, rtol=1e-5)


@pytest.mark.parametrize("hue", [(-20, -20), (0, -30), (-25, 15)], ids=["cyan", "blue", "green"])
def test_a_doubtful_light_on_white_cloth_fades(hue: tuple[int, int]) -> None:
    ab = np.tile(np.array(hue, np.float32), (28, 28, 1))
    bright, dark = (
        fade_uncertain(ab, plane(FULL_CHROMA_CONFIDENCE), plane(L), BilateralGrid(plane(L)))
        for L in (WHITE_FULL_L, WHITE_FROM_L)
    )
    assert np.abs(bright).max() < 0.5 * np.abs(ab).max()
    np.testing.assert_allclose(dark, ab, rtol=1e-5)


def test_skin_in_the_light_and_a_sky_keep_their_colour() -> None:
    skin, sky = (np.tile(np.array(ab, np.float32), (28, 28, 1)) for ab in ((14, 20), (-4, -20)))
    np.testing.assert_allclose(
        fade_uncertain(skin, plane(FULL_CHROMA_CONFIDENCE), plane(80), BilateralGrid(plane(80))),
        skin,
        rtol=1e-3,
    )
    sure = plane(FULL_CHROMA_CONFIDENCE + WHITE_CONFIDENCE_MARGIN)
    np.testing.assert_allclose(fade_uncertain(sky, sure, plane(85), BilateralGrid(plane(85))), sky, rtol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (3, 200)])
def test_any_shape(shape: tuple[int, int]) -> None:
    made = fade_uncertain(
        np.ones((*shape, 2), np.float32), plane(0, shape), plane(100, shape), BilateralGrid(plane(100, shape))
    )
    np.testing.assert_allclose(made, MIN_CHROMA_SHARE, rtol=1e-5)


@given(st.integers(0, 2**32 - 1))
def test_the_hue_stays_and_chroma_never_grows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(0, 1, (9, 14)).astype(np.float32)
    L = rng.uniform(0, 100, (9, 14)).astype(np.float32)
    ab = np.tile(np.array([24, -32], np.float32), (9, 14, 1))
    made = fade_uncertain(ab, confidence, L, BilateralGrid(L))
    chroma = np.hypot(made[:, :, 0], made[:, :, 1])
    assert 40 * MIN_CHROMA_SHARE * 0.999 <= chroma.min() <= chroma.max() <= 40.001
    np.testing.assert_allclose(made / chroma[:, :, None], ab / 40, atol=1e-5)
