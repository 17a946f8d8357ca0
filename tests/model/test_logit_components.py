"""A few components say what a photo's logits say, whatever their number and that of the cells."""

import numpy as np
import pytest
from numpy.typing import NDArray

from colorify.model.logit_components import COMPONENTS, find_components

FloatArray = NDArray[np.float32]


def make_logits(shape: tuple[int, int] = (40, 56), colors: int = 191, rank: int = 20) -> FloatArray:
    """Return logits as of a generator whose last layer has few channels, the first of which matter most."""
    rng = np.random.default_rng(7)
    spread = np.geomspace(30, 0.3, rank)
    return (rng.normal(size=(*shape, rank)) * spread @ rng.normal(size=(rank, colors))).astype(np.float32)


def of_colors(logits: FloatArray) -> FloatArray:
    """Return them without what all colours of a cell share."""
    return np.asarray(logits - logits.mean(axis=2, keepdims=True))


def test_logits_of_few_directions_are_restored() -> None:
    logits = make_logits()
    components = find_components(logits)
    assert components is not None
    assert components.scores.shape == (*logits.shape[:2], COMPONENTS)
    restored = of_colors(components.restore(components.scores))
    np.testing.assert_allclose(restored, of_colors(logits), atol=0.01)


def test_what_all_colours_share_counts_for_nothing() -> None:
    logits = make_logits()
    shared = np.random.default_rng(1).normal(0, 50, (*logits.shape[:2], 1)).astype(np.float32)
    made, plain = find_components(logits + shared), find_components(logits)
    assert made is not None
    assert plain is not None
    np.testing.assert_allclose(made.variances, plain.variances, rtol=1e-2, atol=0.01)
    np.testing.assert_allclose(np.abs(made.scores[:, :, 0]), np.abs(plain.scores[:, :, 0]), atol=0.5)


def test_the_axes_are_those_of_the_largest_variances() -> None:
    """Also where nothing is small: the whole spectrum, of which the 20th is 0.03 of the largest."""
    logits = make_logits(rank=100)
    some = of_colors(logits)[::2, ::2].reshape(-1, logits.shape[2])
    expected, axes = np.linalg.eigh(np.cov(some.T, bias=True))
    components = find_components(logits)
    assert components is not None
    np.testing.assert_allclose(components.variances[:20], expected[::-1][:20], rtol=0.03)
    along = np.linalg.norm(axes[:, ::-1][:, :10].T @ components.axes, axis=1)
    np.testing.assert_allclose(along, 1, atol=0.01)


@pytest.mark.parametrize(("shape", "colors"), [((1, 1), 191), ((1, 3), 5), ((30, 30), 2), ((3, 3), 40)])
def test_fewer_cells_or_colours_than_components(shape: tuple[int, int], colors: int) -> None:
    logits = make_logits(shape, colors)
    components = find_components(logits)
    if shape == (1, 1):
        assert components is None
        return
    assert components is not None
    assert components.scores.shape == (*shape, min(colors, COMPONENTS))
    assert np.isfinite(components.scores).all()


@pytest.mark.parametrize("colors", [0, 12])
def test_where_all_cells_are_the_same_there_are_none(colors: int) -> None:
    assert find_components(np.full((9, 8, colors), 3, np.float32)) is None


def test_it_is_the_same_each_time_and_in_each_order_of_memory() -> None:
    logits = make_logits()
    planes = np.ascontiguousarray(logits.transpose(2, 0, 1)).transpose(1, 2, 0)
    one, other, again = (find_components(each) for each in (logits, planes, logits.copy()))
    assert one is not None
    assert other is not None
    assert again is not None
    np.testing.assert_array_equal(one.scores, again.scores)
    np.testing.assert_allclose(one.scores, other.scores, atol=0.01)
