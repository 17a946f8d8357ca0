"""A hint counts whatever the generator makes of it, spreads over its thing, and stops at edges of L."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from colorify.color import rgb_to_lab
from colorify.colorizer import Colorizer
from colorify.generator import Colors, Generator, Glance
from colorify.guided import guided_colors, honor
from colorify.hints import Hint
from colorify.look import Look

SIDE = 32  # cells
STRIDE = 4


def drawn(*hints: tuple[int, int, float, float]) -> NDArray[np.float32]:
    planes = np.zeros((SIDE, SIDE, 3), np.float32)
    for x, y, a, b in hints:
        planes[y, x] = a, b, 1
    return planes


def flat(L: float = 50.0) -> NDArray[np.float32]:
    return np.full((SIDE * STRIDE, SIDE * STRIDE), L, np.float32)


def grey() -> NDArray[np.float32]:
    return np.zeros((SIDE, SIDE, 2), np.float32)


def test_without_hints_nothing_changes() -> None:
    assert not honor(grey(), drawn(), flat(), stride=STRIDE).any()


def test_it_is_exact_at_the_hint_and_weaker_farther_off() -> None:
    made = honor(grey(), drawn((8, 16, 40, -20)), flat(), stride=STRIDE)
    np.testing.assert_allclose(made[16, 8], [40, -20], atol=1e-3)
    row = made[16, 8:, 0]
    assert (np.diff(row) <= 1e-6).all()
    assert row[4] > 30
    assert row[-1] < 0.5 * row[0]


def test_it_stops_at_an_edge_of_L_but_not_at_folds() -> None:
    L = flat()
    L[:, 64:] += 30
    L[:, :64] += (3 * np.sin(np.arange(64) / 4)).astype(np.float32)  # folds
    made = honor(grey(), drawn((10, 16, 40, 0)), L, stride=STRIDE)
    assert made[16, 2:15, 0].min() > 15
    assert np.abs(made[:, 16:]).max() < 1e-3


def test_an_edge_can_be_walked_around_only_where_it_ends() -> None:
    L = flat()
    L[32:, 60:68] = 95  # a pole from row 8 down
    made = honor(grey(), drawn((13, 4, 40, 0)), L, stride=STRIDE)
    assert made[4, 18, 0] > made[24, 18, 0]


def test_between_two_hints_each_keeps_its_own_side() -> None:
    made = honor(grey(), drawn((6, 16, 50, 0), (25, 16, -50, 0)), flat(), stride=STRIDE)
    np.testing.assert_allclose(made[16, 6], [50, 0], atol=1e-3)
    np.testing.assert_allclose(made[16, 25], [-50, 0], atol=1e-3)
    assert made[16, 10, 0] > 20
    assert made[16, 21, 0] < -20
    assert (np.diff(made[16, 6:26, 0]) <= 1e-4).all(), "from one to the other without a wave"


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (5, 3)])
def test_the_smallest_photos(shape: tuple[int, int]) -> None:
    L = np.full(shape, 50, np.float32)
    h, w = -(-shape[0] // STRIDE), -(-shape[1] // STRIDE)
    planes = np.zeros((h, w, 3), np.float32)
    planes[0, 0] = 30, 10, 1
    made = honor(np.zeros((h, w, 2), np.float32), planes, L, stride=STRIDE)
    np.testing.assert_allclose(made[0, 0], [30, 10], atol=1e-3)


def test_the_generator_sees_the_hints_too(generator: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    plain = Glance.colors

    def watched(self: Glance, *, hints: Any = None, vividness: float = 1.0) -> Colors:
        seen.append(hints)
        return plain(self, hints=hints, vividness=vividness)

    monkeypatch.setattr(Glance, "colors", watched)
    glance = generator.look(np.full((64, 64), 50, np.float32))
    guided_colors(glance, Look(hints=(Hint(20, 20, "#C04040"),)), photo=(64, 64))
    assert np.argwhere(seen[0][:, :, 2]).tolist() == [[5, 5]]


@pytest.mark.parametrize(("x", "y", "radius"), [(150, 90, 0), (37, 201, 0), (128, 128, 30), (254, 3, 12)])
def test_a_hint_is_met_even_by_a_generator_that_is_deaf(
    tiny_weights: Path, monkeypatch: pytest.MonkeyPatch, x: int, y: int, radius: int
) -> None:
    colorizer = Colorizer(tiny_weights, threads=1)
    plain = Glance.colors

    def deaf(self: Glance, *, hints: Any = None, vividness: float = 1.0) -> Colors:
        return plain(self, vividness=vividness)

    monkeypatch.setattr(Glance, "colors", deaf)
    rows, columns = np.mgrid[:256, :256]
    pixels = (110 + 20 * np.sin(columns / 9) + 20 * np.cos(rows / 13)).astype(np.uint8)
    hint = Hint(x, y, "#8a5a78", radius)
    made = rgb_to_lab((colorizer.colorize(pixels, hints=[hint]) / 255).astype(np.float32))
    region = (rows - y) ** 2 + (columns - x) ** 2 <= radius**2
    error = np.hypot(*(made[region][:, 1:] - hint.ab).T)
    assert error.mean() < 2
    assert error.max() < 5
