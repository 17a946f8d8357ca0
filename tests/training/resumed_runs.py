"""Ten steps in one go and in two, on streamed shards: for test_trainer_resume.py, and started by torchrun."""

import dataclasses
import io
import sys
import tarfile
from pathlib import Path

import numpy as np
import pyvips
import torch

from colorify.training.data.photo_source import source_of_shards
from colorify.training.distributed import Workers, init_distributed
from colorify.training.network.ab_bins import Bins
from colorify.training.network.unet import UNet
from colorify.training.recipe import Gan, Phase, Recipe
from colorify.training.trainer import Trainer
from colorify.training.warm_start import PretrainedGenerator
from shallow_network import shallow_network

STEPS, STOP = 10, 5
RECIPE = Recipe(
    # the phase changes after the stop, so that photos made ready for the first one have to be kept
    phases=(Phase(until=0.7, size=32, batch=2), Phase(until=1.0, size=64, batch=2)),
    steps=STEPS,
    average=0.5,
    schedule="constant",
    warmup=0.2,
    frozen_stages=5,
    norms="fixed",
    buffer=5,
    sets={"set1": 1.5},
    scale=(32, 96),
    recolored=0.3,
)
GAN = dataclasses.replace(RECIPE, mode="gan", gan=Gan(alone=2, useful=2.0))


def write_shards(folder: Path, count: int = 4) -> list[str]:
    """Shards of small pictures of coloured noise."""
    rng = np.random.default_rng(4)
    for shard in range(count):
        with tarfile.open(folder / f"{shard}.tar", "w") as tar:
            for member in range(6):
                blocks = rng.integers(0, 256, (12, 12, 3)).astype(np.uint8).repeat(4, 0).repeat(4, 1)
                data = pyvips.Image.new_from_array(blocks).pngsave_buffer()
                entry = tarfile.TarInfo(f"set{member % 2}-{shard}{member}.png")
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
    return [str(folder / f"{shard}.tar") for shard in range(count)]


def make_start() -> PretrainedGenerator:
    torch.manual_seed(2)
    centers = torch.cartesian_prod(torch.arange(-40.0, 41, 20), torch.arange(-40.0, 41, 20))
    return PretrainedGenerator(UNet(len(centers)).state_dict(), Bins(centers, torch.ones(len(centers))), True)


def train(
    recipe: Recipe, folder: Path, shards: list[str], workers: Workers, stop: int | None = None
) -> Trainer:
    """Train, or go on, until the end or the step `stop`."""
    source, _ = source_of_shards(shards)
    trainer = Trainer(recipe, folder, source, start=make_start(), workers=workers)
    assert trainer.same_stream
    whole = trainer.run(lambda _: None, stopped=lambda: trainer.step == stop)
    assert whole == (stop is None)
    return trainer


def compare(recipe: Recipe, folder: Path, shards: list[str], workers: Workers) -> None:
    """Assert that a run that was stopped has the weights, averages and discriminator of one that was not."""
    unbroken = train(recipe, folder / "unbroken", shards, workers)
    train(recipe, folder / "broken", shards, workers, STOP)
    broken = train(recipe, folder / "broken", shards, workers)
    assert (broken.step, broken.photos) == (unbroken.step, unbroken.photos)
    assert broken.position == unbroken.position
    modules = [(broken.network, unbroken.network), (broken.average, unbroken.average)]
    if broken.adversary and unbroken.adversary:
        modules.append((broken.adversary.network, unbroken.adversary.network))
    for one, other in modules:
        for name, tensor in other.state_dict().items():
            torch.testing.assert_close(one.state_dict()[name], tensor, rtol=0, atol=1e-6, msg=name)


if __name__ == "__main__":
    with shallow_network(), init_distributed("cpu") as (own, _):
        compare(GAN, Path(sys.argv[1]), sys.argv[2:], own)
