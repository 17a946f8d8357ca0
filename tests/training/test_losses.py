import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from randomness import generator

from colorify.color import lab_to_linear, linear_to_srgb
from colorify.dataset.shard_reader import Sample
from colorify.evaluation.lpips import NETS, LpipsNet
from colorify.pixels import encode_lab, pixels_to_lab
from colorify.training.data.batches import as_batch
from colorify.training.data.photo_source import source_of_samples
from colorify.training.lab import lab_to_rgb, rgb_to_lab_bytes
from colorify.training.losses import (
    Objective,
    colorful_loss,
    colorfulness_m1,
    gradient_loss,
    hinge_loss,
    perceptual_loss,
)
from colorify.training.network.ab_bins import Bins
from colorify.training.network.heads import BinsHead, ChannelsHead, make_head
from colorify.training.recipe import Recipe
from colorify.training.trainer import Trainer


def test_bytes_of_lab_made_on_the_device_are_those_of_a_shard() -> None:
    codes = np.random.default_rng(0).integers(0, 256, (4000, 3)).astype(np.uint8)
    codes[:3] = [[0, 0, 0], [255, 255, 255], [10, 10, 10]]
    made, expected = rgb_to_lab_bytes(torch.from_numpy(codes)).numpy(), encode_lab(pixels_to_lab(codes))
    assert np.abs(made.astype(int) - expected).max() <= 1
    assert (made == expected).mean() > 0.99


def test_rgb_is_what_color_py_says() -> None:
    rng = np.random.default_rng(1)
    lab = np.stack([rng.uniform(0, 100, 400), *rng.uniform(-90, 90, (2, 400))], -1).astype(np.float32)
    torch_lab = torch.from_numpy(lab).T.reshape(1, 3, 20, 20)
    rgb = lab_to_rgb(torch_lab[:, :1], torch_lab[:, 1:])[0].reshape(3, -1).T
    np.testing.assert_allclose(rgb.numpy(), linear_to_srgb(lab_to_linear(lab)), atol=2e-4)


def test_rgb_has_a_gradient_everywhere_inside() -> None:
    L = torch.tensor([0.5, 5.0, 50.0, 95.0]).reshape(1, 1, 2, 2)
    ab = torch.full((1, 2, 2, 2), 0.1, requires_grad=True)
    lab_to_rgb(L, ab).sum().backward()
    assert ab.grad is not None
    assert torch.isfinite(ab.grad).all()
    assert (ab.grad != 0).all()


def test_bleeding_is_seen_by_the_gradient_loss_more_than_a_tint() -> None:
    truth = torch.zeros(1, 2, 16, 16)
    truth[..., 8:] = 50
    tinted = truth + 5
    bled = torch.nn.functional.avg_pool2d(truth, 5, 1, 2, count_include_pad=False)
    assert gradient_loss(tinted, truth) == pytest.approx(0, abs=1e-6)
    assert gradient_loss(bled, truth) > 0.01


def test_a_backdrop_in_two_colors_is_seen_by_the_gradient_loss_however_soft_its_clouds_are() -> None:
    truth = torch.zeros(1, 2, 32, 32)
    truth[:, 1] = -10
    waves = torch.sin(torch.arange(32) / 32 * 2 * torch.pi)[None, :] * torch.ones(32, 1)
    clouded, shifted = truth.clone(), truth.clone()
    clouded[:, 1] += 20 * waves
    shifted[:, 1] += 20 * waves.abs().mean()
    assert gradient_loss(clouded, truth) > 0.04
    assert gradient_loss(shifted, truth) == pytest.approx(0, abs=1e-6)


def test_colorfulness_is_0_for_grey_and_grows_with_chroma() -> None:
    ab = torch.randn(3, 2, 16, 16, generator=generator()) * 20
    assert colorfulness_m1(ab * 0).max() < 0.01
    assert (colorfulness_m1(2 * ab) / colorfulness_m1(ab)).mean() == pytest.approx(2, abs=0.01)
    assert colorful_loss(ab, ab) == 0
    assert colorful_loss(ab * 0.5, ab) > 0.05


def test_the_hinge_is_satisfied_beyond_1() -> None:
    assert hinge_loss(torch.tensor([1.5]), torch.tensor([-3.0])) == 0
    assert hinge_loss(torch.tensor([0.0]), torch.tensor([0.5])) == 2.5


def perceptual_net() -> LpipsNet:
    """VGG16's shape with few channels and random weights."""
    layers, inputs = NETS["VGG16_0"], 3
    kernels, net_heads = [], []
    for layer in layers:
        kernels.append(torch.randn(4, inputs, 3, 3, generator=generator()) * 0.3)
        inputs = 4
        net_heads += [torch.nn.Parameter(torch.ones(4))] if layer.is_tap else []
    net = LpipsNet(layers, kernels, [torch.zeros(4)] * len(layers))
    net.heads.extend(net_heads)
    return net


def test_the_perceptual_loss_reaches_ab() -> None:
    lab = torch.rand(2, 3, 64, 64, generator=generator()) * 100 + 80
    batch = as_batch(lab)
    ab = (batch.ab * 0.5).requires_grad_()
    assert perceptual_loss(perceptual_net(), batch.ab, batch) < 1e-6
    loss = perceptual_loss(perceptual_net(), ab, batch)
    loss.backward()
    assert loss > 1e-4
    assert ab.grad is not None
    assert ab.grad.abs().sum() > 0


def test_every_term_of_a_recipe_counts(recipe: Recipe) -> None:
    batch = as_batch(torch.rand(2, 3, 64, 64, generator=generator()) * 100 + 80)
    head, output = ChannelsHead(), torch.zeros(2, 2, 16, 16)

    def total(adversarial_loss=None, **terms: float) -> float:
        objective = Objective(dataclasses.replace(recipe, **terms), head, perceptual_net())
        return float(objective(output, batch, adversarial_loss).detach())

    alone = total()
    assert alone == float(head.loss(output, batch.ab))
    for name in ("distance", "gradient", "colorful", "perceptual"):
        assert total(**{name: 1.0}) > alone
    assert total(lambda ab: ab.sum() * 0 + 7) == pytest.approx(alone + 7)


def test_heads_are_told_by_their_bins() -> None:
    bins = Bins(torch.tensor([[0.0, 0.0], [50.0, -50.0]]), torch.ones(2))
    assert isinstance(make_head(bins), BinsHead)
    head = make_head(Bins(torch.zeros(0, 2), torch.zeros(0)))
    assert isinstance(head, ChannelsHead)
    output = torch.tensor([0.5, -0.5]).reshape(1, 2, 1, 1)
    assert head.ab(output, 0.38).flatten().tolist() == [55, -55]
    assert head.confidence(output).item() == 1
    truth = torch.tensor([55.0, -55.0]).reshape(1, 2, 1, 1)
    assert head.loss(output, truth) == 0
    assert head.loss(output * 0, truth) > head.loss(output * 0.9, truth) > 0


def test_a_regression_learns(recipe: Recipe, tmp_path: Path, samples: list[Sample]) -> None:
    longer = dataclasses.replace(
        recipe, mode="regression", steps=30, aged=0.0, hinted=0.0, rate=3e-3, frozen_stages=5
    )
    trainer = Trainer(longer, tmp_path, source_of_samples(samples[:16]))
    before = trainer.validate(samples[16:], longer.phases[0])
    trainer.run(lambda _: None)
    after = trainer.validate(samples[16:], longer.phases[0])
    assert before is not None
    assert after is not None
    assert after.ab_error < 0.85 * before.ab_error
