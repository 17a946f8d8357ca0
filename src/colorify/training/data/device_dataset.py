"""All photos in one tensor on the device, and batches cut from it there: a GPU need not wait for the CPU."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from colorify.dataset.shard_reader import Sample
from colorify.training.data.batches import Batch, as_batch

OVERSAMPLING: Final = 2  # a zone of up to twice the size of the batch is shrunk without aliasing


class DeviceDataset:
    """Photos end to end, without padding: 22,500 of 256 px take some 4 GB."""

    def __init__(self, samples: Sequence[Sample], weights: Tensor, device: torch.device) -> None:
        """`weights`: (photos,), how likely each is to be drawn."""
        sizes = torch.tensor([sample.lab.shape[:2] for sample in samples])
        starts = sizes.prod(1).cumsum(0) - sizes.prod(1)
        pixels = np.concatenate([sample.lab.reshape(-1, 3) for sample in samples])
        self._pixels = torch.from_numpy(pixels).to(device)  # (all pixels, 3) uint8
        self._sizes, self._starts, self._weights = (t.to(device) for t in (sizes, starts, weights))

    def draw_batch(self, size: int, count: int, rng: Generator, *, zone: float = 0.7) -> Batch:
        """Draw sub-zones, of the share `zone` of the short side or more, perhaps mirrored.

        `size`: px of a side; `count`: photos; `rng`: of the device.
        """
        fewer = count > len(self._weights)
        chosen = torch.multinomial(self._weights, count, replacement=fewer, generator=rng)
        height, width = self._sizes[chosen].unbind(1)
        u = torch.rand(4, count, generator=rng, device=rng.device)
        side = torch.minimum(height, width) * (zone + (1 - zone) * u[0])
        ticks = (torch.arange(size * OVERSAMPLING, device=u.device) + 0.5) / (size * OVERSAMPLING)
        across = torch.where(u[3, :, None] < 0.5, ticks.flip(0), ticks)
        y = (height - side)[:, None] * u[1, :, None] + side[:, None] * ticks
        x = (width - side)[:, None] * u[2, :, None] + side[:, None] * across
        lab = self._at(chosen, y, x).permute(0, 3, 1, 2)
        return as_batch(F.avg_pool2d(lab, OVERSAMPLING).contiguous())

    def _at(self, photo: Tensor, y: Tensor, x: Tensor) -> Tensor:
        """Read the photos between their pixels. `y`, `x`: (N, S), px. Returns (N, S, S, 3) float32."""
        height, width = self._sizes[photo].unbind(1)
        top, down = _between(y, height)
        left, right = _between(x, width)
        start = self._starts[photo][:, None]

        def row(line: Tensor) -> Tensor:
            first = (start + line * width[:, None])[:, :, None]
            one, other = (self._pixels[first + column[:, None, :]].float() for column in (left, left_next))
            return torch.lerp(one, other, right[:, None, :, None])

        left_next = torch.minimum(left + 1, width[:, None] - 1)
        below = torch.minimum(top + 1, height[:, None] - 1)
        return torch.lerp(row(top), row(below), down[:, :, None, None])


def _between(place: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
    """Turn places, px, into the pixel before and the share of the next. `place`: (N, S); `length`: (N,)."""
    centered = torch.minimum((place - 0.5).clamp(min=0), length[:, None] - 1.0)
    whole = centered.floor()
    return whole.long(), centered - whole
