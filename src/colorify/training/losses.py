"""What a run lowers: the head's own loss, and the terms that a recipe may add."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from colorify.evaluation.lpips import LpipsNet
from colorify.training.data.batches import Batch
from colorify.training.lab import lab_to_rgb
from colorify.training.network.heads import AB_SCALE, Head
from colorify.training.recipe import Recipe

GRADIENT_STEPS_CELLS: Final = (1, 2, 4, 8, 16)  # cells of ab
PERCEPTUAL_CELL_PX: Final = 2  # px of a photo for one that the perceptual loss sees
CENTER_SHARE: Final = 0.37  # of the mean chroma in colourfulness M(1)


@dataclass(frozen=True)
class Objective:
    """The weighted sum that the generator lowers; the discriminator of a GAN adds `adversarial_loss`."""

    recipe: Recipe
    head: Head
    perceptual_net: LpipsNet | None = None

    def __call__(
        self, output: Tensor, batch: Batch, adversarial_loss: Callable[[Tensor], Tensor] | None
    ) -> Tensor:
        """`output`: of the network, (N, head.outputs, h, w). Returns ()."""
        recipe = self.recipe
        loss = self.head.loss(output, batch.ab)
        if adversarial_loss is None and not (
            recipe.distance or recipe.gradient or recipe.colorful or recipe.perceptual
        ):
            return loss
        ab = self.head.ab(output.float(), recipe.temperature)
        if recipe.distance:
            loss = loss + recipe.distance * (ab - batch.ab).norm(dim=1).mean() / AB_SCALE
        if recipe.gradient:
            loss = loss + recipe.gradient * gradient_loss(ab, batch.ab)
        if recipe.colorful:
            loss = loss + recipe.colorful * colorful_loss(ab, batch.ab)
        if recipe.perceptual and self.perceptual_net is not None:
            loss = loss + recipe.perceptual * perceptual_loss(self.perceptual_net, ab, batch)
        return loss if adversarial_loss is None else loss + adversarial_loss(ab)


def gradient_loss(ab: Tensor, truth: Tensor) -> Tensor:
    """Mean difference between the steps of ab from one place to others, ab / 110; sees bleeding and blotches.

    Steps of 1 cell see colour that bleeds over an edge, steps of 2 to 16 see what should be one colour and
    is several: a backdrop with clouds, a coat with patches.

    `ab`, `truth`: (N, 2, h, w), Lab. Returns ().
    """
    error = (ab - truth) / AB_SCALE
    reach = min(error.shape[2:])
    steps = [step for step in GRADIENT_STEPS_CELLS if step < reach]
    across = [(error[..., step:] - error[..., :-step]).norm(dim=1).mean() for step in steps]
    down = [(error[..., step:, :] - error[..., :-step, :]).norm(dim=1).mean() for step in steps]
    return torch.stack(across + down).mean()


def colorfulness_m1(ab: Tensor) -> Tensor:
    """M(1) of Hasler & Süsstrunk 2003: spread and mean chroma. `ab`: (N, 2, h, w), Lab. Returns (N,).

    Not M(3), as `color.colorfulness`: that is of RGB, to which a loss on ab would have to go first.
    """
    variance = ab.var((2, 3), correction=0).sum(1)
    center = ab.mean((2, 3)).square().sum(1)
    return (variance + 1e-6).sqrt() + CENTER_SHARE * (center + 1e-6).sqrt()


def colorful_loss(ab: Tensor, truth: Tensor) -> Tensor:
    """How far each photo's colourfulness is from its original's, over 110. Returns ()."""
    return (colorfulness_m1(ab) - colorfulness_m1(truth)).abs().mean() / AB_SCALE


def perceptual_loss(net: LpipsNet, ab: Tensor, batch: Batch) -> Tensor:
    """LPIPS of the photos with the colours `ab` and with the true ones, both on the true L. Returns ().

    Of photos reduced by LOOK_FROM, which takes a quarter of the time: LPIPS was made on patches of 64 px.
    """
    L = F.avg_pool2d(batch.L, PERCEPTUAL_CELL_PX)
    with torch.no_grad():
        true = net(lab_to_rgb(L, F.interpolate(batch.ab, size=L.shape[2:], mode="bilinear")))
    made = net(lab_to_rgb(L, F.interpolate(ab, size=L.shape[2:], mode="bilinear")))
    return net.distance(made, true).mean()


def hinge_loss(real: Tensor, fake: Tensor) -> Tensor:
    """The discriminator's loss on its verdicts (Lim & Ye 2017, "Geometric GAN"). Any shapes. Returns ()."""
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()
