"""Batch norm folded into the convolutions for export, and unfolded again to train on.

Done here, not by an optimiser of ONNX, so that every exported weight keeps its name and shape in the network
and can come back: the weights file alone is enough to go on from.
"""

from copy import deepcopy

import torch
from torch import Tensor, nn

from colorify.training.network.unet import Attention, ConvNorm, UNet

NORM_EPS = 1e-3  # of ConvNorm


def fold_batchnorm(network: UNet) -> UNet:
    """Return a copy for inference: convolutions with bias and no norm parameters left; the same function."""
    copy = deepcopy(network).eval()
    for module in copy.modules():
        if isinstance(module, ConvNorm) and isinstance(module.norm, nn.BatchNorm2d):
            _fold_convolution(module)
        elif isinstance(module, Attention):
            _fold_attention(module)
    return copy


def unfold_batchnorm(state: dict[str, Tensor], network: UNet) -> dict[str, Tensor]:
    """Return what `network` loads to compute the same as the folded network whose entries `state` holds.

    The norms do nothing but add the bias as long as their statistics stay fixed.
    """
    entries = dict(state)
    for name, module in network.named_modules():
        if isinstance(module, ConvNorm):
            bias = entries.pop(f"{name}.conv.bias")
            entries[f"{name}.norm.bias"] = bias
            entries[f"{name}.norm.weight"] = torch.ones_like(bias)
            entries[f"{name}.norm.running_mean"] = torch.zeros_like(bias)
            entries[f"{name}.norm.running_var"] = torch.full_like(bias, 1 - NORM_EPS)
            entries[f"{name}.norm.num_batches_tracked"] = torch.tensor(0)
        elif isinstance(module, Attention):
            entries[f"{name}.norm.weight"] = torch.ones(module.norm.num_channels)
            entries[f"{name}.norm.bias"] = torch.zeros(module.norm.num_channels)
    return entries


def _fold_convolution(module: ConvNorm) -> None:
    norm, conv = module.norm, module.conv
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
    conv.weight.data = (conv.weight.double() * scale[:, None, None, None]).float()
    conv.bias = nn.Parameter((norm.bias.double() - norm.running_mean.double() * scale).float())
    module.norm = nn.Identity()  # type: ignore[assignment]


def _fold_attention(module: Attention) -> None:
    """Move what scales and shifts the normalised input into the convolution that follows it."""
    norm, conv = module.norm, module.qkv
    assert conv.bias is not None
    kernel = conv.weight.data[:, :, 0, 0].double()
    conv.bias.data = (conv.bias.double() + kernel @ norm.bias.double()).float()
    conv.weight.data = (kernel * norm.weight.double()).float()[:, :, None, None]
    nn.init.ones_(norm.weight)
    nn.init.zeros_(norm.bias)
