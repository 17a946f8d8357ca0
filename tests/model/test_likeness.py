"""Places of the same thing are alike, whatever all places of the photo share."""

import numpy as np

from colorify.model.likeness import TOTAL_WEIGHT, measure_likeness

H, W = 24, 40  # cells


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
    places = np.arange(0, H * W, 7)
    alike = likeness.between(places).reshape(H * W, -1)[places]
    np.testing.assert_allclose(np.diag(alike), TOTAL_WEIGHT, rtol=1e-4)
    np.testing.assert_allclose(alike, alike.T, atol=1e-4)
    assert np.abs(alike).max() < 1.0001 * TOTAL_WEIGHT
    assert alike.std() > 0.1 * TOTAL_WEIGHT


def test_where_all_places_are_the_same_each_is_like_each() -> None:
    alike = measure_likeness(np.ones((H, W, 12), np.float32), {}, 4).between(np.array([0, 77]))
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
