"""Alternatives differ clearly, are of one piece, the likeliest first; the very first is the ordinary one."""

from itertools import islice

import numpy as np
import pytest
from numpy.typing import NDArray

from colorify.model import alternatives
from colorify.model.alternatives import alternative_colors
from colorify.model.generator import Distribution
from colorify.model.suggestions import clip_ab_to_gamut

TICKS = np.arange(-60, 61, 10)
CENTERS = np.stack(np.meshgrid(TICKS, TICKS, indexing="ij"), -1).reshape(-1, 2).astype(np.float32)
RED, BLUE, GREEN, GREY = (50, 30), (10, -50), (-40, 40), (0, 0)
T = 0.2

Color = tuple[float, float]


def hill(color: Color) -> NDArray[np.float32]:
    weights = np.exp(-((CENTERS - np.asarray(color)) ** 2).sum(1) / (2 * 6**2))
    return (weights / weights.sum()).astype(np.float32)


def scene(noise: float = 0.0) -> tuple[NDArray[np.float32], Distribution, NDArray[np.float32]]:
    """A grey wall, and on it a dress on the left: red 60 %, blue 37 %, green 3 %."""
    h, w = 30, 40
    dress = np.zeros((h, w), bool)
    dress[8:28, 5:20] = True
    p = np.where(
        dress[..., None],
        0.6 * hill(RED) + 0.37 * hill(BLUE) + 0.03 * hill(GREEN),
        0.97 * hill(GREY) + 0.03 * hill(BLUE),
    )
    p = p * np.exp(np.random.default_rng(0).normal(0, noise, p.shape))
    p = (p / p.sum(2, keepdims=True)).astype(np.float32)
    sharp = p ** (1 / T)
    ab = (sharp @ CENTERS / sharp.sum(2, keepdims=True)).astype(np.float32)
    return ab, Distribution(CENTERS, p), np.where(dress, 50, 80).astype(np.float32)


def made(noise: float = 0.0) -> list[NDArray[np.float32]]:
    ab, likely, L = scene(noise)
    return list(islice(alternative_colors(ab, likely, L, temperature=T), 9))


def test_the_first_is_the_ordinary_one() -> None:
    np.testing.assert_array_equal(made()[0], scene()[0])


def test_the_next_likeliest_colour_of_a_thing_is_next_and_what_is_implausible_never_comes() -> None:
    means = [each[12:24, 9:16].mean((0, 1)) for each in made()]
    assert means[0] == pytest.approx(RED, abs=8)
    assert means[1] == pytest.approx(BLUE, abs=8)
    assert all(np.hypot(*(mean - GREEN)) > 40 for mean in means)
    walls = [each[:, 25:] for each in made()]
    assert all(np.abs(wall - walls[0]).max() < 0.5 for wall in walls)


def test_they_are_of_one_piece() -> None:
    alternatives = made(noise=0.15)
    assert len(alternatives) >= 2
    for each in alternatives[1:]:
        dress = each[12:24, 9:16]
        assert np.linalg.norm(dress - dress.mean((0, 1)), axis=2).max() < 15, "no cell goes its own way"


def test_each_differs_clearly_from_all_before() -> None:
    _, _, L = scene()
    shown = [clip_ab_to_gamut(L, each) for each in made(noise=0.15)]
    for number, one in enumerate(shown):
        for other in shown[:number]:
            apart = np.linalg.norm(one - other, axis=2)
            assert (apart >= 15).mean() >= 0.09


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (3, 2)])
def test_the_smallest_photos(shape: tuple[int, int]) -> None:
    p = np.broadcast_to(0.6 * hill(RED) + 0.4 * hill(BLUE), (*shape, len(CENTERS)))
    L = np.full(shape, 50, np.float32)
    first, second, *_ = alternative_colors(
        np.full((*shape, 2), RED, np.float32), Distribution(CENTERS, p), L, temperature=T
    )
    assert first.shape == second.shape == (*shape, 2)
    assert np.linalg.norm(first - second, axis=2).min() > 40


def test_regions_are_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of the rounds of k-means leaves cells in the wrong region; more rounds change nothing."""
    y, x = np.mgrid[:24, :24] / 24
    places = ((0, 0), (1, 0), (0, 1), (1, 1), (0.5, 0.5))
    modes = np.stack([np.exp(-3 * ((x - a) ** 2 + (y - b) ** 2)) for a, b in places], -1)
    p = (modes / modes.sum(2, keepdims=True)).astype(np.float32)
    L = (100 * x * y + np.random.default_rng(1).normal(0, 4, (24, 24))).astype(np.float32)

    def regions(rounds: int) -> list[int]:
        monkeypatch.setattr(alternatives, "KMEANS_ROUNDS", rounds)
        return list(alternatives._regions(p, L).argmax(2).flat)

    chosen = regions(alternatives.KMEANS_ROUNDS)
    assert chosen == regions(200)
    assert chosen != regions(3)
