import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from colorify.errors import WeightsError
from colorify.evaluation.lpips import NETS, load_lpips_net
from colorify.evaluation.set_distance import compute_mmd, perceptual_scores

WIDE = {"AlexNet_0": (11, 5, 3, 3, 3), "VGG16_0": (3,) * 13}


def write_weights(path: Path, net: str) -> Path:
    """Weights of the right form: random, with four channels."""
    rng = np.random.default_rng(3)
    tree, inputs = {net: {}}, 3
    for number, side in enumerate(WIDE[net]):
        kernel = rng.normal(0, 0.2, (side, side, inputs, 4)).astype(np.float32)
        tree[net][f"Conv_{number}"] = {"kernel": kernel, "bias": np.zeros(4, np.float32)}
        inputs = 4
    for number in range(5):
        tree[f"NetLinLayer_{number}"] = {"Conv_0": {"kernel": np.ones((1, 1, 4, 1), np.float32)}}
    path.write_bytes(pickle.dumps(tree))
    return path


@pytest.mark.parametrize("net", NETS)
def test_five_layers_are_looked_at(net: str, tmp_path: Path) -> None:
    eyes = load_lpips_net(write_weights(tmp_path / "w.ckpt", net))
    rgb = torch.rand(2, 3, 64, 64)
    layers = eyes(rgb)
    assert len(layers) == 5
    assert torch.equal(eyes.distance(layers, layers), torch.zeros(2))
    assert (eyes.distance(layers, eyes(1 - rgb)) > 0).all()


def test_sets_and_pairs_are_told_apart(tmp_path: Path) -> None:
    eyes = load_lpips_net(write_weights(tmp_path / "w.ckpt", "AlexNet_0"))
    rng = np.random.default_rng(0)
    truths = [rng.integers(0, 255, (64, 64, 3), dtype=np.uint8) // (1 + n % 3) for n in range(20)]
    grey = [np.repeat(picture.mean(2, keepdims=True), 3, 2).astype(np.uint8) for picture in truths]
    same, other = perceptual_scores(eyes, truths, truths), perceptual_scores(eyes, truths, grey)
    assert same.lpips == 0
    assert other.lpips > 0
    assert other.mmd_alexnet > same.mmd_alexnet


def test_one_pair_is_no_set(tmp_path: Path) -> None:
    eyes = load_lpips_net(write_weights(tmp_path / "w.ckpt", "AlexNet_0"))
    picture = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    scores = perceptual_scores(eyes, [picture], [255 - picture])
    assert scores.lpips > 0
    assert scores.mmd_alexnet is None


def test_two_samples_of_one_distribution_are_no_distance_apart() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 300, 10))
    assert abs(compute_mmd(one, other)) < 0.05
    assert compute_mmd(one + 1, other) > 1


class Evil:
    def __reduce__(self) -> tuple:
        return os.mkdir, ("owned",)


@pytest.mark.parametrize("content", [b"", b"text", pickle.dumps({"other": 1}), pickle.dumps(Evil())])
def test_other_files_are_refused_and_no_pickle_runs(content: bytes, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.ckpt").write_bytes(content)
    with pytest.raises(WeightsError, match="not the weights of LPIPS"):
        load_lpips_net(tmp_path / "w.ckpt")
    assert not (tmp_path / "owned").exists()
