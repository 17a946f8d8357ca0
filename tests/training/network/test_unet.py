import pytest
import torch

from colorify.training.network.pretrained_backbone import load_pretrained
from colorify.training.network.unet import MULTIPLE, STRIDE, ConvNorm, UNet, pool_hints

BINS = 7


@pytest.fixture(scope="module")
def network() -> UNet:
    torch.manual_seed(0)
    network = UNet(BINS)
    load_pretrained(network.backbone)
    return network.eval()


def no_hints(L: torch.Tensor) -> torch.Tensor:
    n, _, height, width = L.shape
    return torch.zeros(n, 3, height // STRIDE, width // STRIDE)


@torch.inference_mode()
@pytest.mark.parametrize("sides", [(32, 32), (64, 96), (MULTIPLE * 3, MULTIPLE)])
def test_any_multiple_of_32_gives_logits_at_stride_4(network: UNet, sides: tuple[int, int]) -> None:
    L = torch.rand(2, 1, *sides) * 100
    assert network(L, no_hints(L)).shape == (2, BINS, sides[0] // 4, sides[1] // 4)


@torch.inference_mode()
def test_the_pretrained_backbone_tells_textures_apart(network: UNet) -> None:
    """Features of one texture under two exposures are closer than those of two textures: not so untrained."""
    x = torch.arange(128.0)
    stripes = 50 + 30 * torch.sin(x / 3).expand(128, 128)
    checks = 50 + 30 * torch.sign(torch.sin(x / 9)[:, None] * torch.sin(x / 9)[None])
    photos = torch.stack([stripes, stripes * 0.8 + 5, checks])[:, None]
    features = network.backbone(photos)[-1].mean((2, 3))
    same, other = (torch.cosine_similarity(features[0], features[i], dim=0) for i in (1, 2))
    assert same > 0.8 > other


@torch.inference_mode()
def test_zero_hints_are_no_hints_and_a_hint_acts(network: UNet) -> None:
    L = torch.rand(1, 1, 64, 64) * 100
    hints = no_hints(L)
    automatic = network(L, hints)
    hints[0, :, 4, 4] = torch.tensor([40.0, -20.0, 1.0])
    change = (network(L, hints) - automatic).abs().sum(1)[0]
    assert change[4, 4] > 0


def test_pooling_keeps_a_lone_hint_at_full_strength() -> None:
    hints = torch.zeros(1, 3, 4, 4)
    hints[0, :, 1, 1] = torch.tensor([0.5, -0.25, 1.0])
    hints[0, :, 2:, 2:] = torch.tensor([0.1, 0.2, 1.0])[:, None, None]
    pooled = pool_hints(hints)
    assert pooled[0, :, 0, 0].tolist() == [0.5, -0.25, 1.0]
    assert pooled[0, :, 1, 1].tolist() == pytest.approx([0.1, 0.2, 1.0])
    assert pooled[0, :, 0, 1].abs().sum() == 0
    assert pool_hints(pooled)[0, 2].tolist() == [[1.0]]


def test_every_decoder_weight_learns(network: UNet) -> None:
    torch.manual_seed(0)
    fresh = UNet(BINS)
    L = torch.rand(2, 1, 64, 64) * 100
    hints = no_hints(L)
    hints[:, :, 3:6, 3:6] = 1
    fresh(L, hints).square().mean().backward()
    # attention starts as the identity: its inner weights learn from the second step on
    idle = [name for name, p in fresh.named_parameters() if p.grad is None or not p.grad.any()]
    assert all(name.startswith(("attend.", "think.")) for name in idle)


@pytest.mark.parametrize("layer", [ConvNorm(8, 16, 3), ConvNorm(16, 16, 5, stride=2, depthwise=True)])
def test_a_norm_whose_statistics_stay_goes_into_the_weights(layer: ConvNorm) -> None:
    torch.manual_seed(0)
    assert layer.norm.running_mean is not None
    assert layer.norm.running_var is not None
    for values in (layer.norm.running_mean, layer.norm.running_var, layer.norm.weight, layer.norm.bias):
        torch.nn.init.uniform_(values, 0.5, 2.0)
    layer.eval()
    x = torch.randn(2, layer.conv.in_channels, 16, 16)
    apart = layer.norm(layer.conv(x if layer.pad is None else torch.nn.functional.pad(x, layer.pad)))
    expected, found = apart.clamp(0, 6), layer(x)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    wanted = layer.conv.weight, layer.norm.weight, layer.norm.bias
    both = [torch.autograd.grad((y * y.detach()).sum(), wanted) for y in (found, expected)]
    for one, other in zip(*both, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-2)
