"""One hint moves the colour of its region, and little else."""

import dataclasses
from pathlib import Path

import pytest
import torch

from colorify.dataset.shards import Sample
from colorify.training.recipe import Phase, Recipe
from colorify.training.samples import center_batches
from colorify.training.trainer import Trainer


@pytest.mark.slow
def test_one_hint_moves_its_region_and_little_else(
    recipe: Recipe, tmp_path: Path, samples: list[Sample]
) -> None:
    """Photos whose colours are turned at random by the photo: only a hint can tell which."""
    turned = []
    for number in range(4):
        for sample in samples:
            lab = sample.lab.copy()
            if number % 2:
                lab[..., 1:] = 255 - lab[..., 1:]
            turned.append(Sample(f"{sample.key}-{number}", lab))
    longer = dataclasses.replace(
        recipe,
        phases=(Phase(until=1.0, size=64, batch=8),),
        steps=150,
        hinted=0.8,
        aged=0.0,
        rate=3e-3,
        frozen_stages=5,
    )
    trainer = Trainer(longer, tmp_path, turned)
    trainer.run(lambda _: None)
    network = trainer.network.eval()
    batch = next(iter(center_batches(samples, 64, 12)))
    hints = torch.zeros(12, 3, 16, 16)
    with torch.inference_mode():
        plain = trainer.head.ab(network(batch.L, hints), 0.38)
        hints[:, :2, 7:9, 7:9] = plain[:, :, 7:9, 7:9] + torch.tensor([40.0, -40.0])[:, None, None]
        hints[:, 2, 7:9, 7:9] = 1
        moved = trainer.head.ab(network(batch.L, hints), 0.38) - plain
    toward = (moved * torch.tensor([1.0, -1.0])[:, None, None]).sum(1) / 2  # of 40, along the hint
    here, far = toward[:, 6:10, 6:10].mean(), moved.norm(dim=1)[:, [0, 1, 14, 15]].mean()
    assert here > 5
    assert far < 0.5 * here
