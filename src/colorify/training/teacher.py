"""A teacher: the generator that a run begins from sees each photo fresh, and says what the run is to make of it aged.

A true photo has one colour for a shirt that could have many, and few photos, seen often, are learnt by heart;
a teacher says how likely each colour is, and the same thing every time. (Hinton et al. 2015, "Distilling the
knowledge in a neural network"; Xie et al. 2020, "Self-training with noisy student".)
"""

from copy import deepcopy
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from colorify.training.samples import Batch
from colorify.training.shown import as_shown
from colorify.training.unet import STRIDE, UNet

COVERED: Final = 0.0  # ab of what a frame covers


class Teacher:
    """A frozen generator of bins."""

    def __init__(self, network: UNet) -> None:
        self.network = deepcopy(network).eval().requires_grad_(False)

    @torch.no_grad()
    def __call__(self, fresh: Batch, mounted: Batch, hints: Tensor) -> Tensor:
        """Return logits, (N, Q, h, w): of the fresh photos, and of what mounts them where they are mounted."""
        logits: Tensor = self.network(as_shown(fresh.L), hints)
        covered = (fresh.L != mounted.L).float()
        some = covered.flatten(1).any(1)
        if some.any():
            cells = F.max_pool2d(covered[some], STRIDE) > 0
            framed = self.network(as_shown(mounted.L[some]), hints[some])
            logits[some] = torch.where(cells, framed, logits[some])
        return logits


def taught_loss(output: Tensor, wanted: Tensor) -> Tensor:
    """Kullback-Leibler divergence of the distributions, mean over cells. Both logits, (N, Q, h, w). Returns ()."""
    said, target = (F.log_softmax(logits.float(), dim=1) for logits in (output, wanted))
    return (target.exp() * (target - said)).sum(1).mean()
