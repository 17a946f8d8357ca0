"""The generator's network: an EfficientNet-Lite2 backbone that sees L, and a U-Net decoder that sees hints.

The backbone (Tan & Le 2019; the Lite variant has no squeeze-and-excite and ReLU6 only, so that it quantises)
runs once a photo. Hints enter after it, so that a changed hint re-runs the decoder alone. The decoder ends at
stride 4 with a distribution over ab bins (Zhang et al. 2016); the photo's own L brings back the edges.

Shapes: L (N, 1, H, W) float32, 0..100, sides a multiple of 32; hints (N, 3, H/4, W/4): a, b, and 1 where the
user gave a colour, 0, 0, 0 elsewhere; logits (N, bins, H/4, W/4).
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from colorify.training.network.depthwise import DepthwiseConv

MULTIPLE: Final = 32  # px; sides of L
STRIDE: Final = 4  # px of L a px of ab
ATTENTION_BLOCKS: Final = 6  # blocks that look over the whole picture
HINT_TICKS: Final = (-75, -50, -25, 0, 25, 50, 75)  # Lab units; a hint's a and b become weights on these
HINT_CHANNELS: Final = 2 * len(HINT_TICKS) + 1


class Stage(NamedTuple):
    """One row of EfficientNet-Lite2."""

    blocks: int
    kernel: int  # px
    stride: int
    expansion: int
    channels: int


STEM_CHANNELS: Final = 32
STAGES: Final = (
    Stage(1, 3, 1, 1, 16),
    Stage(3, 3, 2, 6, 24),
    Stage(3, 5, 2, 6, 48),
    Stage(4, 3, 2, 6, 88),
    Stage(4, 5, 1, 6, 120),
    Stage(5, 5, 2, 6, 208),
    Stage(1, 3, 1, 6, 352),
)
TAPS: Final = (1, 2, 4, 6)  # stages whose outputs the decoder sees
TAP_STRIDES: Final = (4, 8, 16, 32)  # px of L to a px of these


class ConvNorm(nn.Module):
    """Convolution with TensorFlow's "SAME" padding, batch norm, and ReLU6 unless `linear`."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 1,
        *,
        stride: int = 1,
        depthwise: bool = False,
        linear: bool = False,
    ) -> None:
        super().__init__()
        surplus = kernel - stride  # sides are even wherever stride is 2
        low, high = surplus // 2, surplus - surplus // 2
        self.pad = (low, high, low, high) if low != high else None
        padding = low if self.pad is None else 0
        self.conv: nn.Conv2d = (
            DepthwiseConv(outputs, kernel, stride, padding)
            if depthwise
            else nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        )
        self.norm = nn.BatchNorm2d(outputs, eps=1e-3)
        self.linear = linear

    def forward(self, x: Tensor) -> Tensor:
        if self.pad is not None:
            x = F.pad(x, self.pad)
        x = self._fixed(x) if self._is_fixed() else self.norm(self.conv(x))
        return x if self.linear else F.relu6(x)

    def _is_fixed(self) -> bool:
        """Whether there is a norm, and its statistics stay: then it is two numbers a channel."""
        return isinstance(self.norm, nn.BatchNorm2d) and not self.norm.training

    def _fixed(self, x: Tensor) -> Tensor:
        """Convolve and normalise at once: one look at the whole map less, there and back."""
        norm, conv = self.norm, self.conv
        assert norm.running_mean is not None
        assert norm.running_var is not None
        scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
        shift = norm.bias - norm.running_mean * scale
        weight = conv.weight * scale[:, None, None, None]
        if isinstance(conv, DepthwiseConv):
            return conv.convolve(x, weight, shift)
        return F.conv2d(x, weight, shift, conv.stride, conv.padding)


class InvertedResidual(nn.Module):
    """Expand, convolve each channel, project (Sandler et al. 2018)."""

    def __init__(self, inputs: int, stage: Stage, stride: int) -> None:
        super().__init__()
        wide = inputs * stage.expansion
        expand = [ConvNorm(inputs, wide)] if stage.expansion != 1 else []
        self.layers = nn.Sequential(
            *expand,
            ConvNorm(wide, wide, stage.kernel, stride=stride, depthwise=True),
            ConvNorm(wide, stage.channels, linear=True),
        )
        self.residual = stride == 1 and inputs == stage.channels

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return x + y if self.residual else y


class Backbone(nn.Module):
    """L to features at strides 4, 8, 16, 32 with 24, 48, 120, 352 channels."""

    channels: Final = tuple(STAGES[tap].channels for tap in TAPS)

    def __init__(self) -> None:
        super().__init__()
        self.stem = ConvNorm(1, STEM_CHANNELS, 3, stride=2)
        self.stages = nn.ModuleList()
        inputs = STEM_CHANNELS
        for stage in STAGES:
            strides = [stage.stride] + [1] * (stage.blocks - 1)
            widths = [inputs] + [stage.channels] * (stage.blocks - 1)
            blocks = [
                InvertedResidual(width, stage, stride) for width, stride in zip(widths, strides, strict=True)
            ]
            self.stages.append(nn.Sequential(*blocks))
            inputs = stage.channels

    def forward(self, L: Tensor) -> list[Tensor]:
        x = self.stem((L * 2.55 - 127) / 128)  # the input scale that the pretrained weights were made for
        taps = []
        for number, stage in enumerate(self.stages):
            x = stage(x)
            if number in TAPS:
                taps.append(x)
        return taps


