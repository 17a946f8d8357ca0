"""A teacher: a trained generator sees each photo fresh, and says what the run is to make of it aged.

A photo has one colour for a shirt that could have had many, and few photos, seen often, are learnt by heart.
A teacher says how likely each colour is, and the same every time. (Hinton et al. 2015, "Distilling the
knowledge in a neural network"; Xie et al. 2020, "Self-training with Noisy Student improves ImageNet
classification".)
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from colorify.errors import UsageError
from colorify.training.as_shown import as_shown
from colorify.training.bins import Bins
from colorify.training.recipe import Recipe
from colorify.training.samples import Batch
from colorify.training.start import Start
from colorify.training.unet import STRIDE, UNet


class Teacher:
    """A trained generator of bins, which learns no more."""

    def __init__(self, network: UNet) -> None:
        self.network = network.eval().requires_grad_(False)

    @torch.no_grad()
    def __call__(self, fresh: Batch, mounted: Batch, hints: Tensor) -> Tensor:
        """Return logits, (N, Q, h, w): of the fresh photos, and of their frames where they are in one."""
        logits: Tensor = self.network(as_shown(fresh.L), hints)
        covered = (fresh.L != mounted.L).float()
        framed = covered.flatten(1).any(1)
        if framed.any():
            cells = F.max_pool2d(covered[framed], STRIDE) > 0
            whole = self.network(as_shown(mounted.L[framed]), hints[framed])
            logits[framed] = torch.where(cells, whole, logits[framed])
        return logits


def taught_loss(output: Tensor, wanted: Tensor) -> Tensor:
    """Kullback-Leibler divergence from what is wanted, mean of all cells.

    `output`, `wanted`: logits, (N, Q, h, w). Returns ().
    """
    said, target = (F.log_softmax(logits.float(), dim=1) for logits in (output, wanted))
    return (target.exp() * (target - said)).sum(1).mean()


def hire(start: Start | None, recipe: Recipe, bins: Bins, device: torch.device) -> Teacher | None:
    """Make the teacher of a recipe that wants one. Raises UsageError where it does not fit the run."""
    if (recipe.mode == "taught") != (start is not None):
        raise UsageError('mode = "taught" and a generator that teaches, named by --teacher, go together.')
    if start is None:
        return None
    if not torch.equal(start.bins.centers, bins.centers):
        raise UsageError("The teacher knows other colours (bins) than the generator that is to learn.")
    network = UNet(len(bins))
    network.load_state_dict(start.network)
    return Teacher(network.to(device, memory_format=torch.channels_last))  # type: ignore[call-overload]
