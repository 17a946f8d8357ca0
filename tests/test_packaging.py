"""What a release is made of: its archives, and the templates of other package managers."""

import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from script_files import load_script
from waiting import PATIENCE

ROOT = Path(__file__).parent.parent
ROOM = Path(__file__).parent.parent / "packaging"


@pytest.fixture(scope="module")
def script() -> Any:
    return load_script(ROOM / "fill_in.py", "fill_in")


@pytest.fixture
def filled(script: Any, tmp_path: Path) -> Path:
    """The templates, filled in for a release."""
    (tmp_path / "colorify_photo-1.2.3.tar.gz").write_bytes(b"archive")
    (tmp_path / "colorify_photo-1.2.3-py3-none-any.whl").write_bytes(b"wheel")
    (tmp_path / "colorify-1.2.3-windows-x64.zip").write_bytes(b"program")
    script.main([str(tmp_path), "--repository", "someone/colorify", "--into", str(tmp_path / "filled")])
    return tmp_path / "filled"


def test_the_formula_is_of_the_source_archive(filled: Path) -> None:
    formula = (filled / "colorify.rb").read_text()
    assert hashlib.sha256(b"archive").hexdigest() in formula
    assert "/colorify_photo-1.2.3.tar.gz" in formula


def test_the_manifest_is_of_the_program_for_windows(filled: Path) -> None:
    yaml = pytest.importorskip("yaml")
    files = {path.name: yaml.safe_load(path.read_text("utf-8")) for path in (filled / "winget").iterdir()}
    assert {(row["PackageIdentifier"], row["PackageVersion"]) for row in files.values()} == {
        ("Colorify.Colorify", "1.2.3")
    }
    assert {row["ManifestType"] for row in files.values()} == {"version", "defaultLocale", "installer"}
    [installer] = files["Colorify.Colorify.installer.yaml"]["Installers"]
    assert installer["InstallerSha256"].lower() == hashlib.sha256(b"program").hexdigest()
    address = "https://github.com/someone/colorify/releases/download/v1.2.3/colorify-1.2.3-windows-x64.zip"
    assert installer["InstallerUrl"] == address
    # the release builds a zip of that name, with that program in it
    workflow = (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")
    assert "--name colorify " in workflow
    assert "-windows-x64.zip" in workflow
    assert [file["RelativeFilePath"] for file in installer["NestedInstallerFiles"]] == [
        "colorify\\colorify.exe"
    ]


def test_every_template_is_known_and_asks_for_what_is_known(script: Any, filled: Path) -> None:
    rows = [path for path in ROOM.rglob("*") if path.is_file() and path.suffix in (".rb", ".yaml")]
    templates = {path.relative_to(ROOM).as_posix() for path in rows if "{{" in path.read_text("utf-8")}
    assert templates == set(script.TEMPLATES)
    assert not [path for path in filled.rglob("*.*") if "{{" in path.read_text("utf-8")]
    with pytest.raises(KeyError):
        script.fill_in("{{DIGEST}}", {})


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["colorify_photo-1.tar.gz", "colorify_photo-2.tar.gz"],
        ["colorify_photo-1.tar.gz"],
        ["colorify_photo-1.tar.gz", "colorify-2-windows-x64.zip"],
    ],
)
def test_a_folder_that_is_no_release_is_refused(script: Any, tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match="expected one"):
        script.read_release(tmp_path, "someone/colorify")


LARGEST_WHEEL = 25e6  # bytes


def build(tree: Path, into: Path, *kinds: str) -> list[Path]:
    """Build archives of a tree: "sdist", "wheel"."""
    targets = [word for kind in kinds for word in ("-t", kind)]
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", *targets, "-d", into],
        cwd=tree,
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    return sorted(into.iterdir())


def unpack(archive: Path, into: Path) -> Path:
    with tarfile.open(archive) as tar:
        tar.extractall(into, filter="data")
    [tree] = into.iterdir()
    return tree


@pytest.mark.slow
def test_archives_are_whole_and_the_same_byte_for_byte(tmp_path: Path) -> None:
    """Built of the source archive, in another place and at another time, both are what they were."""
    wheel, archive = first = build(ROOT, tmp_path / "first", "sdist", "wheel")
    tree = unpack(archive, tmp_path / "unpacked")
    again = build(tree, tmp_path / "again", "sdist", "wheel")
    assert all(path.read_bytes() == other.read_bytes() for path, other in zip(first, again, strict=True))
    assert wheel.stat().st_size < LARGEST_WHEEL
    named = [
        path.relative_to(ROOT)
        for room in ("src", "tests", "docs", "recipes")
        for path in (ROOT / room).rglob("*")
        if path.is_file()
    ]
    kept = [name for name in named if not any(part.startswith((".", "__pycache__")) for part in name.parts)]
    assert [name for name in kept if not (tree / name).exists()] == []
    # the container is built of less: what its file copies is all that the wheel is made of
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    (few := tmp_path / "few").mkdir()
    for name in " ".join(copied).split():
        (shutil.copytree if (tree / name).is_dir() else shutil.copy)(tree / name, few / name)
    [bare] = build(few, tmp_path / "bare", "wheel")
    assert bare.read_bytes() == wheel.read_bytes()
