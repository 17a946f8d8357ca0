"""What learns, and how fast."""

import math
from typing import Any

import torch
from torch import nn

from colorify.training.network.unet import UNet
from colorify.training.recipe import Recipe


def freeze_backbone(network: UNet, recipe: Recipe) -> None:
    """Keep as ImageNet made them: the stem, the first stages, and the norms of the backbone."""
    if recipe.backbone == "scratch":
        return
    for module in network.backbone.modules():
        if isinstance(module, nn.BatchNorm2d) and recipe.norms != "all":
            module.requires_grad_(False)
    for module in _frozen(network, recipe):
        module.requires_grad_(False)


def enter_training(network: UNet, recipe: Recipe) -> None:
    """Put `network` into training, but for the norms whose statistics are to stay."""
    network.train()
    if recipe.norms == "fixed":
        network.eval()  # norms are all that tells the two apart
    elif recipe.backbone == "pretrained":
        for module in _frozen(network, recipe) if recipe.norms == "all" else [network.backbone]:
            module.eval()


def _frozen(network: UNet, recipe: Recipe) -> list[nn.Module]:
    """The parts of the backbone that do not learn."""
    stages = list(network.backbone.stages[: recipe.frozen_stages])
    return [network.backbone.stem, *stages] if stages else []


def make_optimizer(network: UNet, recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW with a rate of its own for the backbone; `highest` in each group is what the schedule scales."""
    backbone = [p for p in network.backbone.parameters() if p.requires_grad]
    known = set(map(id, network.backbone.parameters()))
    decoder = [p for p in network.parameters() if id(p) not in known]
    groups = [
        {"params": decoder, "highest": recipe.rate},
        {"params": backbone, "highest": recipe.backbone_rate},
    ]
    return torch.optim.AdamW(groups, lr=recipe.rate, weight_decay=recipe.decay, fused=True)


def resume_optimizer(optimizer: torch.optim.Optimizer, saved: dict[str, Any]) -> None:
    """Take over what an optimiser knew of its parameters, and none of its rates: those are the recipe's.

    Raises ValueError where it was of other parameters.
    """
    own = optimizer.state_dict()["param_groups"]
    counts = [[len(group["params"]) for group in groups] for groups in (saved["param_groups"], own)]
    if counts[0] != counts[1]:
        raise ValueError(f"expected {counts[1]} parameters in each group, found {counts[0]}")
    optimizer.load_state_dict({"state": saved["state"], "param_groups": own})


def schedule(share: float, recipe: Recipe) -> float:
    """Rates as a share of the highest: a line up, then a cosine down, or none. `share`: of the run, 0..1."""
    if share < recipe.warmup:
        return share / recipe.warmup
    if recipe.schedule == "constant":
        return 1.0
    fallen = min(1.0, (share - recipe.warmup) / (1 - recipe.warmup))
    return recipe.final + (1 - recipe.final) * 0.5 * (1 + math.cos(math.pi * fallen))
