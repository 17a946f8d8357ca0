"""Depthwise convolution on a GPU, channels last, by three Triton kernels.

cuDNN's gradients of depthwise convolutions in bf16 take most of a training step. A map is (N, H, W, C) in memory;
a program works on a block of pixels and a block of channels, and goes through the taps of the kernel one by one.
"""

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

PIXELS, CHANNELS = 32, 64  # of a program
SPLITS = 64  # programs that share the pixels of one tap's gradient
UNSPECIAL = ("pixels", "H", "W", "Ho", "Wo", "chunk")  # one compilation for all sizes


@triton.jit(do_not_specialize=UNSPECIAL[:-1])
def _convolve(
    x,
    w,
    b,
    y,
    pixels,
    H,
    W,
    C,
    Ho,
    Wo,
    STRIDE: tl.constexpr,
    PAD: tl.constexpr,
    K: tl.constexpr,
    BIAS: tl.constexpr,
    P: tl.constexpr,
    B: tl.constexpr,
):
    p = tl.program_id(0) * P + tl.arange(0, P)
    c = tl.program_id(1) * B + tl.arange(0, B)
    of_map, of_c = p < pixels, c < C
    n, rest = p // (Ho * Wo), p % (Ho * Wo)
    top, left = (rest // Wo) * STRIDE - PAD, (rest % Wo) * STRIDE - PAD
    total = tl.zeros((P, B), dtype=tl.float32)
    if BIAS:
        total += tl.load(b + c, mask=of_c, other=0.0)[None, :]
    for i in tl.static_range(K):
        for j in tl.static_range(K):
            h, v = top + i, left + j
            inside = of_map & (h >= 0) & (h < H) & (v >= 0) & (v < W)
            at = ((n * H + h) * W + v) * C
            seen = tl.load(x + at[:, None] + c[None, :], mask=inside[:, None] & of_c[None, :], other=0.0)
            tap = tl.load(w + (i * K + j) * C + c, mask=of_c, other=0.0)
            total += seen.to(tl.float32) * tap[None, :]
    tl.store(y + (p * C)[:, None] + c[None, :], total.to(y.dtype.element_ty), mask=of_map[:, None] & of_c[None, :])


@triton.jit(do_not_specialize=UNSPECIAL[:-1])
def _of_input(
    g,
    w,
    dx,
    pixels,
    H,
    W,
    C,
    Ho,
    Wo,
    STRIDE: tl.constexpr,
    PAD: tl.constexpr,
    K: tl.constexpr,
    P: tl.constexpr,
    B: tl.constexpr,
):
    p = tl.program_id(0) * P + tl.arange(0, P)
    c = tl.program_id(1) * B + tl.arange(0, B)
    of_map, of_c = p < pixels, c < C
    n, rest = p // (H * W), p % (H * W)
    h, v = rest // W + PAD, rest % W + PAD
    total = tl.zeros((P, B), dtype=tl.float32)
    for i in tl.static_range(K):
        for j in tl.static_range(K):
            down, across = h - i, v - j
            ho, wo = down // STRIDE, across // STRIDE
            inside = of_map & (down >= 0) & (across >= 0) & (ho < Ho) & (wo < Wo)
            if STRIDE > 1:
                inside = inside & (down % STRIDE == 0) & (across % STRIDE == 0)
            at = ((n * Ho + ho) * Wo + wo) * C
            seen = tl.load(g + at[:, None] + c[None, :], mask=inside[:, None] & of_c[None, :], other=0.0)
            tap = tl.load(w + (i * K + j) * C + c, mask=of_c, other=0.0)
            total += seen.to(tl.float32) * tap[None, :]
    tl.store(dx + (p * C)[:, None] + c[None, :], total.to(dx.dtype.element_ty), mask=of_map[:, None] & of_c[None, :])


@triton.jit(do_not_specialize=UNSPECIAL)
def _of_weight(
    x,
    g,
    parts,
    pixels,
    H,
    W,
    C,
    Ho,
    Wo,
    chunk,
    STRIDE: tl.constexpr,
    PAD: tl.constexpr,
    K: tl.constexpr,
    P: tl.constexpr,
    B: tl.constexpr,
):
    c = tl.program_id(0) * B + tl.arange(0, B)
    i = tl.program_id(1) // K
    j = tl.program_id(1) % K
    split = tl.program_id(2)
    of_c = c < C
    total = tl.zeros((P, B), dtype=tl.float32)
    first = split * chunk
    last = tl.minimum(first + chunk, pixels)
    for start in range(first, last, P):
        p = start + tl.arange(0, P)
        of_map = p < last
        n, rest = p // (Ho * Wo), p % (Ho * Wo)
        h, v = (rest // Wo) * STRIDE - PAD + i, (rest % Wo) * STRIDE - PAD + j
        inside = of_map & (h >= 0) & (h < H) & (v >= 0) & (v < W)
        at = ((n * H + h) * W + v) * C
        mask = inside[:, None] & of_c[None, :]
        seen = tl.load(x + at[:, None] + c[None, :], mask=mask, other=0.0)
        grad = tl.load(g + (p * C)[:, None] + c[None, :], mask=mask, other=0.0)
        total += seen.to(tl.float32) * grad.to(tl.float32)
    at = (split * K * K + tl.program_id(1)) * C
    tl.store(parts + at + c, tl.sum(total, axis=0), mask=of_c)


def _last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)


def _like(x: Tensor, n: int, c: int, h: int, w: int) -> Tensor:
    return torch.empty((n, c, h, w), dtype=x.dtype, device=x.device, memory_format=torch.channels_last)


class Depthwise(torch.autograd.Function):
    """See `convolve`."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, stride: int, pad: int, out: tuple[int, int]
    ) -> Tensor:
        x = _last(x)
        n, c, h, w = x.shape
        k = weight.shape[-1]
        taps = weight.detach().float().reshape(c, k * k).t().contiguous()
        y = _like(x, n, c, *out)
        pixels = n * out[0] * out[1]
        shift = taps if bias is None else bias.detach().float().contiguous()
        grid = (triton.cdiv(pixels, PIXELS), triton.cdiv(c, CHANNELS))
        _convolve[grid](x, taps, shift, y, pixels, h, w, c, *out, stride, pad, k, bias is not None, PIXELS, CHANNELS)
        ctx.save_for_backward(x, taps)
        ctx.sizes = stride, pad, k, out, bias is not None
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        x, taps = ctx.saved_tensors
        stride, pad, k, (ho, wo), biased = ctx.sizes
        n, c, h, w = x.shape
        grad = _last(grad)
        dx = None
        if ctx.needs_input_grad[0]:
            dx = _like(x, n, c, h, w)
            grid = (triton.cdiv(n * h * w, PIXELS), triton.cdiv(c, CHANNELS))
            _of_input[grid](grad, taps, dx, n * h * w, h, w, c, ho, wo, stride, pad, k, PIXELS, CHANNELS)
        dw = None
        if ctx.needs_input_grad[1]:
            pixels = n * ho * wo
            chunk = triton.cdiv(triton.cdiv(pixels, SPLITS), PIXELS) * PIXELS
            parts = torch.empty((SPLITS, k * k, c), dtype=torch.float32, device=x.device)
            _of_weight[(triton.cdiv(c, CHANNELS), k * k, SPLITS)](
                x, grad, parts, pixels, h, w, c, ho, wo, chunk, stride, pad, k, PIXELS, CHANNELS
            )
            dw = parts.sum(0).t().reshape(c, 1, k, k)
        db = grad.sum((0, 2, 3), dtype=torch.float32) if biased and ctx.needs_input_grad[2] else None
        return dx, dw, db, None, None, None


def convolve(x: Tensor, weight: Tensor, bias: Tensor | None, stride: int, pad: int, out: tuple[int, int]) -> Tensor:
    """Convolve each channel with its own kernel; zeros are padded, `pad` before and what is needed behind.

    `x`: (N, C, H, W), channels last; `weight`: (C, 1, K, K), `bias`: (C,), float32; `out`: height and width.
    """
    return Depthwise.apply(x, weight, bias, stride, pad, out)
