"""Colorify where there is no POSIX: the same code, in processes that see of Python what Windows has."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from colorify.errors import shell_word
from waiting import PATIENCE

ROOT = Path(__file__).parent.parent
PLAYED = ROOT / "tests" / "without_posix"

IMPORT_ALL = """
import importlib, pkgutil, sys
import colorify
names = [module.name for module in pkgutil.walk_packages(colorify.__path__, "colorify.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names), "fcntl" in vars(sys.modules["colorify.locks"]) and sys.modules["colorify.locks"].fcntl)
"""


def run(*words: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(PLAYED)}
    done = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def album(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "album").mkdir()
    for name in ("camera.jpg", "chelsea.jpg"):
        shutil.copy(ROOT / "samples" / name, tmp_path / "album")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "album"


def test_every_module_is_imported() -> None:
    count, locks = run("-c", IMPORT_ALL).split()
    assert int(count) > 200
    assert locks == "None", "it is played that there is no fcntl"


@pytest.mark.usefixtures("album")
@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("album/camera.jpg",),
        ("album", "-o", "out"),
        ("album/chelsea.jpg", "--hint", "50%,40%,#d08040", "--confidence", "sure.png"),
    ],
    ids=" ".join,
)
def test_a_command_runs(words: tuple[str, ...], tiny_weights: Path) -> None:
    run("-m", "colorify", *words, *(() if "--help" in words else ("-m", str(tiny_weights))))


def test_a_result_is_replaced_and_nothing_else_is_left(album: Path, tiny_weights: Path) -> None:
    for more in ([], ["-f"]):
        run("-m", "colorify", "album", "-o", "out", "-m", str(tiny_weights), *more)
    there = sorted(path.name for path in (album.parent / "out").iterdir())
    assert there == ["camera.jpg", "chelsea.jpg"], "a lock or a part was left"


@pytest.mark.parametrize("tests", ["tests/test_atomic.py", "tests/batch/test_plan.py"])
def test_tests_of_files_and_names_pass_there(tests: str) -> None:
    """All of the tier is run so by .github/workflows/ci.yml; here are those that have most to do with it."""
    said = run("-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", str(ROOT / tests))
    assert " passed" in said


def test_words_are_quoted_for_the_shell_at_hand() -> None:
    assert shell_word("a b.mp4", windows=False) == "'a b.mp4'"
    assert shell_word("a b.mp4", windows=True) == '"a b.mp4"'
    assert shell_word("it's.mp4", windows=True) == "it's.mp4"
