"""Teachers: trained generators see each photo fresh, and say what the run is to make of it aged.

A photo has one colour for a shirt that could have had many, and few photos, seen often, are learnt by heart.
A teacher says how likely each colour is, and the same every time; and, as in its pictures, all that is alike
agrees on that (`colorify.model.non_local_means`). Several, trained apart, err apart, and what they agree on
is better than what each says. (Hinton et al. 2015, "Distilling the knowledge in a neural network"; Xie et al.
2020, "Self-training with Noisy Student improves ImageNet classification".)
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from colorify.errors import UsageError
from colorify.model.likeness import FEATURE_WEIGHTS
from colorify.model.non_local_means import agree_on_logits
from colorify.training.data.batches import Batch
from colorify.training.data.levels import normalize_luminance_batch
from colorify.training.network.ab_bins import Bins, certainty
from colorify.training.network.unet import STRIDE, TAP_STRIDES, UNet
from colorify.training.recipe import Recipe
from colorify.training.warm_start import PretrainedGenerator


class TeacherEnsemble:
    """Trained generators of bins, which learn no more."""

    def __init__(self, starts: Sequence[PretrainedGenerator], device: torch.device) -> None:
        self.networks = [_load_frozen(start, device) for start in starts]

    @torch.no_grad()
    def __call__(self, fresh: Batch, mounted: Batch, hints: Tensor) -> Tensor:
        """Return logits, (N, Q, h, w): of the fresh photos, and of their frames where they are in one."""
        logits = self._average(normalize_luminance_batch(fresh.L), hints)
        covered = (fresh.L != mounted.L).float()
        framed = covered.flatten(1).any(1)
        if framed.any():
            cells = F.max_pool2d(covered[framed], STRIDE) > 0
            whole = self._average(normalize_luminance_batch(mounted.L[framed]), hints[framed])
            logits[framed] = torch.where(cells, whole, logits[framed])
        return logits

    def _average(self, L: Tensor, hints: Tensor) -> Tensor:
        """Return the mean of their log probabilities: (N, Q, h, w), fp32."""
        return torch.stack([_predict_log_probabilities(network, L, hints) for network in self.networks]).mean(
            0
        )


def _predict_log_probabilities(network: UNet, L: Tensor, hints: Tensor) -> Tensor:
    """Return log probabilities, (N, Q, h, w), on which all agrees that a teacher takes for one thing."""
    taps = network.backbone(L)
    logits = network.decode(taps, hints).float()
    sure = certainty(logits)[:, 0].cpu().numpy()
    wide = {stride: tap for stride, tap in zip(TAP_STRIDES, taps, strict=True) if stride in FEATURE_WEIGHTS}
    rows, *features = (plane.float().permute(0, 2, 3, 1).cpu().numpy() for plane in (logits, *wide.values()))
    agreed = [
        agree_on_logits(photo, confidence, dict(zip(wide, seen, strict=True)), stride=STRIDE)
        for photo, confidence, *seen in zip(rows, sure, *features, strict=True)
    ]
    said = torch.from_numpy(np.stack(agreed)).permute(0, 3, 1, 2)
    return F.log_softmax(said.to(L.device), dim=1)


def distillation_loss(output: Tensor, wanted: Tensor) -> Tensor:
    """Kullback-Leibler divergence from what is wanted, mean of all cells.

    `output`, `wanted`: logits, (N, Q, h, w). Returns ().
    """
    said, target = (F.log_softmax(logits.float(), dim=1) for logits in (output, wanted))
    return (target.exp() * (target - said)).sum(1).mean()


def make_teachers(
    starts: Sequence[PretrainedGenerator], recipe: Recipe, bins: Bins, device: torch.device
) -> TeacherEnsemble | None:
    """Make the teachers of a recipe that wants some. Raises UsageError where they do not fit the run."""
    if (recipe.mode == "taught") != bool(starts):
        raise UsageError('mode = "taught" and generators that teach, named by --teacher, go together.')
    if not all(torch.equal(start.bins.centers, bins.centers) for start in starts):
        raise UsageError("A teacher knows other colours (bins) than the generator that is to learn.")
    return TeacherEnsemble(starts, device) if starts else None


def _load_frozen(start: PretrainedGenerator, device: torch.device) -> UNet:
    network = UNet(len(start.bins))
    network.load_state_dict(start.network)
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.eval().requires_grad_(False)
