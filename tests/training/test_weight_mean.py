from dataclasses import replace
from pathlib import Path

import pytest
import torch

from colorify.errors import UsageError
from colorify.model.generator import BUILTIN_WEIGHTS
from colorify.training import weight_mean
from colorify.training.checkpoint import CHECKPOINT, Checkpoint, save_checkpoint, select_weights
from colorify.training.network.ab_bins import Bins
from colorify.training.recipe import Recipe
from colorify.training.warm_start import PretrainedGenerator
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


STATISTICS = {"norm.running_mean": torch.zeros(2), "norm.running_var": torch.ones(2)}


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> PretrainedGenerator:
    """What the embedded weights are read as: its norms have no statistics any more."""
    known = PretrainedGenerator({"w": torch.full((2,), 4.0), **STATISTICS}, BINS, folded=True)
    load = weight_mean.load_generator
    monkeypatch.setattr(
        weight_mean, "load_generator", lambda name: known if name == "shipped" else load(name)
    )
    return known


def test_a_run_is_averaged_with_the_weights_file_that_it_began_from(
    shipped: PretrainedGenerator, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    learnt = {**shipped.network, "w": torch.full((2,), 6.0)}
    folder = save_run(replace(checkpoint, best=learnt), tmp_path / "run")
    for sources in ([folder, Path("shipped")], [Path("shipped"), folder]):
        mean = load_mean(sources)
        assert select_weights(mean)["w"].tolist() == [5, 5]
        assert mean.step == checkpoint.step


def test_a_weights_file_and_a_run_with_norms_of_its_own_have_no_mean(
    shipped: PretrainedGenerator, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    own = {**shipped.network, "norm.running_mean": torch.full((2,), 0.5)}
    folder = save_run(replace(checkpoint, best=own), tmp_path / "own")
    with pytest.raises(UsageError, match="began from it"):
        load_mean([Path("shipped"), folder])


def test_a_mean_needs_a_run() -> None:
    for sources in ([Path("shipped")], [BUILTIN_WEIGHTS, BUILTIN_WEIGHTS]):
        with pytest.raises(UsageError, match="not the folder of a run"):
            load_mean(sources)
