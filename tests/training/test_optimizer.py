from dataclasses import replace

import pytest
from torch import nn

from colorify.training.network.unet import UNet
from colorify.training.optimizer import enter_training, freeze_backbone
from colorify.training.recipe import Recipe


def learning(recipe: Recipe) -> tuple[set[str], set[str]]:
    """Names of the weights that learn, and of the norms whose statistics move."""
    network = UNet(8)
    freeze_backbone(network, recipe)
    enter_training(network, recipe)
    weights = {name for name, weight in network.named_parameters() if weight.requires_grad}
    norms = {name for name, m in network.named_modules() if isinstance(m, nn.BatchNorm2d) and m.training}
    return weights, norms


@pytest.fixture
def pretrained(recipe: Recipe) -> Recipe:
    return replace(recipe, backbone="pretrained", frozen_stages=2)


@pytest.mark.parametrize(("norms", "backbone", "decoder"), [("fixed", 0, 0), ("learn", 0, 1), ("all", 1, 1)])
def test_norms_move_where_the_recipe_says(
    pretrained: Recipe, norms: str, backbone: int, decoder: int
) -> None:
    moving = learning(replace(pretrained, norms=norms))[1]
    assert any(name.startswith("backbone.stages.6") for name in moving) == bool(backbone)
    assert any(name.startswith("fuse4") for name in moving) == bool(decoder)


def test_what_is_frozen_stays_as_it_is(pretrained: Recipe) -> None:
    weights, norms = learning(replace(pretrained, norms="all"))
    for part in ("backbone.stem", "backbone.stages.0", "backbone.stages.1"):
        assert not any(name.startswith(part) for name in weights | norms)
    assert any(name.startswith("backbone.stages.2") for name in weights)


def test_all_of_the_backbone_learns_with_no_stage_frozen(pretrained: Recipe) -> None:
    weights, _ = learning(replace(pretrained, norms="all", frozen_stages=0))
    assert weights == {name for name, _ in UNet(8).named_parameters()}
