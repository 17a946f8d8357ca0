import numpy as np
import pytest
import torch
from randomness import generator

from colorify.dataset.shard_reader import Sample
from colorify.training.data.batches import (
    Zones,
    ab_histogram,
    central_zone,
    cut_batch,
    draw_hints,
    stack,
)


def cut_zone(lab: np.ndarray, zones: Zones, seed: int) -> torch.Tensor:
    """One square of 50 px: (3, 50, 50), as bytes of Lab but float."""
    batch = cut_batch([Sample("one", np.ascontiguousarray(lab))], 50, generator(seed), zones)
    return torch.cat([batch.L * 2.55, batch.ab_at_L + 128], dim=1)[0]


def test_a_zone_is_upright_unsquashed_and_at_least_70_percent() -> None:
    ticks = np.arange(200, dtype=np.uint8)
    lab = np.stack([np.broadcast_to(ticks[:100, None], (100, 200)), np.broadcast_to(ticks, (100, 200))], -1)
    lab = np.concatenate([lab, lab[..., :1]], -1)
    sides = []
    for seed in range(40):
        zone = cut_zone(lab, Zones(), seed)
        down = zone[0, -1, 25] - zone[0, 0, 25]  # rows count up by 1 a px of the photo
        across = (zone[1, 25, -1] - zone[1, 25, 0]).abs()  # mirrored or not
        assert down > 0
        assert abs(down - across) <= 2
        sides.append(float(down) * 50 / 49)
    assert min(sides) >= 68
    assert max(sides) <= 101
    assert len({round(side) for side in sides}) > 10


def test_the_smallest_zone_can_be_chosen() -> None:
    columns = np.broadcast_to(np.arange(100, dtype=np.uint8)[None, :, None], (100, 100, 3))
    for smallest, least, most in ((1.0, 95, 100), (0.3, 25, 45)):
        zones = [cut_zone(columns, Zones(smallest), seed) for seed in range(40)]
        widths = [float((zone[0, 25, -1] - zone[0, 25, 0]).abs()) for zone in zones]
        assert least < min(widths) <= most


def test_the_central_zone_leaves_equal_margins() -> None:
    lab = np.zeros((20, 40, 3), np.uint8)
    lab[:, 10:30] = 200
    assert (central_zone(lab, 20) == 200).all()


def test_a_batch_holds_lab_in_its_units(samples: list[Sample]) -> None:
    batch = cut_batch(samples[:4], 32, generator(), Zones())
    assert batch.L.shape == (4, 1, 32, 32)
    assert batch.ab_at_L.shape == (4, 2, 32, 32)
    assert batch.ab.shape == (4, 2, 8, 8)
    assert 0 <= batch.L.min() < 40 < 60 < batch.L.max() <= 100
    assert -50 <= batch.ab.min() < 0 < batch.ab.max() <= 60


def test_truth_at_stride_4_is_the_mean_of_its_cells() -> None:
    zone = torch.zeros(3, 8, 8, dtype=torch.uint8)
    zone[1:] = 128
    zone[1, :4, :2] = 128 + 60
    assert stack([zone]).ab[0, 0].tolist() == [[30, 0], [0, 0]]


def test_by_scale_a_photo_is_seen_at_every_size_evenly_by_the_logarithm() -> None:
    u, short = torch.rand(4000, generator=generator()), torch.full((4000,), 1000.0)
    shown = 160 / Zones(scale=(160, 640)).draw_shares(u, short, 160)  # px of the whole photo's short side
    assert shown.min() >= 159.9
    assert shown.max() <= 640.1
    assert 0.46 < (shown < 320).float().mean() < 0.54


@pytest.mark.parametrize(
    ("short", "size", "least", "most"),
    [(256, 160, 160, 320), (100, 160, 160, 160), (256, 400, 400, 400), (600, 160, 160, 640)],
)
def test_a_scale_ends_at_the_square_and_at_what_a_photo_holds(
    short: float, size: int, least: float, most: float
) -> None:
    ends = torch.tensor([0.0, 1.0])
    shares = Zones(scale=(64, 640)).draw_shares(ends, torch.full((2,), short), size)
    assert (size / shares).tolist() == pytest.approx([least, most], rel=1e-5)
    assert shares.max() <= 1 + 1e-6


def test_the_histogram_counts_every_step_of_every_photo() -> None:
    lab = np.full((8, 12, 3), 128, np.uint8)
    lab[..., 1] = 138
    histogram = ab_histogram([Sample("one", lab), Sample("two", lab)], step=4)
    assert histogram[138, 128] == histogram.sum() == 2 * 2 * 3


def test_hints_hold_the_truth_and_nothing_else() -> None:
    ab = torch.randn(300, 2, 16, 16, generator=generator()) * 30
    hints = draw_hints(ab, 0.5, generator())
    mask = hints[:, 2:]
    assert set(mask.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(hints[:, :2], ab * mask)
    hinted = mask.flatten(1).any(1)
    assert 0.4 < hinted.float().mean() < 0.6
    assert 2 < mask[hinted].flatten(1).sum(1).median() < 40


def test_no_share_no_hints() -> None:
    assert draw_hints(torch.ones(5, 2, 8, 8), 0.0, generator()).abs().sum() == 0


@pytest.mark.parametrize("seed", range(3))
def test_draws_repeat_with_their_seed(samples: list[Sample], seed: int) -> None:
    first, again = (cut_batch(samples[:4], 32, generator(seed), Zones()) for _ in range(2))
    assert torch.equal(first.L, again.L)
