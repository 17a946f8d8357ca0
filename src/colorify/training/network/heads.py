"""What the network's last layer means: a choice among bins, or a and b themselves.

A head turns the network's output into a loss, into ab and into a confidence, so that trainer and exporter
treat all modes alike. `output` is (N, head.outputs, h, w), whatever the head.
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from colorify.training.network.ab_bins import Bins, SoftLabels, annealed_mean, certainty

AB_SCALE: Final = 110.0  # Lab units; what a regression's output of 1 means
HUBER: Final = 10 / AB_SCALE  # where Huber's loss turns from a square into a line: 10 Lab units


class Head(nn.Module):
    """The interface of all heads."""

    outputs: int
    kind: str

    def loss(self, output: Tensor, ab: Tensor) -> Tensor:
        """Compare with the truth, `ab`: (N, 2, h, w), Lab. Returns ()."""
        raise NotImplementedError

    def ab(self, output: Tensor, temperature: Tensor | float) -> Tensor:
        """Return the colours, (N, 2, h, w), Lab; differentiable."""
        raise NotImplementedError

    def confidence(self, output: Tensor) -> Tensor:
        """Return how sure each place is, (N, 1, h, w), 0..1."""
        raise NotImplementedError


class BinsHead(Head):
    """Classification: logits over ab bins (see `bins`)."""

    kind = "classification"

    def __init__(self, bins: Bins) -> None:
        super().__init__()
        self.outputs = len(bins)
        self.bins = bins
        self.register_buffer("centers", bins.centers)
        self._labels: SoftLabels | None = None  # a table of 65,536 colours, made when first needed

    def loss(self, output: Tensor, ab: Tensor) -> Tensor:
        if self._labels is None:
            self._labels = SoftLabels(self.bins).to(ab.device)
        return self._labels.loss(output, ab)

    def ab(self, output: Tensor, temperature: Tensor | float) -> Tensor:
        assert isinstance(self.centers, Tensor)
        return annealed_mean(output, self.centers, temperature)

    def confidence(self, output: Tensor) -> Tensor:
        return certainty(output)


class ChannelsHead(Head):
    """Regression: a and b as two channels. One answer has no spread: temperature is ignored, confidence 1."""

    kind = "regression"
    outputs = 2

    def loss(self, output: Tensor, ab: Tensor) -> Tensor:
        return F.huber_loss(output.float(), ab / AB_SCALE, delta=HUBER) / HUBER

    def ab(self, output: Tensor, temperature: Tensor | float) -> Tensor:
        # the temperature stays an input of the exported file, as the contract of all generators has it
        return output * AB_SCALE + 0 * torch.as_tensor(temperature)

    def confidence(self, output: Tensor) -> Tensor:
        return torch.ones_like(output[:, :1])


def make_head(bins: Bins) -> Head:
    """Make the head of a run: a regression has no bins."""
    return BinsHead(bins) if len(bins) else ChannelsHead()
