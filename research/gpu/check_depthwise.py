"""Compares `depthwise_triton` with PyTorch, on the CPU, by TRITON_INTERPRET=1 (with triton, and numpy before 2.4)."""

import torch
from depthwise_triton import convolve
from torch.nn import functional as F

# n, c, h, w, kernel, stride
CASES = ((2, 20, 9, 10, 3, 1), (2, 70, 8, 8, 3, 2), (1, 33, 8, 12, 5, 1), (2, 16, 12, 8, 5, 2))

torch.manual_seed(0)
for n, c, h, w, kernel, stride in CASES:
    before = (kernel - stride) // 2
    after = kernel - stride - before
    inputs = [torch.randn(shape, requires_grad=True) for shape in ((n, c, h, w), (c, 1, kernel, kernel), (c,))]
    x, weight, bias = inputs
    expected = F.conv2d(F.pad(x, (before, after, before, after)), weight, bias, stride, groups=c)
    grad = torch.randn_like(expected)
    of_torch = torch.autograd.grad(expected, inputs, grad)
    found = convolve(x, weight, bias, stride, before, (expected.shape[2], expected.shape[3]))
    of_triton = torch.autograd.grad(found, inputs, grad)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(of_triton, of_torch, rtol=1e-4, atol=1e-4)
    print(f"{kernel} x {kernel}, stride {stride}: the same")
