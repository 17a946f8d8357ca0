"""Lab to sRGB in torch, so that a loss on RGB can reach ab; `color.py` has the numbers, a test compares."""

import torch
from torch import Tensor

from colorify.color import LAB_DELTA, LINEAR_TOE, WHITE, XYZ_TO_RGB


def lab_to_rgb(L: Tensor, ab: Tensor) -> Tensor:
    """Convert to sRGB; a colour out of gamut is clipped, which stops its gradient.

    `L`: (N, 1, H, W), 0..100; `ab`: (N, 2, H, W), Lab. Returns (N, 3, H, W), 0..1.
    """
    fy = (L.float() + 16) / 116
    a, b = ab.float().chunk(2, dim=1)
    f = torch.cat([fy + a / 500, fy, fy - b / 200], dim=1)
    xyz = torch.where(f > LAB_DELTA, f**3, 3 * LAB_DELTA**2 * (f - 4 / 29))
    matrix = torch.from_numpy((XYZ_TO_RGB * WHITE).astype("float32")).to(L.device, non_blocking=True)
    light = torch.einsum("rx,nxhw->nrhw", matrix, xyz).clamp(0, 1)
    curve = 1.055 * light.clamp(min=LINEAR_TOE) ** (1 / 2.4) - 0.055
    return torch.where(light <= LINEAR_TOE, 12.92 * light, curve)
