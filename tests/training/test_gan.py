import dataclasses
import inspect
from pathlib import Path

import numpy as np
import pytest
import torch
from randomness import generator
from test_trainer import interrupt_after, run, weights

from colorify.dataset.shard_reader import Sample
from colorify.errors import UsageError
from colorify.training.checkpoint import CHECKPOINT, load_checkpoint, select_weights
from colorify.training.data.photo_source import source_of_samples
from colorify.training.distributed import Workers
from colorify.training.early_stopping import EarlyStopping
from colorify.training.gan import GanTraining
from colorify.training.network.ab_bins import Bins
from colorify.training.network.discriminator import Discriminator, LabDiscriminator, add_dither
from colorify.training.network.unet import UNet
from colorify.training.recipe import Gan, Recipe
from colorify.training.trainer import Trainer
from colorify.training.validation import Validation
from colorify.training.warm_start import PretrainedGenerator

PIXEL = np.zeros((1, 1, 3), np.uint8)
GAN = Gan(alone=3, useful=2.0, weight=0.3)  # 2.0 is never reached: three steps alone


@pytest.fixture(scope="module")
def start() -> PretrainedGenerator:
    torch.manual_seed(2)
    centers = torch.cartesian_prod(torch.arange(-40.0, 41, 20), torch.arange(-40.0, 41, 20))
    return PretrainedGenerator(
        UNet(len(centers)).state_dict(), Bins(centers, torch.ones(len(centers))), folded=False
    )


@pytest.fixture(scope="module")
def gan_recipe(recipe: Recipe) -> Recipe:
    return dataclasses.replace(
        recipe, mode="gan", gan=GAN, steps=10, validate_every=4, gradient=1.0, colorful=0.5, norms="fixed"
    )


def test_the_discriminator_has_no_way_to_receive_L() -> None:
    assert list(inspect.signature(Discriminator.forward).parameters) == ["self", "ab"]
    verdicts = Discriminator()(torch.randn(2, 2, 32, 48) * 20)
    assert verdicts.shape == (2, 1, 4, 6)
    with pytest.raises(TypeError):
        Discriminator()(torch.zeros(1, 2, 32, 32), torch.zeros(1, 1, 128, 128))


def test_the_ablation_sees_L() -> None:
    network, ab = LabDiscriminator().eval(), torch.zeros(1, 2, 16, 16)
    dark, bright = (network(ab, torch.full((1, 1, 64, 64), value)) for value in (5.0, 95.0))
    assert not torch.allclose(dark, bright)


def test_no_verdict_changes_faster_than_its_colours() -> None:
    """Spectral norm: every layer's largest singular value is 1, or the kernel's share of it."""
    network = Discriminator().train()
    for _ in range(30):
        network(torch.zeros(1, 2, 16, 16))
    for layer in network.layers:
        if isinstance(layer, torch.nn.Conv2d):
            assert float(torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2)) == pytest.approx(
                1, abs=0.05
            )


def test_dither_hides_the_steps_of_stored_colours() -> None:
    stored = torch.randint(-800, 800, (4, 2, 16, 16), generator=generator()) / 16
    seen = add_dither(stored, generator())
    assert (seen - stored).abs().max() <= 1 / 32 + 1e-5
    assert (seen * 16 % 1 == 0).float().mean() < 0.01


def test_the_discriminator_learns_to_tell_grey_from_colour() -> None:
    adversary = GanTraining(Gan(alone=1000, useful=0.9), torch.device("cpu"), Workers())
    L = torch.full((8, 1, 64, 64), 50.0)
    for step in range(60):  # coarse patches of colour
        real = torch.randn(8, 2, 2, 2, generator=generator(step)).repeat_interleave(8, 2) * 40
        real = real.repeat_interleave(8, 3)
        adversary.train_discriminator(real, real * 0.1, L, generator(step))
    assert adversary.together
    assert adversary.accuracy > 0.9
    vivid, dull = (float(adversary.generator_loss(real * share, L)) for share in (1, 0.1))
    assert vivid < dull


