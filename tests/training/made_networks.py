"""Networks whose numbers are all their own, so that a mix-up shows."""

import torch

from colorify.model.spec import Spec
from colorify.training.network.unet import ConvNorm, UNet

SPEC = Spec(
    name="test",
    version="1",
    license="MIT",
    multiple=32,
    stride=4,
    size=64,
    temperature=0.5,
    contrast=0.3,
    tilt=-0.01,
)


def make_network(outputs: int) -> UNet:
    """Return a network whose norms, attention and head are not as they were made."""
    torch.manual_seed(4)
    network = UNet(outputs)
    for module in network.modules():
        if isinstance(module, ConvNorm):
            module.norm.running_mean.normal_(0, 0.3)
            module.norm.running_var.uniform_(0.5, 2)
            torch.nn.init.normal_(module.norm.weight, 1, 0.2)
            torch.nn.init.normal_(module.norm.bias, 0, 0.2)
    for parameter in [*network.attend.parameters(), *network.think.parameters()]:
        torch.nn.init.normal_(parameter, 0.1, 0.1)
    return network.eval()
