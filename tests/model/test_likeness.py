"""Places of the same thing are alike, whatever all places of the photo share."""

import numpy as np
import pytest
from numpy.typing import NDArray

from colorify.model import likeness as module
from colorify.model.likeness import TOTAL_WEIGHT, Likeness, measure_likeness

H, W = 24, 40  # cells


def between(likeness: Likeness, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.float32]:
    return np.concatenate(list(likeness.iterate_between(rows, columns)))


def seed(row: int, column: int) -> np.ndarray:  # type: ignore[type-arg]
    mask = np.zeros((1, H, W), bool)
    mask[0, row, column] = True
    return mask


def test_a_thing_is_alike_and_another_is_not() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 0.02, (H, W, 12)).astype(np.float32) + 30 * np.eye(12, dtype=np.float32)[0]
    logits[:, 20:, 3] += 2
    found = measure_likeness(logits, {}, 4).of(seed(12, 5))[0]
    assert found[:, :20].mean() > 0.8 * TOTAL_WEIGHT
    assert found[:, 20:].mean() < 0


def test_features_at_wider_strides_lie_where_their_cells_are() -> None:
    features = np.zeros((H // 4, W // 4, 3), np.float32)
    features[:, 5:, 0], features[:, :5, 1] = 1, 1
    found = measure_likeness(np.zeros((H, W, 0), np.float32), {16: features}, 4).of(seed(12, 5))[0]
    np.testing.assert_allclose(found[:, :18], TOTAL_WEIGHT, rtol=1e-3)
    np.testing.assert_allclose(found[:, 22:], -TOTAL_WEIGHT, rtol=1e-3)
    assert abs(found[12, 19] + found[12, 20]) < 1e-3, "half way where the one ends"


def test_where_all_places_are_the_same_all_are_alike() -> None:
    flat = np.ones((H, W, 12), np.float32)
    found = measure_likeness(flat, {16: flat[: H // 4, : W // 4]}, 4).of(seed(0, 0))
    assert (found == TOTAL_WEIGHT).all()


def test_several_places_are_asked_at_once() -> None:
    rng = np.random.default_rng(3)
    likeness = measure_likeness(
        rng.normal(size=(H, W, 9)).astype(np.float32),
        {32: rng.normal(size=(H // 8, W // 8, 30)).astype(np.float32)},
        4,
    )
    one, other = seed(3, 4), seed(20, 33)
    both = likeness.of(np.concatenate([one, other]))
    np.testing.assert_allclose(both[0], likeness.of(one)[0], atol=1e-5)
    np.testing.assert_allclose(both[1], likeness.of(other)[0], atol=1e-5)


def test_cells_are_compared_one_by_one() -> None:
    rng = np.random.default_rng(4)
    likeness = measure_likeness(
        rng.normal(size=(H, W, 9)).astype(np.float32),
        {32: rng.normal(size=(H // 8, W // 8, 30)).astype(np.float32)},
        4,
    )
    rows, columns = np.arange(1, H, 5), np.array([0, 3, 4, 17, W - 1])
    places = (rows[:, None] * W + columns).ravel()
    alike = between(likeness, rows, columns).reshape(H * W, -1)[places]
    np.testing.assert_allclose(np.diag(alike), TOTAL_WEIGHT, rtol=1e-4)
    np.testing.assert_allclose(alike, alike.T, atol=1e-4)
    assert np.abs(alike).max() < 1.0001 * TOTAL_WEIGHT
    assert alike.std() > 0.1 * TOTAL_WEIGHT


def test_a_few_rows_at_a_time_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    likeness = measure_likeness(
        rng.normal(size=(H, W, 9)).astype(np.float32),
        {16: rng.normal(size=(H // 4, W // 4, 30)).astype(np.float32)},
        4,
    )
    rows, columns = np.array([5, 20, 3]), np.array([30, 2])
    whole = list(likeness.iterate_between(rows, columns))
    monkeypatch.setattr(module, "CACHED_NUMBERS", 5 * W * 6)
    strips = list(likeness.iterate_between(rows, columns))
    assert [len(strip) for strip in whole] == [H]
    assert [len(strip) for strip in strips] == [5, 5, 5, 5, 4]
    np.testing.assert_allclose(np.concatenate(strips), whole[0], atol=1e-5)


def test_what_is_said_of_cells_between_is_the_cosine_of_their_vectors() -> None:
    """Also where the wider cells do not end with the photo, and of places in any order."""
    features = np.random.default_rng(8).normal(size=(6, 10, 7)).astype(np.float32)
    likeness = measure_likeness(np.zeros((H - 3, W - 2, 0), np.float32), {16: features}, 4)
    rows, columns = np.array([9, 2]), np.array([30, 0, 31])
    (level,) = likeness._levels
    vectors = level.of_cells()
    others = vectors[np.ix_(rows, columns)].reshape(-1, 7)
    expected = TOTAL_WEIGHT * (vectors @ others.T)
    np.testing.assert_allclose(between(likeness, rows, columns), expected, atol=1e-4)


def test_where_all_places_are_the_same_each_is_like_each() -> None:
    alone = measure_likeness(np.ones((H, W, 12), np.float32), {}, 4)
    alike = between(alone, np.array([0, 7]), np.array([3]))
    assert alike.shape == (H, W, 2)
    assert (alike == TOTAL_WEIGHT).all()


def test_neighbors_are_unlike_only_where_a_thing_ends() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 0.01, (H, W, 12)).astype(np.float32)
    logits[:, 20:, 3] += 2
    features = np.ones((H // 4, W // 4, 3), np.float32)
    features[:, 5:, 0], features[:, :5, 1] = 3, 3
    across, down, *slant = measure_likeness(logits, {16: features}, 4).unlike_neighbors
    assert across.shape == (H, W - 1)
    assert down.shape == (H - 1, W)
    assert all(plane.shape == (H - 1, W - 1) for plane in slant)
    assert across[:, 19].min() > 0.5
    assert down.mean() < 0.1
    nothing = measure_likeness(np.ones((H, W, 12), np.float32), {}, 4).unlike_neighbors
    assert not any(plane.any() for plane in nothing)
