"""`colorify train` with the whole network: of the shipped weights, and of a process of its own."""

import signal
from pathlib import Path

import pytest
import torch
from short_runs import COMMON, PHASES

from colorify.cli import run
from colorify.training.checkpoint import CHECKPOINT, load_checkpoint
from colorify.training.export import weights_file
from colorify.training.trainer import Trainer
from stuck import start_and_stick

RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.fixture(scope="module", autouse=True)
def _shallow() -> None:
    """The network is whole."""


def test_a_teacher_that_is_missing_is_noticed_before_the_shards_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["train", "a.tar", "--recipe", str(RECIPES / "teach.toml"), "--into", "run"]
    assert run([*words, "--teacher", "shipped", "--teacher", "none.onnx"]) == 3
    said = capsys.readouterr().err
    assert "none.onnx" in said
    assert "reading" not in said


@pytest.mark.slow
def test_a_run_survives_kill_9(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # no weights file, which takes longer than all else
    monkeypatch.setattr(weights_file, "export_checkpoint", lambda _, output, **__: output.touch())
    recipe = tmp_path / "short.toml"
    recipe.write_text(f"steps = 8\nvalidate_every = 3\n{COMMON}{PHASES}")
    words = ["train", "--photos", str(folder), "--recipe", str(recipe), "--into"]
    assert run([*words, str(tmp_path / "unbroken")]) == 0
    process = start_and_stick(Trainer.train_step, 5, *words, tmp_path / "broken")
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert load_checkpoint(tmp_path / "broken" / CHECKPOINT).step == 3
    assert run([*words, str(tmp_path / "broken")]) == 0
    whole, resumed = (load_checkpoint(tmp_path / name / CHECKPOINT) for name in ("unbroken", "broken"))
    assert (resumed.step, resumed.photos) == (whole.step, whole.photos)
    for name, tensor in whole.network.items():
        torch.testing.assert_close(resumed.network[name], tensor, rtol=0, atol=1e-5)
