"""The gradients of a depthwise convolution: PyTorch's own, to the last rounding."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from colorify.training.network.depthwise import DepthwiseConv

SHAPES = [(5, 1, 2, 7), (5, 2, 0, 17), (3, 1, 1, 14), (3, 2, 0, 15)]  # kernel, stride, padding, side of x


def gradients(y: Tensor, wanted: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    seen = torch.randn(y.shape, generator=torch.Generator().manual_seed(2))
    return torch.autograd.grad(y, wanted, seen.to(y.dtype))


def pair(kernel: int, stride: int, padding: int, side: int) -> tuple[DepthwiseConv, Tensor]:
    torch.manual_seed(1)
    layer = DepthwiseConv(24, kernel, stride, padding).to(memory_format=torch.channels_last)
    x = torch.randn(3, 24, side, side).to(memory_format=torch.channels_last).requires_grad_()
    return layer, x


@pytest.mark.parametrize(("kernel", "stride", "padding", "side"), SHAPES)
def test_output_and_gradients_are_those_of_a_plain_convolution(
    kernel: int, stride: int, padding: int, side: int
) -> None:
    layer, x = pair(kernel, stride, padding, side)
    plain = F.conv2d(x, layer.weight, None, stride, padding, groups=24)
    torch.testing.assert_close(layer(x), plain)
    wanted = x, layer.weight
    for found, expected in zip(gradients(layer(x), wanted), gradients(plain, wanted), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-3)
        assert found.stride() == expected.stride()


@pytest.mark.parametrize(("kernel", "stride", "padding", "side"), SHAPES)
def test_half_precision_comes_close_and_leaves_the_weights_whole(
    kernel: int, stride: int, padding: int, side: int
) -> None:
    layer, x = pair(kernel, stride, padding, side)
    exact = gradients(layer(x), (x, layer.weight))
    half = x.detach().bfloat16().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        y = layer(half)
    assert y.dtype == torch.bfloat16
    of_x, of_weight = gradients(y, (half, layer.weight))
    assert (of_x.dtype, of_weight.dtype) == (torch.bfloat16, torch.float32)
    for found, expected in zip((of_x.float(), of_weight), exact, strict=True):
        # CPUs without bf16 of their own add up in it: 0.017 was seen
        assert (found - expected).abs().max() < 0.03 * expected.abs().max()


@pytest.mark.parametrize(("kernel", "stride", "padding", "side"), SHAPES)
def test_a_bias_learns_too(kernel: int, stride: int, padding: int, side: int) -> None:
    layer, x = pair(kernel, stride, padding, side)
    bias = torch.randn(24, requires_grad=True)
    plain = F.conv2d(x, layer.weight, bias, stride, padding, groups=24)
    found = layer.convolve(x, layer.weight, bias)
    torch.testing.assert_close(found, plain)
    (of_bias,), (expected,) = gradients(found, (bias,)), gradients(plain, (bias,))
    torch.testing.assert_close(of_bias, expected, rtol=1e-4, atol=1e-3)


def test_the_input_needs_no_gradient() -> None:
    layer, x = pair(*SHAPES[0])
    layer(x.detach()).sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.abs().sum() > 0
