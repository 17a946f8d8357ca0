import numpy as np

from colorify.model.geodesic import geodesic_distances


def test_ways_of_many_masks_are_those_of_each_alone() -> None:
    rng = np.random.default_rng(3)
    L = np.cumsum(rng.normal(0, 2, (48, 64)), axis=1).astype(np.float32)
    masks = np.zeros((100, 48, 64), bool)
    masks[np.arange(100), rng.integers(0, 48, 100), rng.integers(0, 64, 100)] = True
    together = geodesic_distances(masks, L)
    alone = np.concatenate([geodesic_distances(mask[None], L) for mask in masks])
    np.testing.assert_array_equal(together, alone)
    assert 0.1 < together.mean() < 1
