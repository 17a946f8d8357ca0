"""What the README, the pages of docs/ and the examples say is so: commands run, options and files exist."""

import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pytest
import pyvips

from colorify import cli
from colorify.cli.colorize import colorize
from colorify.cli.command_table import VerbGroup
from colorify.model.generator import BUILTIN_WEIGHTS
from command_line import make_command
from typed_commands import ELSEWHERE, PAGES, typed_lines, untyped_lines
from waiting import PATIENCE

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def python_blocks() -> list[str]:
    """List the Python of the README and the pages; that of docs/server.md is run by tests/server."""
    pages = [text for page, text in PAGES.items() if page not in ("api.md", "server.md")]
    return [code for text in pages for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL)]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the README's samples/ and album/, where `colorify` is a command."""
    # whoever typed the first command has its result there
    shutil.copytree(ROOT / "samples", tmp_path / "samples", ignore=shutil.ignore_patterns("*-color.*"))
    (tmp_path / "album").mkdir()
    shutil.copy(ROOT / "samples" / "astronaut.jpg", tmp_path / "album" / "grandma.jpg")
    pyvips.Image.new_from_file(str(ROOT / "samples" / "chelsea.jpg")).write_to_file(
        str(tmp_path / "album" / "cat.png")
    )
    for scan in ("scans/1921/a.jpg", "scans/b.jpg"):
        (tmp_path / scan).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "samples" / "chelsea.jpg", tmp_path / scan)
    make_command(tmp_path, monkeypatch)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, check=False, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr.decode()


def test_the_generator_is_embedded() -> None:
    assert BUILTIN_WEIGHTS.is_file()
    assert BUILTIN_WEIGHTS.stat().st_size <= 16 * 2**20


def test_two_commands_do_all_the_set_up() -> None:
    use, develop = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    sample = re.search(r"\.venv/bin/colorify (\S+)$", use)
    assert sample is not None
    assert (ROOT / sample[1]).is_file()
    assert develop.endswith(".venv/bin/pytest -m unit")
    assert "-c constraints.txt" in develop


def test_the_first_command_colours_the_sample(place: Path) -> None:
    run("colorify", "samples/astronaut.jpg")
    picture = pyvips.Image.new_from_file(str(place / "samples" / "astronaut-color.jpg"))
    a, b = picture.colourspace("lab").bandsplit()[1:3]
    assert max(a.deviate(), b.deviate()) > 2, "the sample is still as good as grey"


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("command", typed_lines("(?:commands:|typed by tests/test_readme.py(?!,))"))
def test_a_command_runs(command: str) -> None:
    """In this process, as each start takes longer than its work; those that redirect by a shell."""
    words = shlex.split(command)
    if {"<", ">"}.isdisjoint(words):
        assert (words[0], cli.run(words[1:])) == ("colorify", 0)
    else:
        run("sh", "-c", command)


@pytest.mark.slow  # on a busy machine
def test_a_generator_is_tuned_and_compared(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    for number, folder in enumerate(["my-color-photos"] * 5 + ["other-color-photos"] * 2):
        (place / folder).mkdir(exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (8, 8, 3), np.uint8)
        large = pyvips.Image.new_from_array(pixels, interpretation="srgb").resize(24)
        large.write_to_file(str(place / folder / f"{number}.png"))
    for line in typed_lines("typed by tests/test_readme.py, "):
        short = ["--minutes", "0.02"] if line.startswith("colorify train") else []
        assert (line, cli.run([*shlex.split(line)[1:], *short])) == (line, 0)


@pytest.mark.parametrize("code", python_blocks())
def test_the_python_of_a_page_runs(code: str, place: Path) -> None:
    (place / "typed.py").write_text(code, encoding="utf-8")
    runpy.run_path(str(place / "typed.py"), run_name="__main__")


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [str(example)])
    try:
        runpy.run_path(str(example), run_name="__main__")
    except SystemExit as ended:
        if ended.code:
            raise


def test_every_command_is_typed_by_a_test() -> None:
    assert untyped_lines() == [], (
        "mark the block with the test that types it, or say in ELSEWHERE why none can"
    )
    text = "".join(PAGES.values())
    assert [start for start in ELSEWHERE if f"\n{start}" not in text] == []


def options(command: click.Command) -> set[str]:
    return {name for param in command.params for name in param.opts}


def typed_commands() -> list[list[str]]:
    """Split every command of ours that stands in a block of a page."""
    found = [block for text in PAGES.values() for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)]
    lines = dict.fromkeys("".join(found).replace("\\\n", " ").splitlines())
    return [shlex.split(line, comments=True) for line in lines if line.startswith("colorify ")]


@pytest.mark.parametrize("words", typed_commands(), ids=" ".join)
def test_the_options_of_a_command_exist(words: list[str]) -> None:
    command: click.Command = colorize
    for word in words[1:3]:  # a verb, and a verb of its own
        group = VerbGroup() if command is colorize else command
        if isinstance(group, click.Group) and word in group.list_commands(click.Context(group)):
            found = group.get_command(click.Context(group), word)
            assert found is not None
            command = found
    assert {word for word in words if word.startswith("-") and word != "-"} <= options(command)


def test_the_readme_is_short() -> None:
    assert len(README.split()) < 1000


@pytest.mark.parametrize("name", ["README.md", "command.md", "trouble.md", "archive.md"])
def test_options_in_the_text_exist(name: str) -> None:
    text = re.sub(r"```.*?```", "", PAGES[name], flags=re.DOTALL)
    text = re.sub(r"`colorify (train|export|evaluate|data)[^`]*`", "", text)
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))
    assert named - options(colorize) - {"--help"} == set()


def test_every_sample_names_its_source() -> None:
    sources = (ROOT / "samples" / "SOURCES.md").read_text(encoding="utf-8")
    for path in (ROOT / "samples").glob("*.jpg"):
        if path.stem.endswith("-color"):
            continue  # made by the first command
        assert f"`{path.name}`" in sources
        assert pyvips.Image.new_from_file(str(path)).bands == 1, "a sample is a grey photo"
