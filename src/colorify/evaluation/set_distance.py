"""What eyes would say: LPIPS of pairs, and how far apart two sets of pictures are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorify.evaluation.lpips import LpipsNet

Pixels = NDArray[np.uint8]  # (H, W, 3), sRGB, all of one size
Features = NDArray[np.float64]  # (pictures, channels)

BATCH: Final = 16  # pictures
DEGREE: Final = 3  # of the polynomial kernel (Binkowski et al. 2018, "Demystifying MMD GANs", section 4)


@dataclass(frozen=True)
class PerceptualScores:
    """Two sets of pictures, the second made to look like the first."""

    lpips: float  # mean over the pairs; less is better
    # kernel distance of the two sets, x 1000; sees washed-out and garish alike; less is better
    mmd_alexnet: float | None  # None: one picture is no set


@torch.inference_mode()
def perceptual_scores(net: LpipsNet, truths: Sequence[Pixels], results: Sequence[Pixels]) -> PerceptualScores:
    """Compare pictures pair by pair and, where there are two or more, as sets.

    The kernel distance is of the means of every layer that LPIPS looks at, of AlexNet: home-made, so it
    compares generators with each other, never with a published KID or FID.
    """
    distances: list[Tensor] = []
    pairs: list[tuple[Features, Features]] = []
    for truth, result in zip(_batches(truths), _batches(results), strict=True):
        one, other = net(truth), net(result)
        distances.append(net.distance(one, other))
        pairs.append((pool_features(one), pool_features(other)))
    true, made = (np.concatenate(side) for side in zip(*pairs, strict=True))
    mmd = 1000 * compute_mmd(made, true) if len(truths) > 1 else None
    return PerceptualScores(float(torch.cat(distances).mean()), mmd)


def pool_features(layers: Sequence[Tensor]) -> Features:
    """Means over the picture of all channels of all layers."""
    means: Features = torch.cat([layer.mean((2, 3)) for layer in layers], dim=1).double().cpu().numpy()
    return means


def compute_mmd(made: Features, true: Features) -> float:
    """Unbiased squared MMD with kernel (x.y / channels + 1)**3, channels scaled by the spread of `true`.

    Of two pictures or more. 0 for two samples of one distribution, on average: it may be a little negative.
    """
    spread = true.std(0) + 1e-6
    made, true = made / spread, true / spread
    channels = made.shape[1]
    within = 0.0
    for x in (made, true):
        kernel = (x @ x.T / channels + 1) ** DEGREE
        within += (kernel.sum() - np.trace(kernel)) / (len(x) * (len(x) - 1))
    between = (made @ true.T / channels + 1) ** DEGREE
    return float(within - 2 * between.mean())


def _batches(pictures: Sequence[Pixels]) -> Iterator[Tensor]:
    for start in range(0, len(pictures), BATCH):
        stacked = np.stack(pictures[start : start + BATCH])
        yield torch.from_numpy(stacked).permute(0, 3, 1, 2).float() / 255
