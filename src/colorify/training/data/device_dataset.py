"""All photos in one tensor on the device, and batches cut from it there: a GPU need not wait for the CPU."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from colorify.dataset.shard_reader import Sample
from colorify.errors import SetupError
from colorify.training.data.batches import Batch, Zones, as_batch
from colorify.training.data.photo_stream import set_weight

ZONES: Final = Zones()
FIRST_PIXELS: Final = 2**24  # for which there is room at first; it doubles
OVERSAMPLING: Final = 2  # a zone of up to twice the size of the batch is shrunk without aliasing


class DeviceDataset:
    """Photos end to end, without padding: 22,500 of 256 px take some 4 GB. More may be added at any time."""

    def __init__(self, by_set: Mapping[str, float], device: torch.device) -> None:
        """`by_set`: how often a photo of a set is drawn; others 1."""
        self._by_set, self._device, self._used = by_set, device, 0
        self._pixels = torch.empty((FIRST_PIXELS, 3), dtype=torch.uint8, device=device)
        self._sizes = torch.empty((0, 2), dtype=torch.int64, device=device)  # height and width, px
        self._starts = torch.empty(0, dtype=torch.int64, device=device)
        self._weights = torch.empty(0, device=device)
        self._drawable = 0  # photos whose weight is above 0, counted here so that no GPU is waited for

    def __len__(self) -> int:
        return len(self._starts)

    def add_samples(self, samples: Sequence[Sample]) -> None:
        """Take in more photos. Raises SetupError where the device has no room for them."""
        pixels = np.concatenate([sample.lab.reshape(-1, 3) for sample in samples])
        sizes = torch.tensor([sample.lab.shape[:2] for sample in samples])
        self.add_pixels(torch.from_numpy(pixels), sizes, [sample.key for sample in samples])

    def add_pixels(self, lab: Tensor, sizes: Tensor, keys: Sequence[str]) -> None:
        """Take in photos end to end: `lab`, (pixels, 3) bytes as of a sample; `sizes`, (photos, 2), px."""
        end = self._used + len(lab)
        if end > len(self._pixels):
            self._grow(max(end, 2 * len(self._pixels)))
        self._pixels[self._used : end] = lab.to(self._device)
        counts = sizes.prod(1)
        starts = counts.cumsum(0) - counts + self._used
        weights = torch.tensor([set_weight(key, self._by_set) for key in keys])
        self._used = end
        self._drawable += int((weights > 0).sum())
        self._starts = torch.cat([self._starts, starts.to(self._device)])
        self._sizes = torch.cat([self._sizes, sizes.to(self._device)])
        self._weights = torch.cat([self._weights, weights.to(self._device)])

    def draw_batch(
        self, size: int, count: int, rng: Generator, zones: Zones = ZONES, *, least_px: int = 0
    ) -> Batch:
        """Draw squares, perhaps mirrored, out of photos.

        `size`: px of a side; `count`: photos; `rng`: of the device; `least_px`: the short side that a photo
        must have, unless none has it.
        """
        large = self._weights * (self._sizes.amin(1) >= least_px)
        weights = large if least_px and large.any() else self._weights
        again = bool(least_px) or count > self._drawable  # each photo once, unless there may be too few
        chosen = torch.multinomial(weights, count, replacement=again, generator=rng)
        height, width = self._sizes[chosen].unbind(1)
        u = torch.rand(4, count, generator=rng, device=rng.device)
        short = torch.minimum(height, width)
        side = short * zones.draw_shares(u[0], short, size)
        ticks = (torch.arange(size * OVERSAMPLING, device=u.device) + 0.5) / (size * OVERSAMPLING)
        across = torch.where(u[3, :, None] < 0.5, ticks.flip(0), ticks)
        y = (height - side)[:, None] * u[1, :, None] + side[:, None] * ticks
        x = (width - side)[:, None] * u[2, :, None] + side[:, None] * across
        lab = self._at(chosen, y, x).permute(0, 3, 1, 2)
        return as_batch(F.avg_pool2d(lab, OVERSAMPLING).contiguous())

    def _grow(self, pixels: int) -> None:
        try:
            larger = torch.empty((pixels, 3), dtype=torch.uint8, device=self._device)
        except torch.OutOfMemoryError as error:
            raise SetupError(
                f"{self._device}: no room for {pixels:,} pixels of photos, expected with resident = true. "
                "Give fewer SHARDS, or resident = false: then they stream."
            ) from error
        larger[: self._used] = self._pixels[: self._used]
        self._pixels = larger

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
