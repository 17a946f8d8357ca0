"""Which cells one click means: a U-Net over what the rule knows and what the generator's backbone sees."""

from typing import Final

import torch
from evidence import EVIDENCE, PLANES, RULE, STRIDES
from torch import Tensor, nn
from torch.nn import functional as F

CHANNELS: Final = {4: 24, 8: 48, 16: 120, 32: 352}  # of the backbone's features
FEATURE_SIZES: Final = {4: 7.3, 8: 6.2, 16: 4.2, 32: 1.1}  # mean absolute values of them
WIDTHS: Final = {4: 24, 8: 40, 16: 64, 32: 96}
WITH_PLANES: Final = (4, 8)  # strides at which the photo's planes are seen


def _convolve(inputs: int, outputs: int, side: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, side, padding=side // 2), nn.ReLU(inplace=True))


class ClickNetwork(nn.Module):
    """At first it says what the rule says; it learns by how much that is wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.look, self.compare, self.join = nn.ModuleDict(), nn.ModuleDict(), nn.ModuleDict()
        below = 0
        for stride in reversed(STRIDES):
            width, key = WIDTHS[stride], str(stride)
            seen = CHANNELS[stride] + (PLANES if stride in WITH_PLANES else 0)
            self.look[key] = _convolve(seen, width, 1)
            self.compare[key] = _convolve(2 * width + EVIDENCE, width, 1)
            self.join[key] = nn.Sequential(_convolve(below + width, width, 3), _convolve(width, width, 3))
            below = width
        self.out = nn.Conv2d(below + EVIDENCE, 1, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)  # type: ignore[arg-type]
        self.rule = nn.Parameter(torch.tensor(1.0))

    def forward(self, planes: Tensor, features: list[Tensor], evidence: Tensor, regions: Tensor) -> Tensor:
        """Return logits of each cell's belonging to each click: (k, 1, h, w); h and w multiples of 8.

        `planes`: (1, PLANES, h, w). `features`: (1, C, h', w') each. `evidence`: (k, EVIDENCE, h, w).
        `regions`: (k, 1, h, w), 1 where the rule says that the thing is.
        """
        made: Tensor | None = None
        for stride, seen in reversed(list(zip(STRIDES, features, strict=True))):
            step, key = stride // STRIDES[0], str(stride)
            look = seen / FEATURE_SIZES[stride]
            if stride in WITH_PLANES:
                look = torch.cat([look, F.avg_pool2d(planes, step)], 1)
            look = self.look[key](look)
            inside = F.avg_pool2d(regions, step)
            mean = torch.einsum("kohw,ochw->kc", inside, look) / inside.sum((1, 2, 3)).clamp_min(1e-3)[:, None]
            here = look.expand(len(evidence), -1, -1, -1)
            known = F.avg_pool2d(evidence, step)
            both = self.compare[key](torch.cat([here, here * mean[:, :, None, None], known], 1))
            if made is not None:
                both = torch.cat([F.interpolate(made, scale_factor=2.0, mode="bilinear"), both], 1)
            made = self.join[key](both)
        assert made is not None
        return self.out(torch.cat([made, evidence], 1)) + self.rule * evidence[:, RULE : RULE + 1]
