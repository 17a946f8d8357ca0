"""A batch as the generator will be shown it: `colorify.model.preprocess`, of tensors."""

import torch
from torch import Tensor
from torch.nn import functional as F

from colorify.model.preprocess import AROUND, BEYOND, BLACK, DETAIL, MARGIN, MOST, WHITE


def as_shown(L: Tensor) -> Tensor:
    """Restore the blacks and whites of each photo, and soften too fine detail. `L`: (N, 1, H, W), 0..100."""
    return _softened(_restored(L))


def _restored(L: Tensor) -> Tensor:
    ends = torch.tensor([BEYOND / 100, 1 - BEYOND / 100], device=L.device)
    black, white = torch.quantile(_middle(L)[..., ::2, ::2].flatten(1), ends, dim=1).view(2, -1, 1, 1, 1)
    darkest, brightest = black.clamp(max=BLACK), white.clamp(min=WHITE)
    full = (brightest - darkest) / (white - black).clamp(min=1e-9)
    gain = full.clamp(max=MOST)
    start = black + (darkest - black) * (gain - 1) / (full - 1).clamp(min=1e-9)
    return torch.where(full <= 1, L, (start + (L - black) * gain).clamp(0, 100))


def _softened(L: Tensor) -> Tensor:
    line = torch.as_tensor(AROUND, device=L.device)
    reach = len(line) // 2
    around = F.pad(L, [reach] * 4, mode="replicate")
    around = F.conv2d(F.conv2d(around, line.view(1, 1, 1, -1)), line.view(1, 1, -1, 1))
    detail = L - around
    much = _middle(detail).abs().mean((1, 2, 3), keepdim=True)
    return L - detail * (1 - DETAIL / much).clamp(min=0)


def _middle(plane: Tensor) -> Tensor:
    height, width = plane.shape[2:]
    down, across = int(height * MARGIN), int(width * MARGIN)
    return plane[..., down : height - down, across : width - across]
