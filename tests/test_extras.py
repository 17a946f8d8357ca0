"""What an extra brings, and the command that installs it: for this Python, under names of an index."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from colorify import extras
from colorify.errors import INSTALL, PhotoError, option

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BY_DEVICE = {"openvino", "directml"}  # laid over what is there: `model/devices.py`


def bare(requirement: str) -> str:
    """Leave off from which version on."""
    return re.sub(r"\s*[<>].*", "", requirement)


def test_each_extra_brings_what_pyproject_says() -> None:
    declared = {name: tuple(map(bare, rows)) for name, rows in PROJECT["optional-dependencies"].items()}
    assert declared.pop("server") == (), "it belongs to every installation"
    del declared["dev"]
    assert {name: rows for name, rows in declared.items() if name not in BY_DEVICE} == extras.EXTRAS
    assert set(extras.SERVER) <= set(map(bare, PROJECT["dependencies"]))


def test_the_command_is_one_of_the_very_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: object())
    monkeypatch.setattr(sys, "executable", "/a b/python")
    monkeypatch.setattr(sys, "platform", "linux")
    assert extras.describe_extra("video") == "'/a b/python' -m pip install av opencv-python-headless"
    monkeypatch.setattr(sys, "platform", "win32")
    assert extras.describe_extra("ray") == '"/a b/python" -m pip install fsspec pyarrow ray[data]'


def test_an_environment_of_uv_has_no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    monkeypatch.setattr(sys, "executable", "/tools/python")
    assert extras.describe_install("av") == "uv pip install --python /tools/python av"


def test_a_client_of_the_server_is_not_told_where_its_python_lies() -> None:
    problems = pytest.importorskip("colorify.server.problems")
    error = PhotoError(f"a.heic: type {option(INSTALL, 'heif')}")
    assert str(error) == f"a.heic: type {extras.describe_extra('heif')}"
    assert error.spell(problems.spell_field) == "a.heic: type pip install pillow-heif"


def test_no_text_says_to_install_the_distribution_from_an_index() -> None:
    files = [path for folder in ("src", "docs") for path in (ROOT / folder).rglob("*.*")]
    texts = [path for path in (*files, ROOT / "README.md") if path.suffix in (".py", ".md", ".js", ".html")]
    assert [path for path in texts if "install 'colorify-photo" in path.read_text(encoding="utf-8")] == []
