import dataclasses
from pathlib import Path

import pytest
import torch

from colorify.dataset.shard_reader import Sample
from colorify.errors import ColorifyError, SetupError
from colorify.training.checkpoint import CHECKPOINT
from colorify.training.data.photo_source import source_of_samples
from colorify.training.losses import Objective
from colorify.training.optimizer import schedule
from colorify.training.recipe import Recipe
from colorify.training.trainer import Trainer, TrainingProgress


def weights(trainer: Trainer) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in trainer.network.parameters()])


def run(recipe: Recipe, folder: Path, samples: list[Sample]) -> Trainer:
    trainer = Trainer(recipe, folder, source_of_samples(samples))
    trainer.run(lambda _: None)
    return trainer


def test_training_lowers_the_error_on_photos_not_seen(
    recipe: Recipe, tmp_path: Path, samples: list[Sample]
) -> None:
    longer = dataclasses.replace(recipe, steps=40, aged=0.0, hinted=0.0, rate=3e-3)
    trainer = Trainer(longer, tmp_path, source_of_samples(samples[:16]))
    before = trainer.validate(samples[16:], longer.phases[0])
    seen: list[TrainingProgress] = []
    trainer.run(seen.append, validation=samples[16:])
    assert before is not None
    assert seen[-1].share == 1.0
    assert seen[-1].validation is not None
    assert seen[-1].validation.ab_error < 0.8 * before.ab_error
    assert (tmp_path / "sheets" / "0000040.png").is_file()


def test_a_resumed_run_equals_an_unbroken_one(
    hard_recipe: Recipe, tmp_path: Path, samples: list[Sample]
) -> None:
    unbroken = run(hard_recipe, tmp_path / "unbroken", samples)
    broken = Trainer(hard_recipe, tmp_path / "broken", source_of_samples(samples))
    interrupt_after(broken, 3)
    with pytest.raises(KeyboardInterrupt):
        broken.run(lambda _: None)
    broken.save()
    resumed = run(hard_recipe, tmp_path / "broken", samples)
    assert resumed.step == unbroken.step == hard_recipe.steps
    assert resumed.photos == unbroken.photos
    torch.testing.assert_close(weights(resumed), weights(unbroken), rtol=0, atol=1e-6)


def interrupt_after(trainer: Trainer, steps: int) -> None:
    train_step = trainer.train_step

    def step_or_stop(*arguments: object) -> torch.Tensor:
        if trainer.step == steps:
            raise KeyboardInterrupt
        return train_step(*arguments)

    trainer.train_step = step_or_stop


def test_a_time_budget_ends_the_run(recipe: Recipe, tmp_path: Path, samples: list[Sample]) -> None:
    trainer = run(dataclasses.replace(recipe, steps=0, minutes=0.01), tmp_path, samples)
    assert trainer.step > 0
    assert trainer.seconds >= 0.6


def test_the_loss_that_is_told_is_the_mean_of_all_batches_at_first(
    recipe: Recipe, tmp_path: Path, samples: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    losses: list[float] = []

    def loss(objective: Objective, output: torch.Tensor, *_: object) -> torch.Tensor:
        losses.append(8.0 if losses else 2.0)
        return output.sum() * 0 + losses[-1]

    monkeypatch.setattr(Objective, "__call__", loss)
    told: list[TrainingProgress] = []
    Trainer(dataclasses.replace(recipe, steps=3), tmp_path, source_of_samples(samples)).run(told.append)
    assert told[-1].loss == pytest.approx(sum(losses) / len(losses)) == 6


@pytest.mark.parametrize("bad_step", [0, 2])
def test_a_run_whose_gradient_is_no_number_ends_with_an_error_and_keeps_its_checkpoint(
    recipe: Recipe, tmp_path: Path, samples: list[Sample], monkeypatch: pytest.MonkeyPatch, bad_step: int
) -> None:
    run(dataclasses.replace(recipe, steps=1), tmp_path, samples)
    before = (tmp_path / CHECKPOINT).read_bytes()
    losses = iter([torch.nan if step == bad_step else 1.0 for step in range(9)])
    monkeypatch.setattr(Objective, "__call__", lambda self, output, *_: output.sum() * next(losses))
    trainer = Trainer(dataclasses.replace(recipe, steps=4), tmp_path, source_of_samples(samples))
    with pytest.raises(ColorifyError, match="lower rates"):
        trainer.run(lambda _: None)
    assert (tmp_path / CHECKPOINT).read_bytes() == before


def test_frozen_stages_and_statistics_stay(recipe: Recipe, tmp_path: Path, samples: list[Sample]) -> None:
    trainer = Trainer(recipe, tmp_path, source_of_samples(samples))
    before = {name: value.clone() for name, value in trainer.network.backbone.state_dict().items()}
    trainer.run(lambda _: None)
    after = trainer.network.backbone.state_dict()
    changed = {name for name in after if not torch.equal(after[name], before[name])}
    assert changed
    assert not [
        name for name in changed if name.startswith(("stem", "stages.0", "stages.1")) or ".norm." in name
    ]


def test_a_damaged_checkpoint_is_refused_and_kept(
    recipe: Recipe, tmp_path: Path, samples: list[Sample]
) -> None:
    (tmp_path / CHECKPOINT).write_bytes(b"not a checkpoint")
    with pytest.raises(SetupError, match="not a usable checkpoint"):
        Trainer(recipe, tmp_path, source_of_samples(samples))
    assert (tmp_path / CHECKPOINT).read_bytes() == b"not a checkpoint"


def test_rates_rise_then_fall_to_their_final_share(recipe: Recipe) -> None:
    warm = dataclasses.replace(recipe, warmup=0.1, final=0.01)
    shares = [schedule(share, warm) for share in (0.0, 0.05, 0.1, 0.5, 1.0)]
    assert shares[:3] == pytest.approx([0, 0.5, 1])
    assert shares[2] > shares[3] > shares[4] == pytest.approx(0.01)
    constant = dataclasses.replace(warm, schedule="constant")
    assert [schedule(share, constant) for share in (0.05, 0.1, 0.5, 1.0)] == pytest.approx([0.5, 1, 1, 1])
