import resource
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from colorify.errors import SetupError
from colorify.training.checkpoint import (
    Checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from colorify.training.network.ab_bins import Bins
from colorify.training.recipe import Recipe


@pytest.fixture
def checkpoint(recipe: Recipe) -> Checkpoint:
    bins = Bins(torch.tensor([[0.0, 10.0]]), torch.tensor([1.0]))
    return Checkpoint(
        recipe, bins, {"w": torch.ones(2)}, {"w": torch.zeros(2)}, {"state": {}}, step=5, seconds=1.5
    )


def test_what_is_saved_is_loaded(checkpoint: Checkpoint, tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    save_checkpoint(checkpoint, path)
    loaded = load_checkpoint(path)
    assert loaded.recipe == checkpoint.recipe
    assert (loaded.step, loaded.seconds) == (5, 1.5)
    assert torch.equal(loaded.bins.centers, checkpoint.bins.centers)
    assert torch.equal(loaded.network["w"], torch.ones(2))
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.pt"]


def test_a_disk_that_takes_no_more_leaves_the_checkpoint_before(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    path = tmp_path / "run.pt"
    save_checkpoint(checkpoint, path)
    before = path.read_bytes()
    large = replace(checkpoint, network={"w": torch.ones(1_000_000)})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(SetupError, match=r"run\.pt: cannot be written \(File too large\)"):
            save_checkpoint(large, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == {"run.pt": before}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 truncated", b"hello"])
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "wrong.pt"
    path.write_bytes(content)
    with pytest.raises(SetupError, match=r"wrong\.pt: not a usable checkpoint"):
        load_checkpoint(path)


def test_a_run_of_another_version_is_refused_as_that(checkpoint: Checkpoint, tmp_path: Path) -> None:
    path = tmp_path / "old.pt"
    save_checkpoint(checkpoint, path)
    torch.save({**torch.load(path, weights_only=True), "format": 1}, path)
    with pytest.raises(SetupError, match=r"old\.pt: a checkpoint of another Colorify"):
        load_checkpoint(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"none\.pt"):
        load_checkpoint(tmp_path / "none.pt")
