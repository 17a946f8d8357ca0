"""A hint spreads over its thing: as far as L lets it, and the generator thinks the same."""

import numpy as np
import pytest
from numpy.typing import NDArray

from colorify.model.geodesic import geodesic_distances
from colorify.model.hint_propagation import correlate, estimate_plausibility, propagate_hints
from colorify.model.hint_regions import place_hints

CELLS = 32  # cells
FloatArray = NDArray[np.float32]
Place = tuple[int, int, float, float]  # row, column, a, b


def told(*hints: Place, L: FloatArray | None = None, roots: FloatArray | None = None) -> FloatArray:
    """Give hints, each of one cell, to a picture without colour."""
    L = flat() if L is None else L
    seeds = np.zeros((len(hints), *L.shape), bool)
    for seed, (row, column, _, _) in zip(seeds, hints, strict=True):
        seed[row, column] = True
    wanted = np.array([hint[2:] for hint in hints], np.float32)
    alike = correlate(seeds, geodesic_distances(seeds, L), roots)
    made, _ = propagate_hints(np.zeros((*L.shape, 2), np.float32), seeds, wanted, alike)
    return place_hints(made, wanted, seeds)


def flat() -> FloatArray:
    return np.full((CELLS, CELLS), 50, np.float32)


def test_it_is_exact_at_the_hint_and_weaker_farther_off() -> None:
    made = told((16, 8, 40, -20))
    np.testing.assert_allclose(made[16, 8], [40, -20], atol=1e-3)
    row = made[16, 8:, 0]
    assert (np.diff(row) <= 1e-6).all()
    assert row[4] > 30
    assert row[-1] < 0.7 * row[0]


def test_it_stops_at_an_edge_of_L_but_not_at_folds() -> None:
    L = flat()
    L[:, 16:] += 30
    L[:, :16] += (8 * np.sin(np.arange(16) / 2)).astype(np.float32)  # folds
    made = told((16, 2, 40, 0), L=L)
    assert made[16, :15, 0].min() > 15
    assert np.abs(made[:, 16:]).max() < 1e-3


def test_an_edge_can_be_walked_around_only_where_it_ends() -> None:
    L = flat()
    L[8:, 15:17] = 95  # a pole from row 8 down
    made = told((4, 13, 40, 0), L=L)
    assert made[4, 18, 0] > 1.2 * made[24, 18, 0]


def test_it_goes_where_the_generator_thinks_the_same() -> None:
    roots = np.zeros((CELLS, CELLS, 3), np.float32)
    roots[...] = np.sqrt([0.8, 0.1, 0.1])  # a coat before a wall that is as grey
    roots[:, 20:] = np.sqrt([0.1, 0.1, 0.8])
    made = told((16, 16, 40, 0), roots=roots)[16, :, 0]
    assert made[8] > 25
    assert made[24] < 5


def test_between_two_hints_each_keeps_its_own_side() -> None:
    made = told((16, 6, 50, 0), (16, 25, -50, 0))
    np.testing.assert_allclose(made[16, 6], [50, 0], atol=1e-3)
    np.testing.assert_allclose(made[16, 25], [-50, 0], atol=1e-3)
    assert made[16, 10, 0] > 20
    assert made[16, 21, 0] < -20
    assert (np.diff(made[16, 6:26, 0]) <= 1e-4).all(), "from one to the other without a wave"


def test_what_is_said_twice_does_not_count_twice() -> None:
    once = told((16, 6, 40, 0), (16, 26, -40, 0))
    twice = told((16, 6, 40, 0), (17, 6, 40, 0), (15, 6, 40, 0), (16, 26, -40, 0))
    assert abs(once[16, 16, 0]) < 1, "half way"
    assert abs(twice[16, 16, 0]) < 8, "not as if the one side had three votes"


def test_no_colour_comes_up_that_nobody_has() -> None:
    rng = np.random.default_rng(5)
    places = rng.choice(CELLS * CELLS, 60, replace=False)
    hints = [(int(place) // CELLS, int(place) % CELLS, *rng.choice([-50.0, 50.0], 2)) for place in places]
    made = told(*hints, L=rng.uniform(40, 60, (CELLS, CELLS)).astype(np.float32))
    assert np.abs(made).max() < 50.01


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (3, 1), (2, 1)])
def test_the_smallest_photos(shape: tuple[int, int]) -> None:
    made = told((0, 0, 30, 10), L=np.full(shape, 50, np.float32))
    np.testing.assert_allclose(made[0, 0], [30, 10], atol=1e-3)
    assert np.isfinite(made).all()


def test_a_colour_is_plausible_where_the_generator_thinks_of_one_like_it() -> None:
    centers = np.array([[0, 0], [50, 0], [0, 50]], np.float32)
    roots = np.zeros((1, 3, 3), np.float32)
    roots[0] = np.sqrt([[0.1, 0.9, 0], [0.85, 0.15, 0], [1, 0, 0]])
    masks = np.array([[[False, False, False]], [[False, False, True]]])
    found = estimate_plausibility(np.array([[45, 5], [-60, 0]], np.float32), masks, roots, centers)
    np.testing.assert_allclose(found[0], [[1, 0.5, 0]], atol=1e-6)
    np.testing.assert_allclose(found[1], [[0, 0, 1]], err_msg="and where the person says it")
