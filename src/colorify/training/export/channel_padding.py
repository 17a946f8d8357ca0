"""Convolutions whose input channels come in whole blocks, as ONNX Runtime's fast ones want them.

It reads 16 channels at once, or 8, and takes a slower way for a convolution whose last block is not full. So
in the exported network zeros fill it up, beside the channels and in the weights alike: the same function. The
weights that the file holds keep their shape, so that training can go on from them; ONNX Runtime adds the
zeros once, when it loads them. At 320 px the whole generator takes 0.93 of its time.
"""

from typing import Final

from torch import Tensor, nn
from torch.nn import functional as F

from colorify.training.network.unet import DecoderBlock, UNet

BLOCK_CHANNELS: Final = 16  # channels


class PaddedConv(nn.Module):
    """A 3 x 3 convolution with channels of zeros up to a whole number of blocks."""

    def __init__(self, conv: nn.Conv2d) -> None:
        """Share the weights of `conv`, which has a bias and one group."""
        super().__init__()
        self.weight, self.bias = conv.weight, conv.bias
        self.zeros = (
            0,
            0,
            0,
            0,
            0,
            -conv.in_channels % BLOCK_CHANNELS,
        )  # left, right, top, bottom, before, after

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(F.pad(x, self.zeros), F.pad(self.weight, self.zeros), self.bias, padding=1)


def pad_channels(network: UNet) -> None:
    """Fill up the channels of the convolutions that need it, in place; after `folded`, which gives biases."""
    for module in network.modules():
        if isinstance(module, DecoderBlock):
            module.merge.conv = PaddedConv(module.merge.conv)  # type: ignore[assignment]
