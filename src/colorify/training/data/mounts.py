"""Photos in a frame, a mount or an oval mask, as old ones often are: grey, and to be left grey."""

from typing import Final

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from colorify.training.data.augment import uniform
from colorify.training.data.batches import Batch
from colorify.training.network.unet import STRIDE

MAX_BORDER_SHARE: Final = 0.18  # share of a side that each border takes
DARK_SHARE: Final = 0.45  # share of the mounts that are nearly black
LIGHT_SHARE: Final = 0.45  # nearly white; the others are of any grey
MAX_EXPONENT_LOG2: Final = 7.0  # doublings of the exponent of a superellipse: from an oval, 2, to a rectangle


def add_mounts(batch: Batch, share: float, rng: Generator) -> Batch:
    """Mount a `share` of the photos, each in its own way."""
    L, ab = batch.L, batch.ab_at_L
    ticks = torch.linspace(-1, 1, L.shape[-1], device=L.device)
    borders = [2 * uniform(L, 0, MAX_BORDER_SHARE, rng) for _ in range(4)]
    exponent = 2 * 2 ** uniform(L, 0, MAX_EXPONENT_LOG2, rng)
    across, down = (
        (2 * (line + 1 - first) / (2 - first - last) - 1).abs() ** exponent
        for line, first, last in ((ticks, *borders[:2]), (ticks[:, None], *borders[2:]))
    )
    covered = (across + down > 1) & (uniform(L, 0, 1, rng) < share)
    L = torch.where(covered, _grey(L, rng), L)
    ab = torch.where(covered, 0, ab)
    return Batch(L=L, ab_at_L=ab, ab=F.avg_pool2d(ab, STRIDE))


def _grey(L: Tensor, rng: Generator) -> Tensor:
    kind = uniform(L, 0, 1, rng)
    some = torch.where(kind < DARK_SHARE + LIGHT_SHARE, uniform(L, 78, 100, rng), uniform(L, 0, 100, rng))
    return torch.where(kind < DARK_SHARE, uniform(L, 0, 12, rng), some)
