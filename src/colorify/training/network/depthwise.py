"""Depthwise convolution whose gradients are quick on a CPU.

PyTorch 2.13 (oneDNN 3.12) falls back to plain loops for two of them: that of a 5x5 kernel on channels-last
maps, and in bf16 that of the input where the stride is 2. They took a third of a training step;
`bench/depthwise.py` measures both. What is computed stays the same, but for the rounding of bf16.
"""

from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

WIDE: Final = 5  # px; the gradient of a kernel of this size is put together from those of four smaller ones
PART: Final = 3  # px; side of those, for which oneDNN is quick
CORNERS: Final = (0, WIDE - PART)  # px; where they lie; they overlap, and agree there


class DepthwiseConv(nn.Conv2d):
    """Convolve each channel with its own square kernel."""

    def __init__(self, channels: int, kernel: int, stride: int, padding: int) -> None:
        """`kernel`, `stride`, `padding`: px. There is no bias, unless `folding` gives it one."""
        super().__init__(channels, channels, kernel, stride, padding, groups=channels, bias=False)

    def forward(self, input: Tensor) -> Tensor:
        """`input`: (N, C, H, W). Returns (N, C, h, w)."""
        return self.convolve(input, self.weight, self.bias)

    def convolve(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """The same with these weights, (C, 1, k, k) and (C,), in place of its own."""
        learns = torch.is_grad_enabled() and weight.requires_grad
        if not learns or x.device.type != "cpu" or torch.compiler.is_compiling():
            return F.conv2d(x, weight, bias, self.stride, self.padding, groups=self.groups)
        apply: Any = _Depthwise.apply  # torch before 2.14 says nothing of its types
        y: Tensor = apply(x, weight, bias, self.stride[0], int(self.padding[0]))
        return y


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, stride: int, padding: int
    ) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.padding = stride, padding
        shift = None if bias is None else bias.to(x.dtype)
        return F.conv2d(x, weight.to(x.dtype), shift, stride, padding, groups=len(weight))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor, Tensor | None, None, None]:
        x, weight = ctx.saved_tensors
        stride, padding = ctx.stride, ctx.padding
        of_x = None
        if ctx.needs_input_grad[0]:
            quick = torch.float32 if stride > 1 else x.dtype
            of_x = _gradients(x.to(quick), grad.to(quick), weight, stride, padding, of_input=True).to(x.dtype)
        wide = weight.shape[-1] == WIDE
        kernel_gradient = (_of_wide if wide else _gradients)(x, grad, weight, stride, padding)
        of_weight = torch.empty_like(weight).copy_(kernel_gradient)  # its strides too, as DDP wants them
        of_bias = grad.sum((0, 2, 3), dtype=torch.float32) if ctx.needs_input_grad[2] else None
        return of_x, of_weight, of_bias, None, None


def _gradients(
    x: Tensor, grad: Tensor, weight: Tensor, stride: int, padding: int, *, of_input: bool = False
) -> Tensor:
    """Return PyTorch's own gradient, of the weight or of the input."""
    found: tuple[Tensor, ...] = torch.ops.aten.convolution_backward(
        grad,
        x,
        weight.to(x.dtype),
        bias_sizes=None,
        stride=[stride] * 2,
        padding=[padding] * 2,
        dilation=[1, 1],
        transposed=False,
        output_padding=[0, 0],
        groups=len(weight),
        output_mask=[of_input, not of_input, False],
    )
    return found[0] if of_input else found[1]


def _of_wide(x: Tensor, grad: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    """Return the gradient of a 5x5 kernel, (C, 1, 5, 5): each quarter sees the input from its own corner."""
    padded = F.pad(x, [padding] * 4)
    height, width = (stride * (side - 1) + PART for side in grad.shape[2:])
    part = weight[..., :PART, :PART]
    gradient = torch.empty_like(weight)
    for top in CORNERS:
        for left in CORNERS:
            window = padded[:, :, top : top + height, left : left + width]
            window = window.contiguous(memory_format=torch.channels_last)
            gradient[..., top : top + PART, left : left + PART] = _gradients(window, grad, part, stride, 0)
    return gradient
