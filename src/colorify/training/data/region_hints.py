"""Hints that stand for a whole thing: the thing gets another colour, and one hint on it says which.

Who clicks on a dress expects the dress to change, and nothing else. So in some samples a connected thing of
one colour is given a colour that it never had, and the only hint is one cell of it: to lower its loss the
network has to fill the thing that a hint lies on, up to its edge. Things are found by the true colours.
"""

import math
from typing import Final

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from colorify.training.data.batches import Batch
from colorify.training.network.unet import STRIDE

MIN_SHARE, MAX_SHARE = 0.006, 0.4  # share of the picture that a thing covers
NEAR_AB: Final = (5.0, 8.0)  # Lab units by which a grey thing's ab may differ from the hinted cell's
NEAR_SHARE: Final = 0.25  # of the hinted cell's chroma, more than that
NEAR_L: Final = 16.0  # the same of L: greys differ by their light alone
NEAR_L_SHARE: Final = 1.3  # of the hinted cell's chroma, more than that
GREY_SHARE: Final = 0.08  # of the things that become grey
# Lab units: the largest chroma at L 0, what each L away from black or white adds, and the most
VIVID: Final = (12.0, 1.1, 62.0)


def recolor_regions(ab: Tensor, L: Tensor, share: float, rng: Generator) -> tuple[Tensor, Tensor]:
    """Give one thing in a `share` of the photos, the first ones, another colour and a hint.

    The photos of a batch are in no order, so the first are any. Where no thing of a useful size lies at the
    place that is drawn, a photo stays as it is, without a hint.
    `ab`: (N, 2, h, w), Lab; `L`: (N, 1, H, W), 0..100; `rng`: of any device.
    Returns what is to be painted, (N, 2, h, w), and hints, (N, 3, h, w): a, b, 1 in the hinted cells.
    """
    hints = torch.cat([torch.zeros_like(ab), torch.zeros_like(ab[:, :1])], dim=1)
    count = math.ceil(share * len(ab))  # each with the chance that makes it the share on average
    if not count:
        return ab, hints
    some = slice(0, count)
    true, light = ab[some], F.avg_pool2d(L[some], STRIDE)
    u = torch.rand((8, count), generator=rng, device=rng.device).to(ab.device)
    row, column = (u[0] * ab.shape[2]).long(), (u[1] * ab.shape[3]).long()
    near = NEAR_AB[0] + (NEAR_AB[1] - NEAR_AB[0]) * u[2]
    region, rim = _grow(true, light, row, column, near)
    wanted = _other_color(light, region, u[3:6])
    size = region.mean((1, 2, 3))
    drawn = u[7] * count < share * len(ab)
    useful = (drawn & (size > MIN_SHARE) & (size < MAX_SHARE))[:, None, None, None]
    mean = _mean(true, region)
    moved = true + (region + rim) * (wanted - mean)[:, :, None, None]
    painted = torch.cat([torch.where(useful, moved, true), ab[count:]])
    mark = _at(torch.zeros_like(region), row, column)
    wide = F.max_pool2d(mark, 3, 1, 1) * region
    mark = torch.where(u[6, :, None, None, None] < 0.5, wide, mark) * useful
    hints[some] = torch.cat([wanted[:, :, None, None] * mark, mark], dim=1)
    return painted, hints


def add_region_hints(batch: Batch, hints: Tensor, share: float, rng: Generator) -> tuple[Batch, Tensor]:
    """Recolour one thing in a `share` of the photos, whose only hint is then on it. `hints`: (N, 3, h, w)."""
    if not share:
        return batch, hints
    ab, region_hints = recolor_regions(batch.ab, batch.L, share, rng)
    alone = region_hints[:, 2:].amax((2, 3), keepdim=True) > 0
    return batch._replace(ab=ab), torch.where(alone, region_hints, hints)


def _grow(ab: Tensor, L: Tensor, row: Tensor, column: Tensor, near: Tensor) -> tuple[Tensor, Tensor]:
    """Return the thing at each place, 0 or 1, and how much its neighbours have of it, 0..1: (N, 1, h, w)."""
    each = torch.arange(len(ab), device=ab.device)
    seed = ab[each, :, row, column]
    chroma = seed.norm(dim=1)[:, None, None, None]
    reach = near[:, None, None, None] + NEAR_SHARE * chroma
    distance = (ab - seed[:, :, None, None]).norm(dim=1, keepdim=True)
    lights = (L - L[each, :, row, column][:, :, None, None]).abs()
    alike = ((distance < reach) & (lights < NEAR_L + NEAR_L_SHARE * chroma)).float()
    region = _at(torch.zeros_like(alike), row, column)
    for _ in range(max(ab.shape[2:])):
        region = F.max_pool2d(region, 3, 1, 1) * alike
    around = F.max_pool2d(region, 3, 1, 1) - region
    return region, around * (1 - distance / (3 * reach)).clamp(0, 1)


def _other_color(L: Tensor, region: Tensor, u: Tensor) -> Tensor:
    """Draw a colour that a thing of this L can have: (N, 2), Lab. `u`: (3, N), 0..1."""
    light = _mean(L, region)[:, 0]
    least, more, most = VIVID
    chroma = (least + more * torch.minimum(light, 100 - light)).clamp(max=most) * (0.15 + 0.85 * u[1])
    chroma = torch.where(u[2] < GREY_SHARE, torch.zeros_like(chroma), chroma)
    hue = 2 * math.pi * u[0]
    return torch.stack([chroma * hue.cos(), chroma * hue.sin()], dim=1)


def _mean(plane: Tensor, region: Tensor) -> Tensor:
    """Average (N, C, h, w) over the region: (N, C)."""
    return (plane * region).sum((2, 3)) / region.sum((2, 3)).clamp(min=1)


def _at(plane: Tensor, row: Tensor, column: Tensor) -> Tensor:
    plane[torch.arange(len(plane), device=plane.device), 0, row, column] = 1
    return plane
