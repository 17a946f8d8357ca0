"""How a run stands on photos that it does not learn from, in numbers and as a picture sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from colorify.color import colorfulness
from colorify.dataset.shard_reader import Sample
from colorify.evaluation.lpips import LpipsNet
from colorify.evaluation.set_distance import compute_mmd, pool_features
from colorify.images.contact_sheet import write_sheet
from colorify.training.data.batches import center_batches
from colorify.training.data.levels import normalize_luminance_batch
from colorify.training.lab import lab_to_rgb
from colorify.training.network.heads import Head
from colorify.training.network.unet import UNet
from colorify.training.recipe import Phase

ROWS: Final = 12  # photos on a sheet
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Validation:
    """The averaged network on the validation photos."""

    ab_error: float  # mean distance of ab from the truth, Lab units
    colorfulness: float  # mean of M(3), Hasler & Suesstrunk 2003
    true_colorfulness: float
    mmd_alexnet: float | None  # as in `evaluation.set_distance`; None without metric weights
    rows: tuple[tuple[Pixels, Pixels, Pixels], ...]  # original, grey, colourised

    @property
    def drift(self) -> float:
        """How far the colours of all the photos together are from true ones; less is better."""
        return (
            abs(self.colorfulness - self.true_colorfulness) if self.mmd_alexnet is None else self.mmd_alexnet
        )

    def write_sheet(self, path: Path) -> None:
        """Write the first photos: original, grey, colourised."""
        write_sheet(self.rows, path, overwrite=True)  # in the folder of the run, named by its step


@torch.inference_mode()
def validate(
    network: UNet,
    head: Head,
    samples: Sequence[Sample],
    phase: Phase,
    *,
    temperature: float,
    metric: LpipsNet | None = None,
) -> Validation:
    """Colourise the central squares of all `samples` at the size of `phase`."""
    network = network.eval()
    device = next(network.parameters()).device
    errors: list[Tensor] = []
    made: list[Pixels] = []
    true: list[Pixels] = []
    grey: list[Pixels] = []
    seen: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    for cpu_batch in center_batches(samples, phase.size, phase.batch):
        batch = cpu_batch.to(device)
        output = network(
            normalize_luminance_batch(batch.L),
            torch.zeros_like(torch.cat([batch.ab, batch.ab[:, :1]], dim=1)),
        )
        ab = head.ab(output, temperature)
        errors.append((ab - batch.ab).norm(dim=1).mean((1, 2)))
        large = F.interpolate(ab, scale_factor=4.0, mode="bilinear")
        result, truth = lab_to_rgb(batch.L, large), lab_to_rgb(batch.L, batch.ab_at_L)
        if metric is not None:
            seen.append((pool_features(metric(result)), pool_features(metric(truth))))
        made += _pixels(result)
        true += _pixels(truth)
        if len(grey) < ROWS:
            grey += _pixels(lab_to_rgb(batch.L, torch.zeros_like(large)))
    mmd_alexnet = None
    if len(samples) > 1 and metric is not None:
        mmd_alexnet = 1000 * compute_mmd(*(np.concatenate(side) for side in zip(*seen, strict=True)))
    return Validation(
        ab_error=float(torch.cat(errors).mean()),
        colorfulness=float(np.mean([colorfulness(picture) for picture in made])),
        true_colorfulness=float(np.mean([colorfulness(picture) for picture in true])),
        mmd_alexnet=mmd_alexnet,
        rows=tuple(zip(true[:ROWS], grey[:ROWS], made[:ROWS], strict=True)),
    )


def _pixels(rgb: Tensor) -> list[Pixels]:
    return list((rgb * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy())
