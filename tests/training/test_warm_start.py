from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from made_networks import SPEC, make_network
from onnx import numpy_helper

from colorify.errors import SetupError, WeightsError
from colorify.model.generator import Generator
from colorify.model.spec import CENTERS
from colorify.training.export.batchnorm_folding import fold_batchnorm
from colorify.training.export.onnx_branch import all_weights
from colorify.training.export.weights_file import ExportedNetwork, export
from colorify.training.network.ab_bins import Bins
from colorify.training.network.unet import UNet
from colorify.training.warm_start import load_backbone, load_generator, load_weights, save_backbone
from tiny import write_tiny_generator


# an export takes half a minute; most generators classify
@pytest.fixture(scope="module", params=["classification", pytest.param("regression", marks=pytest.mark.slow)])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[UNet, Bins, Path]:
    """A network, its bins, and the weights file of it."""
    if request.param == "classification":
        return tuple(map(request.getfixturevalue, ("network", "bins", "exported")))  # type: ignore[return-value]
    bins, network = Bins(torch.zeros(0, 2), torch.zeros(0)), make_network(2)
    path = tmp_path_factory.mktemp("start") / "one.onnx"
    export(network, bins, path, SPEC, {})
    return network, bins, path


def colors(path: Path) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    hints = np.zeros((16, 24, 3), np.float32)
    hints[3:5, 4:9] = [40, -30, 1]
    made = Generator(path, threads=1)((rng.random((64, 96)) * 100).astype(np.float32), hints=hints)
    return made.ab, made.confidence


@torch.inference_mode()
def test_folding_changes_no_output() -> None:
    network = make_network(5)
    L, hints = torch.rand(2, 1, 64, 32) * 100, torch.randn(2, 3, 16, 8)
    torch.testing.assert_close(fold_batchnorm(network)(L, hints), network(L, hints), rtol=1e-4, atol=1e-4)


def numbers(network: UNet, bins: Bins) -> dict[str, torch.Tensor]:
    """Return what an export of it would write, in half precision where a file has that."""
    whole = ExportedNetwork(network, bins).state_dict()
    return {name: tensor.half() if tensor.ndim >= 4 else tensor for name, tensor in whole.items()}


def test_a_weights_file_alone_is_enough_to_go_on_from(case: tuple[UNet, Bins, Path]) -> None:
    network, bins, path = case
    start = load_weights(path)
    assert torch.equal(start.bins.centers, bins.centers)
    assert torch.equal(start.bins.weights, bins.weights)
    back = UNet(len(bins) or 2)
    back.load_state_dict(start.network)
    before, after = numbers(network, bins), numbers(back.eval(), start.bins)
    assert before.keys() == after.keys()
    for name, tensor in before.items():
        rounding = 1e-6 if name == "network.head.bias" else 0  # the tilt was added, and taken out again
        torch.testing.assert_close(after[name], tensor, rtol=0, atol=rounding, msg=name)


@pytest.mark.slow
def test_what_was_read_back_is_exported_as_the_same_file(
    case: tuple[UNet, Bins, Path], tmp_path: Path
) -> None:
    _, bins, path = case
    start = load_weights(path)
    assert torch.equal(start.bins.centers, bins.centers)
    assert torch.equal(start.bins.weights, bins.weights)
    network = UNet(len(bins) or 2)
    network.load_state_dict(start.network)
    again = tmp_path / "again.onnx"
    export(network, start.bins, again, SPEC, {})
    first, second = (
        {entry.name: numpy_helper.to_array(entry) for entry in all_weights(onnx.load(file).graph)}
        for file in (path, again)
    )
    assert first.keys() == second.keys()
    for name, entry in first.items():
        rounding = 1e-6 if name == "network.head.bias" else 0  # the tilt was taken out, and added again
        np.testing.assert_allclose(second[name], entry, rtol=0, atol=rounding)
    for one, other in zip(colors(path), colors(again), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)


def test_the_network_read_back_computes_what_the_file_does(case: tuple[UNet, Bins, Path]) -> None:
    network, bins, path = case
    back = UNet(len(bins) or 2)
    back.load_state_dict(load_generator(str(path)).network)
    L = torch.rand(1, 1, 64, 64) * 100
    with torch.inference_mode():
        difference = back.eval()(L, torch.zeros(1, 3, 16, 16)) - network(L, torch.zeros(1, 3, 16, 16))
    assert difference.abs().max() < 0.02  # of half precision


def test_regression_says_1_for_its_confidence(case: tuple[UNet, Bins, Path]) -> None:
    _, bins, path = case
    _, confidence = colors(path)
    assert (confidence == 1).all() == (len(bins) == 0)


def test_other_files_are_refused(tmp_path: Path, tiny_weights: Path) -> None:
    (tmp_path / "text.onnx").write_text("no weights at all")
    for name, says in (("text.onnx", "not a usable ONNX file"), ("none.onnx", "no such weights file")):
        with pytest.raises(WeightsError, match=says):
            load_weights(tmp_path / name)
    with pytest.raises(WeightsError, match="cannot be trained on"):
        load_weights(tiny_weights)


def test_no_other_file_is_read(tmp_path: Path) -> None:
    model = onnx.load(write_tiny_generator(tmp_path / "tiny.onnx"))
    onnx.save(model, tmp_path / "two.onnx", save_as_external_data=True, location="b.bin", size_threshold=0)
    with pytest.raises(WeightsError, match=r"two\.onnx: keeps tensors in other files"):
        load_weights(tmp_path / "two.onnx")


@pytest.mark.parametrize(
    "changes",
    [
        {"bin_weights": "big"},
        {"bin_weights": [1.0]},
        {"bin_weights": [[1.0]] * 5},
        {"bin_weights": None},
        {"bin_weights": [10**400] * 5},
        {"bin_weights": {}},
        {CENTERS: "none"},
        {"multiple": 0},
    ],
    ids=str,
)
def test_metadata_that_makes_no_sense(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(WeightsError, match=r"odd\.onnx"):
        load_weights(write_tiny_generator(tmp_path / "odd.onnx", **changes))


def test_a_backbone_goes_from_file_to_file(tmp_path: Path) -> None:
    network = make_network(3)
    save_backbone(network.state_dict(), tmp_path / "deep" / "backbone.pt")
    other = UNet(7)
    other.backbone.load_state_dict(load_backbone(tmp_path / "deep" / "backbone.pt"))
    assert torch.equal(other.backbone.stem.conv.weight, network.backbone.stem.conv.weight)
    (tmp_path / "wrong.pt").write_bytes(b"x")
    with pytest.raises(SetupError, match="no backbone"):
        load_backbone(tmp_path / "wrong.pt")
