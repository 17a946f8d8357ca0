"""The demo page: what its button runs, with a stand-in for Gradio."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import pyvips

from colorify.colorizer import Colorizer
from script_files import load_script

FILE = Path(__file__).parents[2] / "demo" / "app.py"


class GradioError(Exception):
    """What Gradio shows to the person."""


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, colorizer: Colorizer) -> Any:
    gradio = ModuleType("gradio")
    vars(gradio).update(Error=GradioError, Blocks=object)
    monkeypatch.setitem(sys.modules, "gradio", gradio)
    module = load_script(FILE, "colorify_demo")
    monkeypatch.setattr(module, "load_colorizer", lambda: colorizer)
    return module


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_photo_comes_back_before_and_after(app: Any, tmp_path: Path, kind: type) -> None:
    levels = np.linspace(20, 230, 64) * (257 if kind is np.uint16 else 1)
    photo = tmp_path / "photo.png"
    space = "grey16" if kind is np.uint16 else "b-w"
    pixels = np.tile(levels, (48, 1)).astype(kind)
    pyvips.Image.new_from_array(pixels).copy(interpretation=space).pngsave(str(photo))
    before, after = app.color_photo(str(photo), 1.0, 1.0)
    assert before.shape == after.shape == (48, 64, 3)
    assert before.dtype == after.dtype == np.uint8
    assert np.ptp(before.astype(int), axis=2).max() <= 1
    assert np.ptp(after.astype(int), axis=2).max() > 20


def test_no_photo_is_no_result(app: Any) -> None:
    assert app.color_photo(None, 1.0, 1.0) is None


def test_what_is_no_photo_is_said(app: Any, tmp_path: Path) -> None:
    text = tmp_path / "text.png"
    text.write_text("no photo", encoding="utf-8")
    with pytest.raises(GradioError, match=r"text\.png"):
        app.color_photo(str(text), 1.0, 1.0)


def test_a_space_can_read_its_settings() -> None:
    yaml = pytest.importorskip("yaml")
    head = (FILE.parent / "README.md").read_text(encoding="utf-8").split("---\n")[1]
    settings = yaml.safe_load(head)
    assert (settings["sdk"], settings["app_file"]) == ("gradio", FILE.name)
