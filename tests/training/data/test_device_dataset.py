import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from randomness import generator

from colorify.dataset.shard_reader import Sample
from colorify.errors import SetupError
from colorify.training.data import device_dataset, loader
from colorify.training.data.batches import Zones, cut_batch
from colorify.training.data.device_dataset import DeviceDataset
from colorify.training.data.loader import make_loader
from colorify.training.data.photo_source import source_of_samples
from colorify.training.distributed import Workers
from colorify.training.recipe import Recipe
from colorify.training.trainer import Trainer

CPU = torch.device("cpu")


def keep(samples: list[Sample], **by_set: float) -> DeviceDataset:
    dataset = DeviceDataset(by_set, CPU)
    dataset.add_samples(samples)
    return dataset


@pytest.fixture
def ramps() -> list[Sample]:
    """Photos of several sizes whose L counts rows, a columns, and b tells them apart."""
    samples = []
    for number, (height, width) in enumerate([(100, 130), (90, 80), (120, 120)]):
        y, x = np.mgrid[0:height, 0:width]
        lab = np.stack([y, x, np.full_like(x, 40 * number)], -1).astype(np.uint8)
        samples.append(Sample(f"ramp-{number}", lab))
    return samples


def test_a_zone_is_upright_unsquashed_inside_its_photo_and_at_least_70_percent(ramps: list[Sample]) -> None:
    packed = keep(ramps)
    batches = [packed.draw_batch(32, 3, generator(seed)) for seed in range(20)]
    L = torch.cat([batch.L for batch in batches]) * 2.55
    ab = torch.cat([batch.ab_at_L for batch in batches]) + 128
    photo = ab[:, 1].mean((1, 2)) / 40
    torch.testing.assert_close(photo.round(), photo)  # no zone mixes two photos
    short = torch.tensor([100.0, 80.0, 120.0])[photo.long()]
    down = (L[:, 0, -1, 16] - L[:, 0, 0, 16]) * 32 / 31
    across = (ab[:, 0, 16, -1] - ab[:, 0, 16, 0]) * 32 / 31
    assert ((down / short > 0.68) & (down / short < 1.02)).all()
    torch.testing.assert_close(across.abs(), down, atol=1.5, rtol=0)
    assert 0.2 < (across < 0).float().mean() < 0.8
    assert len(set(photo.long().tolist())) == 3


def test_it_shrinks_like_the_antialiased_way(ramps: list[Sample]) -> None:
    rng = np.random.default_rng(0)
    noisy = [Sample("n", rng.integers(0, 255, (96, 96, 3), dtype=np.uint8))]
    on_device = keep(noisy).draw_batch(48, 1, generator()).L * 2.55
    on_host = cut_batch(noisy, 48, generator(), Zones()).L * 2.55
    nearest = torch.from_numpy(noisy[0].lab[::2, ::2, 0].copy()).float()
    assert abs(float(on_device.std() - on_host.std())) < 12
    assert on_device.std() < 0.8 * nearest.std()


def test_photos_that_come_later_are_drawn_as_if_they_had_been_there(
    ramps: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_dataset, "FIRST_PIXELS", 100)  # too few for the first: it grows twice
    grown = keep(ramps[:1])
    grown.draw_batch(32, 3, generator())
    grown.add_samples(ramps[1:])
    assert len(grown) == 3
    for one, other in zip(
        grown.draw_batch(32, 3, generator()), keep(ramps).draw_batch(32, 3, generator()), strict=True
    ):
        assert torch.equal(one, other)


def test_sets_and_sizes_say_which_photos_are_drawn(ramps: list[Sample]) -> None:
    named = [Sample(f"{name}-1", ramp.lab) for name, ramp in zip("abc", ramps, strict=True)]

    def drawn(dataset: DeviceDataset, least_px: int = 0) -> set[int]:
        batches = [dataset.draw_batch(32, 2, generator(seed), least_px=least_px) for seed in range(20)]
        return {round(float(ab) / 40) for batch in batches for ab in batch.ab_at_L[:, 1].mean((1, 2)) + 128}

    assert drawn(keep(named, b=0.0)) == {0, 2}
    assert drawn(keep(named), least_px=120) == {2}
    assert drawn(keep(named), least_px=500) == {0, 1, 2}  # none is so large: then any


def test_no_room_is_said_with_its_cure(ramps: list[Sample], monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = keep(ramps)

    def refuse(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("no")

    monkeypatch.setattr(torch, "empty", refuse)
    with pytest.raises(SetupError, match="resident = false"):
        dataset._grow(10**9)


def test_a_run_may_begin_before_all_photos_are_there(
    tmp_path: Path, samples: list[Sample], recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "SAMPLES_PER_ARRIVAL", 4)
    early = dataclasses.replace(recipe, resident=True, min_photos=8, steps=2)
    supply = make_loader(early, source_of_samples(samples), CPU, Workers())
    batches = supply.batches(early.phases[0], 0)
    next(batches)
    assert len(supply._dataset) >= 8
    for _ in range(6):
        supply._arriving and supply._arriving.result()
        next(batches)
    assert len(supply._dataset) == 24
    supply.close()
    assert Trainer(early, tmp_path, source_of_samples(samples)).run(lambda _: None)


def test_the_gpu_recipe_runs_a_few_steps_here(tmp_path: Path, samples: list[Sample], recipe: Recipe) -> None:
    """The path of recipes/gpu.toml but for its sizes: on the device, in bf16, all norms learning."""
    gpu = dataclasses.replace(
        recipe,
        resident=True,
        precision="bf16",
        norms="all",
        steps=8,
        rate=3e-3,
        frozen_stages=5,
        aged=0.3,
        hinted=0.3,
    )
    trainer = Trainer(gpu, tmp_path, source_of_samples(samples[:16]))
    before = trainer.validate(samples[16:], gpu.phases[0])
    trainer.run(lambda _: None)
    after = trainer.validate(samples[16:], gpu.phases[0])
    assert before is not None
    assert after is not None
    assert after.ab_error < 0.9 * before.ab_error
