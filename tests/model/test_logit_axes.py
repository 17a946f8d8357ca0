"""A few directions say what a photo's logits say, whatever their number and that of the cells."""

import numpy as np
import pytest
from numpy.typing import NDArray

from colorify.model.logit_axes import AXES, LogitAxes, find_axes, take_some

FloatArray = NDArray[np.float32]


def make_logits(shape: tuple[int, int] = (40, 56), colors: int = 191, rank: int = 20) -> FloatArray:
    """Return logits as of a generator whose last layer has few channels, the first of which matter most."""
    rng = np.random.default_rng(7)
    spread = np.geomspace(30, 0.3, rank)
    return (rng.normal(size=(*shape, rank)) * spread @ rng.normal(size=(rank, colors))).astype(np.float32)


def axes_of(logits: FloatArray) -> LogitAxes:
    axes = find_axes(take_some(logits))
    assert axes is not None
    return axes


def of_colors(logits: FloatArray) -> FloatArray:
    """Return them without what all colours of a cell share."""
    return np.asarray(logits - logits.mean(axis=2, keepdims=True))


def test_logits_of_few_directions_are_restored() -> None:
    logits = make_logits()
    axes = axes_of(logits)
    scores = axes.score(logits)
    assert scores.shape == (*logits.shape[:2], AXES)
    restored = axes.restore(scores.reshape(-1, AXES)).T.reshape(logits.shape)
    np.testing.assert_allclose(of_colors(restored), of_colors(logits), atol=0.01)


def test_what_all_colours_share_counts_for_nothing() -> None:
    logits = make_logits()
    shared = np.random.default_rng(1).normal(0, 50, (*logits.shape[:2], 1)).astype(np.float32)
    made, plain = axes_of(logits + shared), axes_of(logits)
    np.testing.assert_allclose(made.variances, plain.variances, rtol=1e-2, atol=0.01)
    scores = [np.abs(axes.score(logits)[:, :, 0]) for axes in (made, plain)]
    np.testing.assert_allclose(scores[0], scores[1], atol=0.5)


def test_the_axes_are_those_of_the_largest_variances() -> None:
    """Also where nothing is small: the whole spectrum, of which the 20th is 0.03 of the largest."""
    logits = make_logits(rank=100)
    some = of_colors(logits)[::2, ::2].reshape(-1, logits.shape[2])
    expected, directions = np.linalg.eigh(np.cov(some.T, bias=True))
    found = axes_of(logits)
    np.testing.assert_allclose(found.variances[:20], expected[::-1][:20], rtol=0.03)
    along = np.linalg.norm(directions[:, ::-1][:, :10].T @ found.axes, axis=1)
    np.testing.assert_allclose(along, 1, atol=0.01)


@pytest.mark.parametrize(("shape", "colors"), [((1, 3), 5), ((30, 30), 2), ((3, 3), 40)])
def test_fewer_cells_or_colours_than_axes(shape: tuple[int, int], colors: int) -> None:
    logits = make_logits(shape, colors)
    scores = axes_of(logits).score(logits)
    assert scores.shape == (*shape, min(colors, AXES))
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("colors", [0, 12])
def test_where_all_cells_are_the_same_there_are_none(colors: int) -> None:
    assert find_axes(np.full((9, 8, colors), 3, np.float32)) is None
    assert find_axes(make_logits((1, 1), colors + 2)) is None


@pytest.mark.parametrize(("shape", "taken"), [((22, 22), (22, 22)), ((20, 25), (10, 13))])
def test_of_many_cells_a_quarter_is_asked(shape: tuple[int, int], taken: tuple[int, int]) -> None:
    assert take_some(np.zeros((*shape, 3), np.float32)).shape == (*taken, 3)


def test_it_is_the_same_each_time_and_in_each_order_of_memory() -> None:
    logits = make_logits()
    planes = np.ascontiguousarray(logits.transpose(2, 0, 1)).transpose(1, 2, 0)
    one, other, again = (axes_of(each).score(each) for each in (logits, planes, logits.copy()))
    np.testing.assert_array_equal(one, again)
    np.testing.assert_allclose(one, other, atol=0.01)
