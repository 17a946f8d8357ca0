"""The generator's network with fewer blocks, for tests of what goes on around it.

It has every kind of part that the whole one has, in the same order, with 0.4 of the weights. The whole one is
tested in training/network, and by what is marked slow.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from torch import Tensor

from colorify.training.network import pretrained_backbone, unet

RESIDUAL_STAGE: Final = 2  # the one that keeps a second block, which adds to what it is given


@contextmanager
def shallow_network() -> Iterator[None]:
    """Let every network that is made meanwhile have one block a stage, and one of attention."""
    stages = tuple(
        stage._replace(blocks=1 + (number == RESIDUAL_STAGE)) for number, stage in enumerate(unet.STAGES)
    )
    translate = pretrained_backbone.translate

    def translate_first_blocks(source: dict[str, Tensor]) -> dict[str, Tensor]:
        named = unet.Backbone().state_dict().keys()
        return {name: tensor for name, tensor in translate(source).items() if name in named}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unet, "STAGES", stages)
        patch.setattr(unet, "ATTENTION_BLOCKS", 1)
        patch.setattr(pretrained_backbone, "translate", translate_first_blocks)
        yield
