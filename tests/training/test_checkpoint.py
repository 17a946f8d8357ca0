from pathlib import Path

import pytest
import torch

from colorify.errors import SetupError
from colorify.training.bins import Bins
from colorify.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
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


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 truncated", b"hello"])
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "wrong.pt"
    path.write_bytes(content)
    with pytest.raises(SetupError, match=r"wrong\.pt: not a usable checkpoint"):
        load_checkpoint(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"none\.pt"):
        load_checkpoint(tmp_path / "none.pt")
