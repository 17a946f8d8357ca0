from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from colorify.errors import SetupError, WeightsError
from colorify.model.generator import Generator
from colorify.model.spec import CENTERS, Spec
from colorify.training.export.batchnorm_folding import fold_batchnorm
from colorify.training.export.onnx_branch import all_weights
from colorify.training.export.weights_file import export
from colorify.training.network.ab_bins import Bins
from colorify.training.network.unet import ConvNorm, UNet
from colorify.training.warm_start import load_backbone, load_generator, load_weights, save_backbone
from tiny import write_tiny_generator

SPEC = Spec(name="test", version="1", license="MIT", multiple=32, stride=4, size=64, temperature=0.5)


def lived_in(outputs: int) -> UNet:
    """A network whose norms, attention and head are not as they were made."""
    torch.manual_seed(4)
    network = UNet(outputs)
    for module in network.modules():
        if isinstance(module, ConvNorm):
            module.norm.running_mean.normal_(0, 0.3)
            module.norm.running_var.uniform_(0.5, 2)
            torch.nn.init.normal_(module.norm.weight, 1, 0.2)
            torch.nn.init.normal_(module.norm.bias, 0, 0.2)
    for parameter in [*network.attend.parameters(), *network.think.parameters()]:
        torch.nn.init.normal_(parameter, 0.1, 0.1)
    return network.eval()


@pytest.fixture(scope="module")
def bins() -> Bins:
    centers = torch.cartesian_prod(torch.arange(-20.0, 21, 10), torch.arange(-20.0, 21, 10))
    return Bins(centers, torch.rand(len(centers), generator=torch.Generator().manual_seed(1)))


# an export takes half a minute; most generators classify
@pytest.fixture(scope="module", params=["classification", pytest.param("regression", marks=pytest.mark.slow)])
def case(
    request: pytest.FixtureRequest, bins: Bins, tmp_path_factory: pytest.TempPathFactory
) -> tuple[UNet, Bins, Path]:
    """A network, its bins, and the weights file of it."""
    bins = bins if request.param == "classification" else Bins(torch.zeros(0, 2), torch.zeros(0))
    network = lived_in(len(bins) or 2)
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
    network = lived_in(5)
    L, hints = torch.rand(2, 1, 64, 32) * 100, torch.randn(2, 3, 16, 8)
    torch.testing.assert_close(fold_batchnorm(network)(L, hints), network(L, hints), rtol=1e-4, atol=1e-4)


def test_a_weights_file_alone_is_enough_to_go_on_from(case: tuple[UNet, Bins, Path], tmp_path: Path) -> None:
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
    assert all(np.array_equal(first[name], second[name]) for name in first)
    for one, other in zip(colors(path), colors(again), strict=True):
        assert np.array_equal(one, other)


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
    network = lived_in(3)
    save_backbone(network.state_dict(), tmp_path / "deep" / "backbone.pt")
    other = UNet(7)
    other.backbone.load_state_dict(load_backbone(tmp_path / "deep" / "backbone.pt"))
    assert torch.equal(other.backbone.stem.conv.weight, network.backbone.stem.conv.weight)
    (tmp_path / "wrong.pt").write_bytes(b"x")
    with pytest.raises(SetupError, match="no backbone"):
        load_backbone(tmp_path / "wrong.pt")