def test_a_resumed_gan_equals_an_unbroken_one(
    gan_recipe: Recipe, start: PretrainedGenerator, tmp_path: Path, samples: list[Sample]
) -> None:
    def trainer(folder: str, begin: PretrainedGenerator | None = start) -> Trainer:
        return Trainer(gan_recipe, tmp_path / folder, source_of_samples(samples[:20]), start=begin)

    unbroken = trainer("unbroken")
    unbroken.run(lambda _: None, validation=samples[20:])
    broken = trainer("broken")
    interrupt_after(broken, 5)
    with pytest.raises(KeyboardInterrupt):
        broken.run(lambda _: None, validation=samples[20:])
    broken.save()
    resumed = trainer("broken", None)
    assert resumed.step == 5
    resumed.run(lambda _: None, validation=samples[20:])
    first, second = (load_checkpoint(tmp_path / folder / CHECKPOINT) for folder in ("unbroken", "broken"))
    assert (first.step, first.watch) == (second.step, second.watch)
    assert first.adversary is not None
    assert second.adversary is not None
    assert first.adversary["together"]
    for one, other in (
        (first.network, second.network),
        (first.average, second.average),
        (first.best, second.best),
        (first.adversary, second.adversary),
        (first.optimizer, second.optimizer),
    ):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_the_generator_waits_for_the_discriminator(
    gan_recipe: Recipe, start: PretrainedGenerator, tmp_path: Path, samples: list[Sample]
) -> None:
    trainer = Trainer(
        dataclasses.replace(gan_recipe, steps=3), tmp_path, source_of_samples(samples), start=start
    )
    before = weights(trainer)
    trainer.run(lambda _: None)
    assert torch.equal(weights(trainer), before)
    longer = Trainer(dataclasses.replace(gan_recipe, steps=5), tmp_path, source_of_samples(samples))
    longer.run(lambda _: None)
    assert not torch.equal(weights(longer), before)


def test_a_discriminator_in_half_precision_gives_about_the_same_verdicts() -> None:
    torch.manual_seed(4)
    ab, L = torch.randn(2, 2, 32, 32) * 20, torch.rand(2, 1, 128, 128) * 100
    whole, half = (
        GanTraining(dataclasses.replace(GAN, sees_L=True), torch.device("cpu"), Workers(), half=half)
        for half in (False, True)
    )
    half.load_state_dict(whole.state_dict())
    exact, close = float(whole.generator_loss(ab, L)), float(half.generator_loss(ab, L))
    assert exact != close
    assert close == pytest.approx(exact, rel=0.05, abs=1e-3)


def test_a_gan_needs_a_trained_generator(gan_recipe: Recipe, tmp_path: Path, samples: list[Sample]) -> None:
    with pytest.raises(UsageError, match="--from"):
        Trainer(gan_recipe, tmp_path, source_of_samples(samples))


def seen(colorfulness: float, error: float = 10.0) -> Validation:
    return Validation(error, colorfulness, 40.0, None, ())


def test_a_gan_that_drifts_is_stopped_and_its_best_kept(gan_recipe: Recipe) -> None:
    recipe = dataclasses.replace(gan_recipe, gan=dataclasses.replace(GAN, patience=2, worst=1.1))
    watch = EarlyStopping()
    assert watch.update(seen(20), recipe)
    assert watch.update(seen(35), recipe)
    assert not watch.update(seen(40, error=11.5), recipe)  # right colourfulness, wrong colours
    assert not watch.stopped
    assert not watch.update(seen(55), recipe)
    assert watch.stopped


def test_a_plateau_cuts_the_rates(recipe: Recipe) -> None:
    patient = dataclasses.replace(recipe, patience=2, cut=0.5)
    watch = EarlyStopping()
    for error in (10, 9, 9.5, 9.2):
        watch.update(seen(40, error), patient)
    assert watch.factor == 0.5
    assert not watch.stopped


def test_a_run_that_was_stopped_exports_its_best(
    gan_recipe: Recipe, start: PretrainedGenerator, tmp_path: Path, samples: list[Sample]
) -> None:
    recipe = dataclasses.replace(gan_recipe, gan=dataclasses.replace(GAN, patience=1), validate_every=4)
    trainer = Trainer(recipe, tmp_path, source_of_samples(samples[:20]), start=start)
    before = trainer.average.module.state_dict()["head.weight"].clone()
    looks = iter([seen(40), seen(60), seen(60)])
    trainer.validate = lambda *_: dataclasses.replace(next(looks), rows=((PIXEL, PIXEL, PIXEL),))
    trainer.run(lambda _: None, validation=samples[20:])
    assert trainer.step == 4
    checkpoint = load_checkpoint(tmp_path / CHECKPOINT)
    assert torch.equal(select_weights(checkpoint)["head.weight"], before)
    assert not torch.equal(checkpoint.network["head.weight"], before)


def test_two_batches_a_step_are_the_mean_of_both(
    recipe: Recipe, tmp_path: Path, samples: list[Sample]
) -> None:
    twice = dataclasses.replace(recipe, accumulate=2, steps=2)
    trainer = run(twice, tmp_path, samples)
    assert trainer.photos == 2 * 2 * 4
