"""A batch as the generator will be shown it: `colorify.model.preprocess`, of tensors."""

import torch
from torch import Tensor
from torch.nn import functional as F

from colorify.model.preprocess import (
    BLUR_KERNEL,
    CLIPPED_PERCENT,
    FADED_BLACK_L,
    FADED_WHITE_L,
    MARGIN_SHARE,
    MAX_DETAIL_L,
    MAX_GAIN,
)


def normalize_luminance_batch(L: Tensor) -> Tensor:
    """Restore the blacks and whites of each photo, and soften too fine detail. `L`: (N, 1, H, W), 0..100."""
    return _reduce_grain(_stretch_levels(L))


def _stretch_levels(L: Tensor) -> Tensor:
    ends = torch.tensor([CLIPPED_PERCENT / 100, 1 - CLIPPED_PERCENT / 100], device=L.device)
    black, white = torch.quantile(_crop_margins(L)[..., ::2, ::2].flatten(1), ends, dim=1).view(
        2, -1, 1, 1, 1
    )
    darkest, brightest = black.clamp(max=FADED_BLACK_L), white.clamp(min=FADED_WHITE_L)
    full = (brightest - darkest) / (white - black).clamp(min=1e-9)
    gain = full.clamp(max=MAX_GAIN)
    start = black + (darkest - black) * (gain - 1) / (full - 1).clamp(min=1e-9)
    return torch.where(full <= 1, L, (start + (L - black) * gain).clamp(0, 100))


def _reduce_grain(L: Tensor) -> Tensor:
    line = torch.as_tensor(BLUR_KERNEL, device=L.device)
    reach = len(line) // 2
    around = F.pad(L, [reach] * 4, mode="replicate")
    around = F.conv2d(F.conv2d(around, line.view(1, 1, 1, -1)), line.view(1, 1, -1, 1))
    detail = L - around
    much = _crop_margins(detail).abs().mean((1, 2, 3), keepdim=True)
    return L - detail * (1 - MAX_DETAIL_L / much).clamp(min=0)


def _crop_margins(plane: Tensor) -> Tensor:
    height, width = plane.shape[2:]
    down, across = int(height * MARGIN_SHARE), int(width * MARGIN_SHARE)
    return plane[..., down : height - down, across : width - across]
