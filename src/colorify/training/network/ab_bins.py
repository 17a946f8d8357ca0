"""ab as a choice among bins (Zhang, Isola & Efros 2016, "Colorful Image Colorization", sections 2.2, 2.3).

Colours are spread softly over the nearest bins, rare colours weigh more in the loss, and a distribution is
turned back into a colour by its annealed mean: the temperature sets how vivid.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorify.errors import UsageError

GRID: Final = 10  # Lab units between bins
NEIGHBORS: Final = 5  # bins that share one colour
SIGMA: Final = 5.0  # Lab units; of the Gaussian that shares it out, and that smooths the prior
UNIFORM: Final = 0.5  # lambda: share of the uniform distribution mixed into the prior
RAREST: Final = 1e-5  # share of all pixels below which a bin is left out
SPAN: Final = 256  # ab histograms count -128..127

Histogram = NDArray[np.int64]  # (SPAN, SPAN), a by b


@dataclass(frozen=True)
class Bins:
    """The bins and how much each weighs in the loss."""

    centers: Tensor  # (Q, 2) float32, Lab
    weights: Tensor  # (Q,) float32, mean 1 over the colours that the histogram counted

    def __len__(self) -> int:
        return len(self.centers)

    def chroma(self) -> Tensor:
        """Return the chroma of each bin, (Q,), Lab units."""
        chroma: Tensor = self.centers.norm(dim=1)
        return chroma

    @classmethod
    def from_histogram(cls, histogram: Histogram) -> "Bins":
        """Choose and weigh bins from how often each integer ab occurs in the training photos.

        Raises UsageError where there are hardly any colours.
        """
        ticks = np.arange(-12 * GRID, 12 * GRID + 1, GRID)
        lattice = np.stack(np.meshgrid(ticks, ticks, indexing="ij"), -1).reshape(-1, 2)
        occurring = np.argwhere(histogram)
        counts = histogram[occurring[:, 0], occurring[:, 1]].astype(np.float64)
        nearest = np.abs(occurring[:, None] - SPAN // 2 - lattice).max(-1).argmin(1)
        share = np.bincount(nearest, counts, len(lattice)) / counts.sum()
        kept = share > RAREST
        if kept.sum() < NEIGHBORS:
            raise UsageError(
                f"The photos hold {kept.sum()} colours, too few to learn from. Are they colour photos?"
            )
        centers, prior = lattice[kept].astype(np.float32), share[kept] / share[kept].sum()
        distance = ((centers[:, None] - centers) ** 2).sum(-1)
        kernel = np.exp(-distance / (2 * SIGMA**2))
        smooth = (kernel / kernel.sum(0)) @ prior
        weights = 1 / ((1 - UNIFORM) * smooth + UNIFORM / len(centers))
        weights /= (prior * weights).sum()
        return cls(torch.from_numpy(centers), torch.from_numpy(weights.astype(np.float32)))


class SoftLabels:
    """For every integer ab, the bins that share it: a table, so that labelling a batch is one lookup."""

    def __init__(self, bins: Bins) -> None:
        ticks = torch.arange(SPAN, dtype=torch.float32) - SPAN // 2
        colors = torch.cartesian_prod(ticks, ticks)
        distance, index = torch.cdist(colors, bins.centers).topk(NEIGHBORS, largest=False)
        share = torch.softmax(-(distance**2) / (2 * SIGMA**2), dim=1)
        # the weight of the likeliest bin goes with the whole colour, as in the paper
        self._index = index
        self._share = share * bins.weights[index[:, :1]]

    def to(self, device: torch.device) -> "SoftLabels":
        self._index, self._share = self._index.to(device), self._share.to(device)
        return self

    def loss(self, logits: Tensor, ab: Tensor) -> Tensor:
        """Rebalanced cross entropy, (), nats a pixel. `logits`: (N, Q, H, W); `ab`: (N, 2, H, W), Lab."""
        a, b = (ab.round() + SPAN // 2).clamp(0, SPAN - 1).long().unbind(1)
        row = (a * SPAN + b).flatten()
        log_p = logits.permute(0, 2, 3, 1).flatten(0, 2).float().log_softmax(-1)
        return -(log_p.gather(1, self._index[row]) * self._share[row]).sum(1).mean()


def annealed_mean(logits: Tensor, centers: Tensor, temperature: Tensor | float) -> Tensor:
    """Turn distributions into colours. `logits`: (N, Q, H, W). Returns (N, 2, H, W), Lab."""
    colors = (_rows(logits) / temperature).softmax(-1) @ centers
    n, _, h, w = logits.shape
    return colors.mT.reshape(n, 2, h, w)


def certainty(logits: Tensor) -> Tensor:
    """One minus the normalised entropy. `logits`: (N, Q, H, W). Returns (N, 1, H, W), 0..1."""
    rows = _rows(logits)
    n, bins, h, w = logits.shape
    p = rows.softmax(-1)
    # log p is the logit less the log of the sum of all exponentials, which the likeliest bin gives away
    log_sum = rows.amax(-1) - p.amax(-1).log()
    entropy = log_sum - (p * rows).sum(-1)
    return 1 - entropy.reshape(n, 1, h, w) / float(np.log(bins))


def _rows(logits: Tensor) -> Tensor:
    """Put the distribution of each place into a row of its own, where ONNX Runtime's softmax is much faster.

    `logits`: (N, Q, H, W). Returns (N, H * W, Q).
    """
    return logits.flatten(2).mT
