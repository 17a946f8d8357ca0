"""Photos in one tensor on the device, to which more are added while a run draws from it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from colorify.color import LAB_DELTA, WHITE, XYZ_TO_RGB
from colorify.training.data.batches import Batch, as_batch

OVERSAMPLING: Final = 2  # a zone of up to twice the size of the batch is shrunk without aliasing
LARGE: Final = "large_"  # begins the keys of photos of 300 px and more
PIXELS_AT_ONCE: Final = 2**24  # that are converted to Lab


class DevicePhotos:
    """Photos end to end as bytes of Lab: L * 2.55, a + 128, b + 128."""

    def __init__(self, capacity: int, sets: Mapping[str, float], device: torch.device) -> None:
        """`capacity`: pixels; `sets`: how often a photo of a set is drawn, others 1."""
        self.device, self.sets = device, sets
        self._pixels = torch.empty((capacity, 3), dtype=torch.uint8, device=device)
        self._used = 0
        self._sizes = torch.empty((0, 2), dtype=torch.int64, device=device)  # height, width
        self._starts = torch.empty(0, dtype=torch.int64, device=device)
        self._weights = {"all": torch.empty(0, device=device), "large": torch.empty(0, device=device)}

    def __len__(self) -> int:
        return len(self._starts)

    def add(self, file: Path, *, hold_out: int = 0) -> list[Tensor]:
        """Take in what `decode.py` wrote; return its first `hold_out` photos instead, each (h, w, 3) Lab bytes.

        Raises RuntimeError where there is no room left.
        """
        with np.load(file) as arrays:
            rgb, sizes, keys = (arrays[name] for name in ("pixels", "sizes", "names"))
        parts = np.array_split(rgb, -(-len(rgb) // PIXELS_AT_ONCE))
        lab = torch.cat([rgb_to_lab_bytes(torch.from_numpy(part).to(self.device)) for part in parts])
        counts = sizes.prod(1)
        photos = lab.split(counts.tolist())[:hold_out]
        held = [photo.view(*map(int, size), 3) for photo, size in zip(photos, sizes, strict=False)]
        self._append(lab[counts[:hold_out].sum() :], sizes[hold_out:], keys[hold_out:].tolist())
        return held

    def draw_batch(self, pool: str, size: int, count: int, rng: Generator, zone: float) -> Batch:
        """Draw sub-zones, of the share `zone` of the short side or more, perhaps mirrored.

        `pool`: "all" or "large"; `size`: px of a side; `rng`: of the device.
        """
        weights = self._weights[pool] if self._weights[pool].any() else self._weights["all"]
        chosen = torch.multinomial(weights, count, replacement=True, generator=rng)
        height, width = self._sizes[chosen].unbind(1)
        u = torch.rand(4, count, generator=rng, device=self.device)
        side = torch.minimum(height, width) * (zone + (1 - zone) * u[0])
        ticks = (torch.arange(size * OVERSAMPLING, device=self.device) + 0.5) / (size * OVERSAMPLING)
        across = torch.where(u[3, :, None] < 0.5, ticks.flip(0), ticks)
        y = (height - side)[:, None] * u[1, :, None] + side[:, None] * ticks
        x = (width - side)[:, None] * u[2, :, None] + side[:, None] * across
        lab = self._sample(chosen, y, x).permute(0, 3, 1, 2)
        return as_batch(F.avg_pool2d(lab, OVERSAMPLING).contiguous())

    def _append(self, lab: Tensor, sizes: np.ndarray, keys: list[str]) -> None:
        end = self._used + len(lab)
        if end > len(self._pixels):
            raise RuntimeError(f"no room for {end} pixels: there is room for {len(self._pixels)}.")
        self._pixels[self._used : end] = lab
        counts = torch.from_numpy(sizes.prod(1))
        starts = (counts.cumsum(0) - counts + self._used).to(self.device)
        self._starts = torch.cat([self._starts, starts])
        self._sizes = torch.cat([self._sizes, torch.from_numpy(sizes).to(self.device)])
        self._used = end
        names = [key.removeprefix(LARGE).rpartition("-")[0] for key in keys]
        often = torch.tensor([self.sets.get(name, 1.0) for name in names])
        large = torch.tensor([float(key.startswith(LARGE)) for key in keys])
        for pool, weights in (("all", often), ("large", often * large)):
            self._weights[pool] = torch.cat([self._weights[pool], weights.to(self.device)])

    def _sample(self, photo: Tensor, y: Tensor, x: Tensor) -> Tensor:
        """Read the photos between their pixels. `y`, `x`: (N, S), px. Returns (N, S, S, 3) float32."""
        height, width = self._sizes[photo].unbind(1)
        top, down = _pixel_and_share(y, height)
        left, right = _pixel_and_share(x, width)
        start = self._starts[photo][:, None]
        beside = torch.minimum(left + 1, width[:, None] - 1)
        below = torch.minimum(top + 1, height[:, None] - 1)

        def row(line: Tensor) -> Tensor:
            first = (start + line * width[:, None])[:, :, None]
            one, other = (self._pixels[first + column[:, None, :]].float() for column in (left, beside))
            return torch.lerp(one, other, right[:, None, :, None])

        return torch.lerp(row(top), row(below), down[:, :, None, None])


def _pixel_and_share(place: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
    """Split places, px, into the pixel before and the share of the next. `place`: (N, S); `length`: (N,)."""
    centered = torch.minimum((place - 0.5).clamp(min=0), length[:, None] - 1.0)
    whole = centered.floor()
    return whole.long(), centered - whole


def rgb_to_lab_bytes(rgb: Tensor) -> Tensor:
    """Convert (n, 3) bytes of sRGB to bytes of Lab, as in a shard's sample."""
    c = rgb.float() / 255
    linear = torch.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    matrix = torch.from_numpy(np.linalg.inv(XYZ_TO_RGB * WHITE).astype("float32")).to(rgb.device)
    xyz = linear @ matrix.T
    f = torch.where(xyz > LAB_DELTA**3, xyz.clamp(min=1e-9) ** (1 / 3), xyz / (3 * LAB_DELTA**2) + 4 / 29)
    fx, fy, fz = f.unbind(1)
    lab = torch.stack([(116 * fy - 16) * 2.55, 500 * (fx - fy) + 128, 200 * (fy - fz) + 128], 1)
    return lab.round().clamp(0, 255).byte()
