from dataclasses import replace
from pathlib import Path

import pytest
import torch
from made_networks import SPEC, make_network

from colorify.errors import UsageError
from colorify.training.checkpoint import CHECKPOINT, Checkpoint, save_checkpoint, select_weights
from colorify.training.export.weights_file import export
from colorify.training.network.ab_bins import Bins
from colorify.training.recipe import Recipe
from colorify.training.warm_start import PretrainedGenerator, load_weights
from colorify.training.weight_mean import average_weights, load_mean

BINS = Bins(torch.tensor([[0.0, 10.0]]), torch.tensor([1.0]))


@pytest.fixture
def checkpoint(recipe: Recipe) -> Checkpoint:
    return Checkpoint(recipe, BINS, {"w": torch.ones(2)}, {"module.w": torch.zeros(2)}, {"state": {}}, step=5)


def save_run(checkpoint: Checkpoint, folder: Path) -> Path:
    save_checkpoint(checkpoint, folder / CHECKPOINT)
    return folder


def test_a_mean_is_of_what_the_runs_are_judged_by(checkpoint: Checkpoint, tmp_path: Path) -> None:
    first = save_run(checkpoint, tmp_path / "first")
    best = replace(checkpoint, best={"w": torch.full((2,), 3.0)}, step=7)
    second = save_run(best, tmp_path / "second")
    both = load_mean([first, second])
    assert select_weights(both)["w"].tolist() == [1.5, 1.5]
    assert both.step == 7
    assert select_weights(load_mean([first]))["w"].tolist() == [0, 0]


def test_generators_of_different_networks_have_no_mean(checkpoint: Checkpoint) -> None:
    one = PretrainedGenerator({"w": torch.zeros(2)}, BINS, folded=False)
    other_bins = Bins(torch.tensor([[10.0, 0.0]]), torch.tensor([1.0]))
    for stranger in (replace(one, network={"w": torch.zeros(3)}), replace(one, bins=other_bins)):
        with pytest.raises(UsageError, match="different networks"):
            average_weights(checkpoint, [one, stranger])


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights file."""
    path = tmp_path_factory.mktemp("weights") / "shipped.onnx"
    export(make_network(len(BINS)), BINS, path, SPEC, {})
    return path


def begin_from(weights: Path, checkpoint: Checkpoint) -> Checkpoint:
    """Return a run that began from a weights file and has learnt nothing yet."""
    return replace(
        checkpoint, recipe=replace(checkpoint.recipe, norms="fixed"), best=load_weights(weights).network
    )


def test_a_run_is_averaged_with_the_weights_file_that_it_began_from(
    shipped: Path, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    run = begin_from(shipped, checkpoint)
    assert run.best is not None
    learnt = {**run.best, "head.bias": run.best["head.bias"] + 2}
    folder = save_run(replace(run, best=learnt), tmp_path / "run")
    for sources in ([folder, shipped], [shipped, folder]):
        mean = select_weights(load_mean(sources))
        torch.testing.assert_close(mean["head.bias"], run.best["head.bias"] + 1)
        torch.testing.assert_close(mean["head.weight"], run.best["head.weight"])


def test_a_weights_file_and_a_run_with_norms_of_its_own_have_no_mean(
    shipped: Path, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    run = begin_from(shipped, checkpoint)
    own = make_network(len(BINS)).state_dict()
    name = next(name for name in own if name.endswith("running_mean"))
    folder = save_run(replace(run, best={**own, name: own[name] + 1}), tmp_path / "own")
    with pytest.raises(UsageError, match="began from it"):
        load_mean([shipped, folder])


def test_a_mean_needs_a_run(shipped: Path) -> None:
    for sources in ([shipped], [shipped, shipped]):
        with pytest.raises(UsageError, match=r"shipped\.onnx: not the folder of a run"):
            load_mean(sources)
