"""What the pages of docs/ say to type, where they say that it is run, is run."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
import pyvips

from colorify import cli

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").glob("*.md"))
MARK = re.compile(r"<!-- commands: run by tests/test_page_commands.py.*?-->\n```sh\n(.*?)```", re.DOTALL)


def commands() -> list[tuple[str, str]]:
    """List the lines of the blocks of commands that are marked to be run, each with its page."""
    found = [(page.name, block) for page in PAGES for block in MARK.findall(page.read_text(encoding="utf-8"))]
    return [(page, line.partition("  #")[0].strip()) for page, block in found for line in block.splitlines()]


def test_there_are_some() -> None:
    assert {page for page, _ in commands()} >= {"other-programs.md"}


@pytest.mark.parametrize(("page", "command"), commands())
def test_a_command_runs(page: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = ROOT / "samples"
    shutil.copytree(samples, tmp_path / "samples", ignore=shutil.ignore_patterns("*-color.*"))
    (tmp_path / "album").mkdir()
    shutil.copy(samples / "astronaut.jpg", tmp_path / "album" / "grandma.jpg")
    pyvips.Image.new_from_file(str(samples / "chelsea.jpg")).write_to_file(
        str(tmp_path / "album" / "cat.png")
    )
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command)
    assert (words[0], cli.run(words[1:])) == ("colorify", 0), page
