"""The discriminator: are these colours real? It is given a and b alone; there is no way in for L.

A patch discriminator (Isola et al. 2017): a map of verdicts, each on one zone, so that every part of the
photo has to be right. Convolutions without activation alternate with convolutions with one; every one is
spectrally normalised (Miyato et al. 2018), so that its verdict cannot jump.
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

WIDTHS: Final = (48, 96, 192)  # channels, at strides 2, 4, 8 of ab
LEAK: Final = 0.2
CHROMA_SCALE_LAB: Final = (
    30.0  # Lab units, of ordinary colours: the layers amplify nothing, so input is about 1
)
# Real ab is the mean of 16 whole numbers: without dither on both sides its steps of 1/16 would give it away
DITHER_LAB: Final = 1 / 16  # Lab units


class Discriminator(nn.Module):
    """ab to verdicts: above 0 real, below 0 generated."""

    def __init__(self, inputs: int = 2) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for width in WIDTHS:
            layers += [
                spectral_norm(nn.Conv2d(inputs, width, 3, padding=1)),
                spectral_norm(nn.Conv2d(width, width, 4, stride=2, padding=1)),
                nn.LeakyReLU(LEAK),
            ]
            inputs = width
        self.layers = nn.Sequential(*layers, spectral_norm(nn.Conv2d(inputs, 1, 3, padding=1)))

    def touch(self) -> None:
        """Compute the normalised weights, for `parametrize.cached` to keep."""
        for layer in self.layers:
            if isinstance(layer, nn.Conv2d):
                _ = layer.weight

    def forward(self, ab: Tensor) -> Tensor:
        """`ab`: (N, 2, h, w), Lab, sides a multiple of 8. Returns (N, 1, h/8, w/8)."""
        verdicts: Tensor = self.layers(ab / CHROMA_SCALE_LAB)
        return verdicts


class LabDiscriminator(Discriminator):
    """The ablation: it also sees L, to measure what the design gives up."""

    def __init__(self) -> None:
        super().__init__(3)

    def forward(self, ab: Tensor, L: Tensor | None = None) -> Tensor:
        """`L`: (N, 1, H, W), 0..100, of the same photos, at any multiple of the size of `ab`."""
        assert L is not None, "this variant sees L"
        small = F.avg_pool2d(L, L.shape[-1] // ab.shape[-1]) / 50 - 1
        verdicts: Tensor = self.layers(torch.cat([ab / CHROMA_SCALE_LAB, small], dim=1))
        return verdicts


def add_dither(ab: Tensor, rng: torch.Generator) -> Tensor:
    """Hide in what steps ab was stored; reals and fakes both go through here."""
    noise = torch.rand(ab.shape, generator=rng, device=rng.device).to(ab.device)
    return ab.float() + DITHER_LAB * (noise - 0.5)
