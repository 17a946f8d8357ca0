"""Sums over what is near and about as bright: ratios of them are means, and they stop at an edge of L."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorify.model.bilateral_grid import BilateralGrid


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (40, 30), (200, 3)])
def test_the_mean_of_what_is_the_same_everywhere_is_that(shape: tuple[int, int]) -> None:
    L = np.random.default_rng(4).uniform(0, 100, shape).astype(np.float32)
    total, count = BilateralGrid(L).blur(np.stack([np.full(shape, 7.0), np.ones(shape)]).astype(np.float32))
    np.testing.assert_allclose(total / count, 7, rtol=1e-6)


def test_what_is_far_or_of_another_brightness_does_not_count() -> None:
    L = np.where(np.arange(70) < 35, 20, 80) * np.ones((70, 1))
    spot = np.zeros((70, 70), np.float32)
    spot[35, 30] = 1
    (found,) = BilateralGrid(L.astype(np.float32)).blur(spot[None])
    assert found[35, 30] > found[35, 22] > 0  # nearer counts more
    assert found[35, 38] == 0  # as near as that, but beyond the edge
    assert found[5, 30] == 0


@given(st.integers(0, 2**32 - 1))
def test_a_mean_lies_between_its_values(seed: int) -> None:
    rng = np.random.default_rng(seed)
    L, values = rng.uniform(0, 100, (9, 14)), rng.uniform(-50, 50, (9, 14))
    total, count = BilateralGrid(L.astype(np.float32)).blur(
        np.stack([values, np.ones((9, 14))]).astype(np.float32)
    )
    mean = total / count
    assert values.min() - 1e-3 <= mean.min() <= mean.max() <= values.max() + 1e-3