class Attention(nn.Module):
    """Every place looks at every other once, so that one sky gets one blue (Vaswani et al. 2017)."""

    def __init__(self, channels: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(1, channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.out = nn.Conv2d(channels, channels, 1)
        for parameter in self.out.parameters():
            nn.init.zeros_(parameter)  # at first the identity

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        q, k, v = self.qkv(self.norm(x)).reshape(n, 3 * self.heads, c // self.heads, h * w).mT.chunk(3, dim=1)
        # in bf16 on a CPU twice as fast, there and back, as F.scaled_dot_product_attention
        alike = (q @ k.mT * (c // self.heads) ** -0.5).softmax(dim=-1)
        context = (alike @ v).mT.reshape(n, c, h, w)
        y: Tensor = x + self.out(context)
        return y


class AttentionBlock(nn.Module):
    """What a place sees elsewhere, then what it makes of it: one block of a transformer, on convolutions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.attend = Attention(channels)
        self.widen = ConvNorm(channels, 2 * channels)
        self.narrow = ConvNorm(2 * channels, channels, linear=True)
        nn.init.zeros_(self.narrow.norm.weight)  # at first the identity

    def forward(self, x: Tensor) -> Tensor:
        x = self.attend(x)
        y: Tensor = x + self.narrow(self.widen(x))
        return y


class DecoderBlock(nn.Module):
    """One step up the U: what comes from below, the backbone's features and the hints, convolved twice."""

    def __init__(self, below: int, tap: int, channels: int) -> None:
        super().__init__()
        self.merge = ConvNorm(below + tap + HINT_CHANNELS, channels, 3)
        self.refine = ConvNorm(channels, channels, 3, linear=True)

    def forward(self, below: Tensor, tap: Tensor, hints: Tensor) -> Tensor:
        up = F.interpolate(below, scale_factor=2.0, mode="bilinear", align_corners=False)
        x = self.merge(torch.cat([up, tap, hints], dim=1))
        return F.relu6(x + self.refine(x))


class UNet(nn.Module):
    """L and hints to logits over `bins` ab bins at stride 4."""

    def __init__(self, bins: int, widths: Sequence[int] = (192, 160, 96, 64)) -> None:
        """`widths`: channels of the decoder at strides 32, 16, 8, 4."""
        super().__init__()
        self.backbone = Backbone()
        at4, at8, at16, at32 = self.backbone.channels
        self.bottom = ConvNorm(at32, widths[0])
        self.fuse16 = DecoderBlock(widths[0], at16, widths[1])
        self.attend = Attention(widths[1])
        self.think = nn.Sequential(*(AttentionBlock(widths[1]) for _ in range(ATTENTION_BLOCKS)))
        self.fuse8 = DecoderBlock(widths[1], at8, widths[2])
        self.fuse4 = DecoderBlock(widths[2], at4, widths[3])
        self.head = nn.Conv2d(widths[3], bins, 1)

    def forward(self, L: Tensor, hints: Tensor) -> Tensor:
        return self.decode(self.backbone(L), hints)

    def decode(self, taps: list[Tensor], hints: Tensor) -> Tensor:
        """All that a changed hint re-runs. `taps`: what the backbone returned."""
        hints4 = encode_hints(hints)
        hints8 = pool_hints(hints4)
        at4, at8, at16, at32 = taps
        x = self.think(self.attend(self.fuse16(self.bottom(at32), at16, pool_hints(hints8))))
        x = self.fuse8(x, at8, hints8)
        logits: Tensor = self.head(self.fuse4(x, at4, hints4))
        return logits


def encode_hints(hints: Tensor) -> Tensor:
    """Spread each hint's a and b over the two nearest ticks, as a network tells colours apart more easily.

    Two bare numbers were tried first: after 34,000 photos the network had hardly noticed them.
    `hints`: (N, 3, h, w): a, b, mask. Returns (N, HINT_CHANNELS, h, w): weights on a's ticks, on b's, mask.
    """
    mask = hints[:, 2:]
    step = HINT_TICKS[1] - HINT_TICKS[0]
    inside = hints[:, :2].clamp(HINT_TICKS[0], HINT_TICKS[-1])
    weights = [F.relu(1 - (inside - tick).abs() / step) * mask for tick in HINT_TICKS]
    return torch.cat([*weights, mask], dim=1)


def pool_hints(hints: Tensor) -> Tensor:
    """Halve encoded hints: the mean of those in each 2x2 cell, and 1 in the mask if there is any."""
    total = F.avg_pool2d(hints, 2)
    share = total[:, -1:]
    return torch.cat([total[:, :-1] / share.clamp(min=0.25), (share * 4).clamp(max=1)], dim=1)
