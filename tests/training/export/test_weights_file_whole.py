"""An export of the whole network: the other tests export a shallow one."""

from pathlib import Path

import numpy as np
import pytest
import torch
from made_networks import SPEC, make_network

from colorify.model.generator import Generator
from colorify.model.preprocess import normalize_luminance
from colorify.training.export.weights_file import export
from colorify.training.network.ab_bins import Bins, annealed_mean
from colorify.training.network.unet import ATTENTION_BLOCKS, STAGES


@pytest.fixture(scope="module", autouse=True)
def _shallow() -> None:
    """The network is whole."""


@pytest.mark.slow
@pytest.mark.timeout(900)
@torch.inference_mode()
def test_the_whole_network_gives_what_its_file_gives(bins: Bins, tmp_path: Path) -> None:
    network = make_network(len(bins))
    assert [len(stage) for stage in network.backbone.stages] == [stage.blocks for stage in STAGES]
    assert len(network.think) == ATTENTION_BLOCKS
    export(network, bins, tmp_path / "whole.onnx", SPEC, {})
    L = (np.random.default_rng(0).random((64, 96)) * 100).astype(np.float32)
    logits = network(torch.from_numpy(normalize_luminance(L))[None, None], torch.zeros(1, 3, 16, 24))
    logits = logits + SPEC.tilt * bins.chroma()[:, None, None]
    ab = annealed_mean(logits, bins.centers, SPEC.temperature)[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(Generator(tmp_path / "whole.onnx")(L).ab, ab, atol=0.1)
