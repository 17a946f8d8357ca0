"""Templates of other package managers: filled in with what a release knows."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from script_files import load_script

ROOM = Path(__file__).parent.parent / "packaging"


@pytest.fixture(scope="module")
def script() -> Any:
    return load_script(ROOM / "fill_in.py", "fill_in")


def test_a_release_is_filled_in(script: Any, tmp_path: Path) -> None:
    (tmp_path / "colorify_photo-1.2.3.tar.gz").write_bytes(b"archive")
    (tmp_path / "colorify_photo-1.2.3-py3-none-any.whl").write_bytes(b"wheel")
    script.main([str(tmp_path), "--into", str(tmp_path / "filled")])
    formula = (tmp_path / "filled" / "colorify.rb").read_text()
    assert hashlib.sha256(b"archive").hexdigest() in formula
    assert "/colorify_photo-1.2.3.tar.gz" in formula
    assert "{{" not in formula


def test_every_template_is_known_and_asks_for_what_is_known(script: Any, tmp_path: Path) -> None:
    templates = {path.name for path in ROOM.iterdir() if path.is_file() and "{{" in path.read_text("utf-8")}
    assert templates - {"fill_in.py"} == set(script.TEMPLATES)
    with pytest.raises(KeyError):
        script.fill_in("{{DIGEST}}", {})


@pytest.mark.parametrize("names", [[], ["colorify_photo-1.tar.gz", "colorify_photo-2.tar.gz"]])
def test_a_folder_that_is_no_release_is_refused(script: Any, tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match="expected one"):
        script.read_release(tmp_path)
