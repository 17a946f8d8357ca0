"""The GIMP plug-in: what it asks of the command `colorify`, and what it says where that fails."""

import os
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import pyvips

from script_files import load_script

FILE = Path(__file__).parents[2] / "integrations" / "gimp" / "colorify" / "colorify.py"


@pytest.fixture
def plug_in() -> ModuleType:
    return load_script(FILE, "colorify_gimp")


def write_script(path: Path, body: str) -> Path:
    """Write a program that stands in for `colorify`."""
    path.write_text(f"#!{sys.executable}\nimport sys\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_gimp_takes_it_for_a_plug_in() -> None:
    assert os.access(FILE, os.X_OK)
    assert FILE.stem == FILE.parent.name, "GIMP starts the file that is called as its folder"


def test_the_command_colors_the_layer(
    plug_in: ModuleType, tmp_path: Path, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "photo.png", tmp_path / "color.png"
    pyvips.Image.new_from_array(np.tile(np.linspace(20, 230, 64), (48, 1)).astype(np.uint8)).pngsave(source)
    command = write_script(
        tmp_path / "colorify",
        f"from colorify.cli import run\nsys.exit(run([*sys.argv[1:], '-m', {str(tiny_weights)!r}]))",
    )
    monkeypatch.setenv("PATH", str(tmp_path))
    line = plug_in.build_command("colorify", source, target, 1.0, 1.5)
    assert line[0] == str(command)
    plug_in.run_command(line)
    result = pyvips.Image.new_from_file(target).numpy()
    assert result.shape[:2] == (48, 64)
    assert np.ptp(result[..., :3], axis=2).max() > 20


def test_a_command_that_is_not_there_is_named(plug_in: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(plug_in.CommandError, match="which colorify"):
        plug_in.build_command(str(tmp_path / "nowhere"), tmp_path, tmp_path, 1.0, 1.0)


def test_what_the_command_says_is_passed_on(plug_in: ModuleType, tmp_path: Path) -> None:
    said = write_script(tmp_path / "says", "sys.exit('photo.png: no picture.')")
    silent = write_script(tmp_path / "silent", "sys.exit(3)")
    with pytest.raises(plug_in.CommandError, match="no picture"):
        plug_in.run_command([str(said)])
    with pytest.raises(plug_in.CommandError, match="exit code 3"):
        plug_in.run_command([str(silent)])


def test_a_command_that_cannot_be_run_is_said(plug_in: ModuleType, tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no program", encoding="utf-8")
    with pytest.raises(plug_in.CommandError, match="text"):
        plug_in.run_command([str(text)])
