"""One hint stands for a whole thing."""

import pytest
import torch

from colorify.training.data.batches import Batch
from colorify.training.data.region_hints import add_region_hints, recolor_regions

CELLS = 24  # cells


def two_things() -> tuple[torch.Tensor, torch.Tensor]:
    """A red square on a blue ground, as bright as each other: (8, 2, h, w) and (8, 1, H, W)."""
    ab = torch.tensor([10.0, -40.0]).view(1, 2, 1, 1).repeat(8, 1, CELLS, CELLS)
    ab[:, :, 6:16, 6:16] = torch.tensor([50.0, 30.0]).view(1, 2, 1, 1)
    return ab, torch.full((8, 1, 4 * CELLS, 4 * CELLS), 50.0)


def test_a_thing_changes_as_a_whole_and_alone() -> None:
    ab, L = two_things()
    found = 0
    for seed in range(20):
        painted, hints = recolor_regions(ab, L, 1.0, torch.Generator().manual_seed(seed))
        moved = (painted - ab).norm(dim=1) > 0
        for photo, hint in zip(moved, hints, strict=True):
            if not photo.any():  # the ground is too large for a thing
                assert not hint.any()
                continue
            found += 1
            assert photo[6:16, 6:16].all()
            assert photo.sum() == 100
    assert found > 5


def test_its_hint_lies_on_it_and_says_its_colour() -> None:
    ab, L = two_things()
    painted, hints = recolor_regions(ab, L, 1.0, torch.Generator().manual_seed(3))
    marked = hints[:, 2] > 0
    assert marked.any()
    assert not marked[:, :6].any()
    got = painted.permute(0, 2, 3, 1)[marked]
    assert torch.allclose(got, hints[:, :2].permute(0, 2, 3, 1)[marked], atol=1e-4)


def test_only_the_share_is_touched() -> None:
    ab, L = two_things()
    painted, hints = recolor_regions(ab, L, 0.5, torch.Generator().manual_seed(3))
    assert torch.equal(painted[4:], ab[4:])
    assert not hints[4:].any()
    untouched, none = recolor_regions(ab, L, 0.0, torch.Generator().manual_seed(3))
    assert torch.equal(untouched, ab)
    assert not none.any()


def test_a_share_of_less_than_one_photo_a_batch_is_met_over_many_batches() -> None:
    ab, L = torch.zeros(8, 2, 8, 8), torch.full((8, 1, 32, 32), 10.0)
    L[:, :, :16, 16:], L[:, :, 16:, :16], L[:, :, 16:, 16:] = 40.0, 70.0, 95.0  # every place is on a thing
    found = 0
    for seed in range(200):
        _, hints = recolor_regions(ab, L, 0.05, torch.Generator().manual_seed(seed))
        found += int(hints[:, 2].any())
    assert found / 200 == pytest.approx(0.05 * 8, rel=0.25)


def test_its_hint_is_the_only_one_and_other_photos_keep_theirs() -> None:
    ab, L = two_things()
    hints = torch.ones(8, 3, CELLS, CELLS)
    batch = Batch(L=L, ab_at_L=torch.zeros(8, 2, 4 * CELLS, 4 * CELLS), ab=ab)
    painted, mixed = add_region_hints(batch, hints, 1.0, torch.Generator().manual_seed(3))
    changed = (painted.ab - ab).flatten(1).abs().amax(1) > 0
    assert 0 < changed.sum() < 8
    assert torch.equal(mixed[~changed], hints[~changed])
    assert (mixed[changed][:, 2].flatten(1).sum(1) <= 9).all()
    assert torch.equal(painted.L, L)
    assert add_region_hints(batch, hints, 0.0, torch.Generator())[0] is batch


def test_grey_things_are_told_apart_by_their_light() -> None:
    ab = torch.zeros(64, 2, CELLS, CELLS)
    L = torch.full((64, 1, 4 * CELLS, 4 * CELLS), 90.0)
    L[:, :, 24:64, 24:64] = 20
    painted, _ = recolor_regions(ab, L, 1.0, torch.Generator().manual_seed(1))
    moved = (painted - ab).norm(dim=1) > 0
    assert moved[:, 6:16, 6:16].any()
    inside = torch.zeros(CELLS, CELLS, dtype=torch.bool)
    inside[6:16, 6:16] = True
    # cells at the rim take a part of it
    assert not moved[:, 0:5].any()
    assert not moved[:, :, 17:].any()
