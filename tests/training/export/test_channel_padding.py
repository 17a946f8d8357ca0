"""An aligned network is the same network: the same colours from the same weights."""

import torch

from colorify.training.export.batchnorm_folding import fold_batchnorm
from colorify.training.export.channel_padding import BLOCK_CHANNELS, PaddedConv, pad_channels
from colorify.training.network.unet import UNet


def test_it_computes_the_same() -> None:
    torch.manual_seed(0)
    network = fold_batchnorm(UNet(13))
    L, hints = torch.rand(1, 1, 64, 64) * 100, torch.randn(1, 3, 16, 16) * 30
    before, names = network(L, hints), set(network.state_dict())
    pad_channels(network)
    torch.testing.assert_close(network(L, hints), before, rtol=1e-4, atol=1e-4)
    assert set(network.state_dict()) == names


def test_every_wide_convolution_reads_whole_blocks() -> None:
    network = fold_batchnorm(UNet(13))
    pad_channels(network)
    read: list[int] = []

    def note(module: torch.nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        if isinstance(module, PaddedConv):
            read.append(given[0].shape[1] + module.zeros[-1])
        elif isinstance(module, torch.nn.Conv2d) and module.kernel_size == (3, 3) and module.groups == 1:
            read.append(module.in_channels)

    for module in network.modules():
        module.register_forward_pre_hook(note)
    network(torch.rand(1, 1, 64, 64), torch.zeros(1, 3, 16, 16))
    assert read[0] == 1  # L
    assert len(read) == 7
    assert not any(channels % BLOCK_CHANNELS for channels in read[1:])
