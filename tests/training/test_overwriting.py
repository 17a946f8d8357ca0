"""The verbs that make generators replace nothing that they were not told to, and say so before the work."""

from pathlib import Path

import pytest

from colorify.atomic import claim
from colorify.cli import run
from colorify.training.checkpoint import CHECKPOINT

SMOKE = Path(__file__).parents[2] / "recipes" / "smoke.toml"


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """A training of photos that are none, so that it ends soon if nothing refuses it."""
    (tmp_path / "photos").mkdir()
    into = tmp_path / "run"
    return ["train", "--photos", str(tmp_path / "photos"), "--recipe", str(SMOKE), "--into", str(into)]


@pytest.mark.parametrize("option", ["-o", "--export-backbone"])
def test_a_training_refuses_a_file_that_is_there(
    words: list[str], tmp_path: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = tmp_path / "theirs.onnx"
    theirs.write_bytes(b"theirs")
    assert run([*words, option, str(theirs)]) == 2
    assert "theirs.onnx: exists already. Add -f" in capsys.readouterr().err
    assert theirs.read_bytes() == b"theirs"
    assert not (tmp_path / "run").exists()


def test_a_training_refuses_a_folder_of_another(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = tmp_path / "run" / "generator.onnx"
    theirs.parent.mkdir()
    theirs.write_bytes(b"theirs")
    assert run(words) == 2
    assert "holds a generator.onnx of another run" in capsys.readouterr().err
    assert [path.read_bytes() for path in theirs.parent.iterdir()] == [b"theirs"]
    theirs.unlink()
    with claim(tmp_path / "run" / CHECKPOINT):
        assert run(words) == 2
    assert "another run of Colorify is writing there" in capsys.readouterr().err


def test_an_evaluation_refuses_a_sheet_that_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = tmp_path / "sheet.png"
    theirs.write_bytes(b"theirs")
    assert run(["evaluate", str(tmp_path), "--sheet", str(theirs)]) == 2
    assert "sheet.png: exists already. Add -f" in capsys.readouterr().err
    assert theirs.read_bytes() == b"theirs"
