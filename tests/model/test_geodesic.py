import numpy as np
import pytest

from colorify.model.geodesic import NEIGHBOR_STEPS, find_neighbors, geodesic_distances


@pytest.mark.parametrize("told", [False, True])
def test_ways_of_many_masks_are_those_of_each_alone(told: bool) -> None:
    rng = np.random.default_rng(3)
    L = np.cumsum(rng.normal(0, 2, (48, 64)), axis=1).astype(np.float32)
    masks = np.zeros((100, 48, 64), bool)
    masks[np.arange(100), rng.integers(0, 48, 100), rng.integers(0, 64, 100)] = True
    shapes = [L[find_neighbors(L.shape, *step)[0]].shape for step in NEIGHBOR_STEPS]
    unlike = [rng.uniform(0, 0.5, shape) for shape in shapes] if told else None
    together = geodesic_distances(masks, L, unlike)
    alone = np.concatenate([geodesic_distances(mask[None], L, unlike) for mask in masks])
    np.testing.assert_array_equal(together, alone)
    assert 0.1 < together.mean() < 1
