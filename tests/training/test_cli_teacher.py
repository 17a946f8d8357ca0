"""`colorify train --teacher`: the shipped weights among them, which are of the whole network."""

from pathlib import Path

import pytest

from colorify.cli import run

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
