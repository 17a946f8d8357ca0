"""Lab to sRGB in torch, so that a loss on RGB can reach ab, and sRGB to Lab on the device.

`color.py` has the numbers, and tests compare.
"""

import numpy as np
import torch
from torch import Tensor

from colorify.color import LAB_DELTA, LINEAR_TOE, WHITE, XYZ_TO_RGB
from colorify.pixels import LAB_BYTE_OFFSET, LAB_BYTE_SCALE


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


def rgb_to_lab_bytes(rgb: Tensor) -> Tensor:
    """Convert (n, 3) bytes of sRGB to bytes of Lab, as a shard's sample has them."""
    code = rgb.float() / 255
    light = torch.where(code <= 12.92 * LINEAR_TOE, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    matrix = torch.from_numpy(np.linalg.inv(XYZ_TO_RGB * WHITE).astype("float32")).to(rgb.device)
    xyz = light @ matrix.T
    f = torch.where(xyz > LAB_DELTA**3, xyz.clamp(min=1e-9) ** (1 / 3), xyz / (3 * LAB_DELTA**2) + 4 / 29)
    fx, fy, fz = f.unbind(1)
    lab = torch.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], dim=1)
    scale, offset = torch.tensor([LAB_BYTE_SCALE, LAB_BYTE_OFFSET], device=rgb.device)
    codes: Tensor = (lab * scale + offset).round().clamp(0, 255).byte()
    return codes
