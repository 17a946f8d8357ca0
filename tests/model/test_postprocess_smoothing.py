"""Colours that contradict each other where the generator is unsure become one; all others stay."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from colorify.model.bilateral_grid import BilateralGrid
from colorify.model.postprocess import KEEP_CONFIDENCE, MEAN_CONFIDENCE, smooth_uncertain

FloatArray = NDArray[np.float32]
RED, BLUE = (40.0, 20.0), (-5.0, -40.0)


def blotches(side: int = 28) -> FloatArray:
    """Red and blue by turns, in squares of two cells."""
    squares = np.add.outer(np.arange(side) // 2, np.arange(side) // 2) % 2
    return np.where(squares[:, :, None] == 0, RED, BLUE).astype(np.float32)


def plane(side: int, value: float) -> FloatArray:
    return np.full((side, side), value, np.float32)


def test_what_the_generator_is_sure_of_stays_to_the_last_bit() -> None:
    ab = blotches()
    assert np.array_equal(smooth_uncertain(ab, plane(28, KEEP_CONFIDENCE), BilateralGrid(plane(28, 50))), ab)


def test_unsure_blotches_become_one_colour_between_them() -> None:
    made = smooth_uncertain(blotches(), plane(28, MEAN_CONFIDENCE), BilateralGrid(plane(28, 50)))
    middle = made[8:-8, 8:-8]
    assert np.ptp(middle, axis=(0, 1)).max() < 4
    between = (np.array(RED) + np.array(BLUE)) / 2
    assert np.abs(middle - between).max() < 4


def test_one_even_colour_stays_however_unsure() -> None:
    ab = np.tile(np.array(RED, np.float32), (20, 30, 1))
    L = np.random.default_rng(1).uniform(0, 100, (20, 30)).astype(np.float32)
    made = smooth_uncertain(ab, np.zeros((20, 30), np.float32), BilateralGrid(L))
    np.testing.assert_allclose(made, ab, atol=1e-4)


def test_shades_of_one_colour_stay_however_unsure() -> None:
    shade = np.random.default_rng(2).uniform(0.3, 1.5, (20, 30, 1))
    ab = (np.array(RED) * shade).astype(np.float32)
    made = smooth_uncertain(ab, np.zeros((20, 30), np.float32), BilateralGrid(plane(30, 50)[:20]))
    np.testing.assert_allclose(made, ab, atol=1e-3)


def test_colour_does_not_cross_into_what_is_much_brighter() -> None:
    left = np.arange(28) < 14
    ab = np.where(left[None, :, None], RED, BLUE).astype(np.float32) * np.ones((28, 1, 1), np.float32)
    L = np.where(left, 20, 80).astype(np.float32) * np.ones((28, 1), np.float32)
    np.testing.assert_allclose(smooth_uncertain(ab, plane(28, 0), BilateralGrid(L)), ab, atol=1e-3)


def test_the_sure_convince_the_unsure_and_not_the_other_way() -> None:
    ab, confidence = blotches(), plane(28, MEAN_CONFIDENCE)
    red = ab[:, :, 0] > 0
    confidence[red] = 0.9
    made = smooth_uncertain(ab, confidence, BilateralGrid(plane(28, 50)))
    assert np.array_equal(made[red], ab[red])
    assert np.abs(made[~red] - RED).mean() < 0.1 * np.abs(np.array(BLUE) - RED).mean()


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (3, 200)])
def test_any_shape(shape: tuple[int, int]) -> None:
    ab = np.ones((*shape, 2), np.float32)
    nearby = BilateralGrid(np.full(shape, 100, np.float32))
    np.testing.assert_allclose(smooth_uncertain(ab, np.zeros(shape, np.float32), nearby), ab, atol=1e-5)


@given(st.integers(0, 2**32 - 1))
def test_no_colour_is_made_that_was_not_there(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ab = rng.uniform(-110, 110, (9, 14, 2)).astype(np.float32)
    confidence, L = rng.uniform(0, 1, (9, 14)), rng.uniform(0, 100, (9, 14))
    made = smooth_uncertain(ab, confidence.astype(np.float32), BilateralGrid(L.astype(np.float32)))
    for channel in range(2):
        assert made[:, :, channel].min() >= ab[:, :, channel].min() - 1e-3
        assert made[:, :, channel].max() <= ab[:, :, channel].max() + 1e-3
