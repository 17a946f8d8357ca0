from pathlib import Path

import numpy as np
import pytest
import torch

from colorify.model.generator import Generator
from colorify.model.preprocess import normalize_luminance
from colorify.model.spec import Spec
from colorify.training.network.ab_bins import Bins, annealed_mean, certainty
from colorify.training.network.unet import UNet

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("sides", [(64, 64), (32, 160), (96, 64)])
def test_the_exported_generator_gives_what_the_network_gives(
    network: UNet, bins: Bins, exported: Path, spec: Spec, sides: tuple[int, int]
) -> None:
    rng = np.random.default_rng(0)
    L = (rng.random(sides) * 100).astype(np.float32)
    cells = (sides[0] // 4, sides[1] // 4)
    hints = np.zeros((*cells, 3), np.float32)
    hints[2:4, 2:4] = [30, -10, 1]
    glance = Generator(exported).encode(L)
    glance.predict()
    colors = glance.predict(hints=hints)  # the backbone has run: now the decoder alone
    likely = glance.distribution(hints=hints)
    with torch.inference_mode():
        logits = network(
            torch.from_numpy(normalize_luminance(L))[None, None],
            torch.from_numpy(hints.transpose(2, 0, 1))[None],
        )
        logits = logits + spec.tilt * bins.chroma()[:, None, None]
        ab = annealed_mean(logits, bins.centers, spec.temperature)[0].permute(1, 2, 0).numpy()
        sure = certainty(logits)[0, 0].numpy()
        p = logits[0].softmax(0).permute(1, 2, 0).numpy()
    # weights are stored as float16: 1e-3 of a weight, a fraction of what an 8-bit picture can show
    np.testing.assert_allclose(colors.ab, ab, atol=0.1)
    np.testing.assert_allclose(colors.confidence, sure, atol=0.002)
    np.testing.assert_allclose(likely.probabilities, p, atol=0.002)
    np.testing.assert_array_equal(likely.centers, bins.centers.numpy())
    shapes = [glance.features(stride).shape for stride in (4, 8, 16, 32)]
    assert [shape[2] for shape in shapes] == list(network.backbone.channels)
    assert [shape[0] for shape in shapes] == [sides[0] // stride for stride in (4, 8, 16, 32)]


def test_the_file_says_what_it_is(exported: Path, spec: Spec) -> None:
    assert Generator(exported).spec == spec
    assert [path.name for path in exported.parent.iterdir()] == ["generator.onnx"]


def test_the_file_names_no_folder_of_the_machine_that_made_it(exported: Path) -> None:
    content = exported.read_bytes()
    for word in (b"stack_trace", b".py", str(ROOT).encode()):
        assert word not in content


def test_the_file_holds_its_weights_in_half_precision(network: UNet, exported: Path) -> None:
    count = sum(p.numel() for p in network.parameters())
    assert 2 * count * 0.95 < exported.stat().st_size < 2 * count * 1.1
