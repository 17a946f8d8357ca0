"""What a generator knows of fresh photos is learnt for aged ones."""

import dataclasses
from pathlib import Path

import pytest
import torch

from colorify.dataset.shard_reader import Sample
from colorify.errors import UsageError
from colorify.training.data.augment import degrade
from colorify.training.data.batches import Zones, cut_batch, draw_hints
from colorify.training.data.mounts import add_mounts
from colorify.training.data.photo_source import source_of_samples
from colorify.training.distillation import TeacherEnsemble, distillation_loss
from colorify.training.network.ab_bins import Bins
from colorify.training.network.unet import UNet
from colorify.training.recipe import Recipe
from colorify.training.trainer import Trainer
from colorify.training.warm_start import PretrainedGenerator

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def teacher(
    recipe: Recipe, samples: list[Sample], tmp_path_factory: pytest.TempPathFactory
) -> PretrainedGenerator:
    """A generator that has learnt a little."""
    torch.manual_seed(0)
    trainer = Trainer(
        dataclasses.replace(recipe, steps=12), tmp_path_factory.mktemp("teacher"), source_of_samples(samples)
    )
    trainer.run(lambda _: None)
    state = {name: tensor.clone() for name, tensor in trainer.average.module.state_dict().items()}
    return PretrainedGenerator(state, trainer.bins, folded=False)


@pytest.fixture(scope="module")
def taught(recipe: Recipe) -> Recipe:
    return dataclasses.replace(recipe, mode="taught", aged=1.0, mounted=0.3, steps=12)


def far_from(teacher: PretrainedGenerator, network: torch.nn.Module, samples: list[Sample]) -> float:
    """How far what `network` says of aged photos is from what the teacher says of them fresh."""
    rng = torch.Generator().manual_seed(6)
    batch = cut_batch(samples[:16], 32, rng, Zones())
    hints = draw_hints(batch.ab, 0.0, rng)
    with torch.inference_mode():
        said = network.eval()(degrade(batch.L, batch.ab_at_L, 1.0, rng), hints)
        return float(distillation_loss(said, TeacherEnsemble([teacher], CPU)(batch, batch, hints)))


def test_a_few_steps_bring_it_nearer_to_its_teacher(
    taught: Recipe, teacher: PretrainedGenerator, samples: list[Sample], tmp_path: Path
) -> None:
    trainer = Trainer(taught, tmp_path, source_of_samples(samples), teachers=[teacher])
    before = far_from(teacher, trainer.network, samples)
    trainer.run(lambda _: None)
    assert far_from(teacher, trainer.average.module, samples) < 0.7 * before


def test_a_run_without_a_generator_to_begin_from_takes_the_teachers_colours(
    taught: Recipe, teacher: PretrainedGenerator, samples: list[Sample], tmp_path: Path
) -> None:
    recipe = dataclasses.replace(taught, backbone="scratch")
    assert torch.equal(
        Trainer(recipe, tmp_path, source_of_samples(samples), teachers=[teacher]).bins.centers,
        teacher.bins.centers,
    )


def test_what_frames_a_photo_is_taught_as_the_frame_it_is(
    teacher: PretrainedGenerator, samples: list[Sample]
) -> None:
    rng = torch.Generator().manual_seed(2)
    fresh = cut_batch(samples[:6], 64, rng, Zones())
    framed, hints = add_mounts(fresh, 1.0, rng), draw_hints(fresh.ab, 0.0, rng)
    taught = TeacherEnsemble([teacher], CPU)
    pairs = ((fresh, fresh), (fresh, framed), (framed, framed))
    alone, mounted, whole = (taught(*pair, hints) for pair in pairs)
    covered = torch.nn.functional.max_pool2d((fresh.L != framed.L).float(), 4).expand_as(alone) > 0
    assert 0.05 < covered.float().mean() < 0.95
    torch.testing.assert_close(mounted[covered], whole[covered], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(mounted[~covered], alone[~covered], atol=1e-4, rtol=1e-4)


def test_a_teacher_says_what_all_that_is_alike_agrees_on(
    teacher: PretrainedGenerator, samples: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = torch.Generator().manual_seed(5)
    batch = cut_batch(samples[:4], 64, rng, Zones())
    hints = draw_hints(batch.ab, 0.0, rng)
    ensemble = TeacherEnsemble([teacher], CPU)
    agreed = ensemble(batch, batch, hints).softmax(1)
    monkeypatch.setattr("colorify.training.distillation.agree_on_logits", lambda logits, *_, **__: logits)
    alone = ensemble(batch, batch, hints).softmax(1)
    spread = agreed.var((2, 3)).sum(1) / alone.var((2, 3)).sum(1)
    assert spread.median() < 0.9, "what is alike is more of one mind"


def test_what_several_teachers_say_lies_between_them(
    teacher: PretrainedGenerator, samples: list[Sample]
) -> None:
    rng = torch.Generator().manual_seed(3)
    batch = cut_batch(samples[:4], 32, rng, Zones())
    hints = draw_hints(batch.ab, 0.0, rng)
    torch.manual_seed(4)
    other = dataclasses.replace(teacher, network=UNet(len(teacher.bins)).state_dict())
    panels = ([teacher], [other], [teacher, other])
    first, second, both = (TeacherEnsemble(panel, CPU)(batch, batch, hints) for panel in panels)
    apart = distillation_loss(first, second)
    assert apart > 0.1
    assert max(distillation_loss(both, first), distillation_loss(both, second)) < 0.5 * apart


def test_a_teacher_and_its_recipe_go_together(
    recipe: Recipe, taught: Recipe, teacher: PretrainedGenerator, samples: list[Sample], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="--teacher"):
        Trainer(taught, tmp_path, source_of_samples(samples), start=teacher)
    with pytest.raises(UsageError, match="--teacher"):
        Trainer(recipe, tmp_path, source_of_samples(samples), start=teacher, teachers=[teacher])


def test_a_teacher_of_other_colours_is_refused(
    taught: Recipe, teacher: PretrainedGenerator, samples: list[Sample], tmp_path: Path
) -> None:
    other = dataclasses.replace(teacher, bins=Bins(teacher.bins.centers + 1, teacher.bins.weights))
    with pytest.raises(UsageError, match="other colours"):
        Trainer(taught, tmp_path, source_of_samples(samples), start=teacher, teachers=[teacher, other])


@pytest.mark.parametrize("shift", [0.0, 3.0])
def test_the_loss_is_nothing_where_both_say_the_same(shift: float) -> None:
    logits = torch.randn(2, 7, 3, 3)
    assert distillation_loss(logits + shift, logits) == pytest.approx(0, abs=1e-6)
    assert distillation_loss(logits.roll(1, 1), logits) > 0.1
