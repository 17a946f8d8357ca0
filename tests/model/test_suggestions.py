"""A palette out of a distribution: distinct colours, the likeliest first, that can be shown."""

import numpy as np
import pytest
from numpy.typing import NDArray

from colorify.color import rgb_to_lab
from colorify.errors import UsageError
from colorify.model.suggestions import suggest_colors

TICKS = np.arange(-60, 61, 10)
CENTERS = np.stack(np.meshgrid(TICKS, TICKS, indexing="ij"), -1).reshape(-1, 2).astype(np.float32)


def hills(*peaks: tuple[float, float, float]) -> NDArray[np.float32]:
    """A distribution with hills, 5 Lab units wide, at a, b, of a mass."""
    p = np.zeros(len(CENTERS), np.float32)
    for a, b, mass in peaks:
        hill = np.exp(-((CENTERS - (a, b)) ** 2).sum(1) / (2 * 5**2))
        p += (mass * hill / hill.sum()).astype(np.float32)
    return p


def test_a_hill_is_one_colour_with_all_of_its_mass() -> None:
    found = suggest_colors(hills((0, 40, 0.6), (-40, 0, 0.3), (30, -40, 0.1)), CENTERS, 55, count=3)
    for each, (a, b, mass) in zip(found, [(0, 40, 0.6), (-40, 0, 0.3), (30, -40, 0.1)], strict=True):
        assert each.ab == pytest.approx((a, b), abs=4)
        assert each.probability == pytest.approx(mass, abs=0.06)


@pytest.mark.parametrize("L", [20, 50, 85])
@pytest.mark.parametrize("seed", range(5))
def test_they_differ_and_are_in_order(L: float, seed: int) -> None:
    p = np.random.default_rng(seed).dirichlet(np.full(len(CENTERS), 0.05)).astype(np.float32)
    found = suggest_colors(p, CENTERS, L, count=5)
    assert 2 <= len(found) <= 5
    masses = [each.probability for each in found]
    assert masses == sorted(masses, reverse=True)
    assert 0 < sum(masses) < 1.0001
    apart = [np.hypot(*np.subtract(one.ab, other.ab)) for one in found for other in found if one is not other]
    assert min(apart) > 8
    assert len({each.color for each in found}) == len(found)
    assert suggest_colors(p, CENTERS, L, count=2) == found[:2]


@pytest.mark.parametrize("L", [0, 5, 50, 95, 100])
def test_they_can_be_shown_as_bright_as_the_place(L: float) -> None:
    flat = np.full(len(CENTERS), 1 / len(CENTERS), np.float32)
    found = suggest_colors(flat, CENTERS, L, count=9)
    for each in found:
        lab = rgb_to_lab(np.frombuffer(bytes.fromhex(each.color[1:]), np.uint8) / np.float32(255))
        assert lab[0] == pytest.approx(L, abs=0.6)
        assert lab[1:] == pytest.approx(each.ab, abs=3)


@pytest.mark.parametrize("L", [0, 100])
def test_black_and_white_have_one_colour(L: float) -> None:
    flat = np.full(len(CENTERS), 1 / len(CENTERS), np.float32)
    (only,) = suggest_colors(flat, CENTERS, L, count=5)
    assert only.color == ("#ffffff" if L else "#000000")
    assert only.probability == pytest.approx(1, abs=1e-4)


def test_none_is_no_count() -> None:
    with pytest.raises(UsageError, match="count 0: expected 1 or more"):
        suggest_colors(hills((0, 0, 1)), CENTERS, 50, count=0)
