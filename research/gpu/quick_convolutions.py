"""The network's convolutions, each in the quickest of several ways on this device.

A generator that is read from a weights file has norms that add a bias and do nothing else; so a convolution and
its norm are one convolution here. cuDNN is slow at depthwise convolutions in bf16, and a 1 x 1 convolution of
channels that come last is a matrix product. Which way is quickest is measured before a run, in a few seconds.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from colorify.training.network.depthwise import DepthwiseConv
from colorify.training.network.unet import ConvNorm

FARTHEST = 0.35  # of a gradient in bf16, over its norm; two ways that are right differ by rounding
STEPS = 4  # that are timed


@dataclass
class Way:
    depthwise: str = "torch"  # or "triton"
    pointwise: str = "convolution"  # or "product"


WAY = Way()


def forward(self: ConvNorm, x: Tensor) -> Tensor:
    """`ConvNorm.forward` where the norm only adds its bias: see `training.export.batchnorm_folding.unfolded`."""
    conv, bias = self.conv, self.norm.bias
    kernel, stride = conv.kernel_size[0], conv.stride[0]
    depthwise = isinstance(conv, DepthwiseConv)
    if depthwise and WAY.depthwise == "triton":
        from depthwise_triton import convolve

        surplus = kernel - stride
        sides = tuple((side + surplus - kernel) // stride + 1 for side in x.shape[2:])
        y = convolve(x, conv.weight, bias, stride, surplus // 2, sides)
    elif kernel == 1 and WAY.pointwise == "product":
        y = F.linear(x.permute(0, 2, 3, 1), conv.weight[:, :, 0, 0], bias).permute(0, 3, 1, 2)
    else:
        x = x if self.pad is None else F.pad(x, self.pad)
        y = conv.convolve(x, conv.weight, bias) if depthwise else F.conv2d(x, conv.weight, bias, stride, conv.padding)
    return y if self.linear else F.relu6(y)


def choose_way(gradient: Callable[[], Tensor], device: torch.device) -> None:
    """Time `gradient`, one step's, in each way, and keep the quickest that gives what the first gives."""
    if device.type != "cuda":
        return
    first, seconds = None, {}
    for depthwise in ("torch", "triton"):
        for pointwise in ("convolution", "product"):
            WAY.depthwise, WAY.pointwise = depthwise, pointwise
            try:
                found = gradient()
            except Exception as error:  # a compiler's, say; the first way is always there
                if first is None:
                    raise
                print(f"{WAY}: {type(error).__name__}: {error}"[:500], flush=True)
                continue
            first = found if first is None else first
            off = float((found - first).norm() / first.norm())
            took = _time(gradient)
            print(f"{WAY}: {1000 * took:.1f} ms, gradient off by {off:.3f}", flush=True)
            if off < FARTHEST:
                seconds[depthwise, pointwise] = took
    WAY.depthwise, WAY.pointwise = min(seconds, key=seconds.__getitem__)
    print(f"chosen: {WAY}", flush=True)


def _time(step: Callable[[], Tensor]) -> float:
    for _ in range(2):
        step()
    torch.cuda.synchronize()
    began = time.monotonic()
    for _ in range(STEPS):
        step()
    torch.cuda.synchronize()
    return (time.monotonic() - began) / STEPS
