import torch

from colorify.training.data.batches import Batch, as_batch
from colorify.training.data.mounts import add_mounts


def photos(count: int) -> Batch:
    """Orange throughout."""
    return as_batch(torch.tensor([150.0, 158.0, 178.0]).view(1, 3, 1, 1).repeat(count, 1, 64, 64))


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def test_a_mount_is_even_and_grey_and_surrounds_a_photo_left_as_it_is() -> None:
    plain = photos(200)
    mounted = add_mounts(plain, 1.0, rng())
    covered = (mounted.ab_at_L == 0).all(1, keepdim=True)
    assert not covered[:, :, 32, 32].any()
    assert covered.float().mean((1, 2, 3)).max() > 0.3
    for number, mask in enumerate(covered):
        assert mounted.L[number][mask].unique().numel() <= 1
    inside = ~covered
    assert torch.equal(mounted.L[inside], plain.L[inside])
    assert torch.equal(
        mounted.ab_at_L[inside.expand(-1, 2, -1, -1)], plain.ab_at_L[inside.expand(-1, 2, -1, -1)]
    )


def test_what_is_to_be_learned_there_is_no_colour() -> None:
    mounted = add_mounts(photos(200), 1.0, rng())
    assert torch.equal(mounted.ab, torch.nn.functional.avg_pool2d(mounted.ab_at_L, 4))
    assert (mounted.ab == 0).any()


def test_only_a_share_of_the_photos_is_mounted() -> None:
    plain = photos(1000)
    changed = (add_mounts(plain, 0.1, rng()).L != plain.L).flatten(1).any(1).float().mean()
    assert 0.07 < changed < 0.13
    assert torch.equal(add_mounts(plain, 0.0, rng()).L, plain.L)


def test_mounts_are_dark_and_light_and_of_many_shapes() -> None:
    mounted = add_mounts(photos(400), 1.0, rng())
    corner = mounted.L[:, 0, 0, 0]
    assert (corner < 12).float().mean() > 0.3
    assert (corner > 78).float().mean() > 0.3
    # of an oval mask the corner is covered, and the middle of a side is not
    covered = (mounted.ab_at_L == 0).all(1)
    middles = torch.stack([covered[:, 3, 32], covered[:, 60, 32], covered[:, 32, 3], covered[:, 32, 60]])
    assert (~middles).all(0).any()
    assert middles.all(0).any()
