"""Cells lie between the centres of wider ones, and beyond the last of these as it does."""

import numpy as np
import pytest

from colorify.model.cell_interpolation import (
    interpolate,
    interpolated_lengths,
    interpolation_shares,
    neighbors_of,
)


def test_shares_are_those_of_the_centres_on_both_sides() -> None:
    expected = [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1], [0, 1]]
    np.testing.assert_allclose(interpolation_shares(5, 2, 2), expected)


@pytest.mark.parametrize(
    ("length", "small", "ratio"), [(5, 2, 2), (1, 1, 2), (9, 1, 8), (27, 7, 4), (41, 6, 8)]
)
def test_a_cell_has_two_neighbours_at_most(length: int, small: int, ratio: int) -> None:
    shares = interpolation_shares(length, small, ratio)
    first, second, share = neighbors_of(shares)
    rows, made = np.arange(length), np.zeros_like(shares)
    np.add.at(made, (rows, first), 1 - share)
    np.add.at(made, (rows, second), share)
    np.testing.assert_allclose(made, shares, atol=1e-6)
    assert shares.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (5, 1), (4, 7)])
def test_lengths_between_vectors_are_those_of_what_is_interpolated(shape: tuple[int, int]) -> None:
    vectors = np.random.default_rng(2).normal(size=(*shape, 11)).astype(np.float32)
    down, right = (interpolation_shares(3 * side + 1, side, 3.2) for side in shape)
    expected = np.linalg.norm(interpolate(vectors, down, right), axis=2)
    np.testing.assert_allclose(interpolated_lengths(vectors, down, right), expected, rtol=1e-4)
