"""Depthwise convolution whose gradients are quick on a CPU.

PyTorch 2.13 (oneDNN 3.12) falls back to plain loops for two of them: that of a 5x5 kernel on channels-last
maps, and in bf16 that of the input where the stride is 2. They took a third of a training step;
`bench/depthwise.py` measures both. What is computed stays the same.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

WIDE = 5  # px; kernels from here on have their weights' gradient summed here


class DepthwiseConv(nn.Conv2d):
    """Convolve each channel with its own square kernel."""

    def __init__(self, channels: int, kernel: int, stride: int, padding: int) -> None:
        """`kernel`, `stride`, `padding`: px. There is no bias."""
        super().__init__(channels, channels, kernel, stride, padding, groups=channels, bias=False)

    def forward(self, input: Tensor) -> Tensor:
        """`input`: (N, C, H, W). Returns (N, C, h, w)."""
        learns = torch.is_grad_enabled() and self.weight.requires_grad
        folded = self.bias is not None  # see `folding`: it only looks
        if not learns or folded or input.device.type != "cpu" or torch.compiler.is_compiling():
            return super().forward(input)
        apply = _Depthwise.apply
        y: Tensor = apply(input, self.weight, self.stride[0], int(self.padding[0]))  # type: ignore[no-untyped-call]
        return y


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.padding = stride, padding
        return F.conv2d(x, weight.to(x.dtype), None, stride, padding, groups=len(weight))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor, None, None]:
        x, weight = ctx.saved_tensors
        wide = weight.shape[-1] >= WIDE
        dtype = torch.float32 if ctx.stride > 1 else x.dtype
        of_x, of_weight, _ = torch.ops.aten.convolution_backward(
            *(tensor.to(dtype) for tensor in (grad, x, weight)),
            bias_sizes=None,
            stride=[ctx.stride] * 2,
            padding=[ctx.padding] * 2,
            dilation=[1, 1],
            transposed=False,
            output_padding=[0, 0],
            groups=len(weight),
            output_mask=[ctx.needs_input_grad[0], not wide, False],
        )
        if wide:
            of_weight = _gradient_of_weight(x, grad, weight.shape[-1], ctx.stride, ctx.padding)
        of_weight = torch.empty_like(weight).copy_(of_weight)  # its strides too, as DDP wants them
        return None if of_x is None else of_x.to(x.dtype), of_weight, None, None


def _gradient_of_weight(x: Tensor, grad: Tensor, kernel: int, stride: int, padding: int) -> Tensor:
    """Sum, for every place of the kernel, what was seen there times what came of it. Returns (C, 1, k, k)."""
    padded = F.pad(x.float(), [padding] * 4).permute(0, 2, 3, 1)
    seen_from = grad.float().permute(0, 2, 3, 1)
    height, width = (stride * (side - 1) + 1 for side in grad.shape[2:])
    sums = [
        (padded[:, top : top + height : stride, left : left + width : stride] * seen_from).sum((0, 1, 2))
        for top in range(kernel)
        for left in range(kernel)
    ]
    return torch.stack(sums, dim=1).view(-1, 1, kernel, kernel)
