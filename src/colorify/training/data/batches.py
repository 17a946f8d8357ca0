"""From decoded photos to batches: sub-zones, flips, hints."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from colorify.dataset.shard_reader import Sample
from colorify.pixels import LAB_BYTE_OFFSET, LAB_BYTE_SCALE, LabBytes
from colorify.training.network.ab_bins import SPAN, Histogram
from colorify.training.network.unet import STRIDE

HINT_STOP: Final = 1 / 8  # probability that a hint is the last (Zhang et al. 2017, section 3.2)
LARGEST_HINT: Final = 9  # px of L
MAX_ENLARGEMENT: Final = 1.25  # of a photo: beyond it there is nothing more to see, and all of it is blurred
MOST_HINTS: Final = 40  # the law goes on for ever; one photo in 180 would get more


class Batch(NamedTuple):
    """Square sub-zones of photos."""

    L: Tensor  # (N, 1, S, S) float32, 0..100
    ab_at_L: Tensor  # (N, 2, S, S) float32, Lab; for the emulsion alone
    ab: Tensor  # (N, 2, S/4, S/4) float32, Lab: the truth

    def to(self, device: torch.device) -> "Batch":
        return Batch(*(tensor.to(device, non_blocking=True) for tensor in self))


@dataclass(frozen=True)
class Zones:
    """How large the squares are that are cut out of photos.

    Either a share of the short side, drawn evenly from `smallest` to 1. Or by scale: how many px the short
    side of the whole photo has where the square has `size` px, drawn evenly by its logarithm, so that a face
    is seen small as often as large. Scales end where the square would be larger than the photo, and where the
    photo would be enlarged by more than MAX_ENLARGEMENT.
    """

    smallest: float = 0.7
    scale: tuple[float, float] | None = None  # px

    def draw_shares(self, u: Tensor, short: Tensor, size: int) -> Tensor:
        """Return shares of the short side. `u`: (N,), 0..1; `short`: (N,), px; `size`: px of the square."""
        if self.scale is None:
            return self.smallest + (1 - self.smallest) * u
        least, most = (max(size, end) for end in self.scale)
        largest = (short * MAX_ENLARGEMENT).clamp(max=most).clamp(min=least)
        return size / (least * (largest / least) ** u)


def ab_histogram(samples: Iterable[Sample], step: int = 4) -> Histogram:
    """How often each integer ab occurs in every `step`-th pixel both ways. Returns (256, 256), a by b."""
    counts = np.zeros(SPAN * SPAN, np.int64)
    for sample in samples:
        a, b = (sample.lab[::step, ::step, channel].astype(np.int64).ravel() for channel in (1, 2))
        counts += np.bincount(a * SPAN + b, minlength=SPAN * SPAN)
    return counts.reshape(SPAN, SPAN)


def cut_batch(samples: Sequence[Sample], size: int, rng: Generator, zones: Zones) -> Batch:
    """Cut a random square out of each photo, perhaps mirrored. `size`: px of a side."""
    u = torch.rand((4, len(samples)), generator=rng)
    short = torch.tensor([float(min(sample.lab.shape[:2])) for sample in samples])
    sides = (short * zones.draw_shares(u[0], short, size)).round().int().tolist()
    cut = []
    for sample, side, down, across, mirror in zip(samples, sides, *u[1:].tolist(), strict=True):
        height, width = sample.lab.shape[:2]
        top, left = round((height - side) * down), round((width - side) * across)
        zone = _resize(sample.lab[top : top + side, left : left + side], size)
        cut.append(zone.flip(-1) if mirror < 0.5 else zone)
    return stack(cut)


def center_batches(samples: Sequence[Sample], size: int, count: int) -> Iterator[Batch]:
    """Every photo once, its central square: for validation."""
    for start in range(0, len(samples), count):
        yield stack([central_zone(sample.lab, size) for sample in samples[start : start + count]])


def central_zone(lab: LabBytes, size: int) -> Tensor:
    """The largest central square. Returns (3, size, size) uint8."""
    height, width = lab.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return _resize(lab[top : top + side, left : left + side], size)


def _resize(zone: LabBytes, size: int) -> Tensor:
    tensor = torch.from_numpy(np.ascontiguousarray(zone)).permute(2, 0, 1)[None]
    return F.interpolate(tensor, size=(size, size), mode="bilinear", antialias=True)[0]


def stack(zones: Sequence[Tensor]) -> Batch:
    """Turn (3, S, S) uint8 zones into a batch of floats."""
    return as_batch(torch.stack(list(zones)).float())


def as_batch(lab: Tensor) -> Batch:
    """Turn bytes of Lab, as a sample has them, (N, 3, S, S) float32, into their units."""
    ab_at_L = lab[:, 1:] - LAB_BYTE_OFFSET[1]
    return Batch(L=lab[:, :1] / LAB_BYTE_SCALE[0], ab_at_L=ab_at_L, ab=F.avg_pool2d(ab_at_L, STRIDE))


def draw_hints(ab: Tensor, share: float, rng: Generator) -> Tensor:
    """Give a `share` of the photos some of their true colours.

    The law of Zhang et al. 2017: a geometric number of square patches, mostly near the middle.
    `ab`: (N, 2, h, w), Lab; `rng`: of any device. Returns (N, 3, h, w): a, b, 1 in the patches, 0 elsewhere.
    """
    count, _, height, width = ab.shape

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=rng, device=rng.device).to(ab.device)

    hinted = uniform(count, 1) < share
    goes_on = uniform(count, MOST_HINTS - 1) >= HINT_STOP
    shown = torch.cat([hinted, hinted & goes_on.cumprod(1).bool()], dim=1)
    side = (1 + (uniform(count, MOST_HINTS) * LARGEST_HINT).floor()).div(STRIDE).ceil()
    place = torch.randn((2, count, MOST_HINTS), generator=rng, device=rng.device).to(ab.device)
    top, left = (0.5 + 0.25 * place).clamp(0, 0.999).unbind()
    rows, columns = _covered(top * height, side, height), _covered(left * width, side, width)
    # a pixel is in some patch if in any of them both its row and its column are
    mask = torch.bmm((rows & shown[..., None]).float().mT, columns.float()) > 0
    return torch.cat([ab * mask[:, None], mask[:, None].to(ab.dtype)], dim=1)


def _covered(start: Tensor, side: Tensor, length: int) -> Tensor:
    """Which of `length` ticks each interval covers. `start`, `side`: (N, K). Returns (N, K, length) bool."""
    ticks = torch.arange(length, device=start.device)
    first = start.floor()[..., None]
    return (ticks >= first) & (ticks < first + side[..., None])
