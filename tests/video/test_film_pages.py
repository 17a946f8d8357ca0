"""The commands for films that the README and docs/video.md show, each typed in a folder of its own."""

import shlex
from pathlib import Path

import pytest
from made_films import Sort, numbered, write_film

from colorify import cli
from typed_commands import typed_lines

SECONDS = 101  # as the page cuts a piece out of a film from 1:23 to 1:40


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of a frame a second."""
    path = tmp_path_factory.mktemp("films") / "film.mp4"
    return write_film(path, Sort(size=(336, 192), frames=SECONDS, steps=(2400,)))


@pytest.mark.parametrize("command", typed_lines("films:"))
def test_a_command_for_films_runs(
    command: str, long_film: Path, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("film.mp4").symlink_to(long_film)
    write_film(Path("film.mkv"), Sort(frames=3))
    Path("scans").mkdir()
    for number in range(3):
        numbered(Path(f"scans/{number:03d}.png"), number, (48, 32))
    before = {path.name for path in tmp_path.iterdir()}
    words = [
        name for word in shlex.split(command) for name in (sorted(map(str, Path().glob(word))) or [word])
    ]
    assert (words[0], cli.run([*words[1:], "-m", str(tiny_weights)])) == ("colorify", 0)
    assert {path.name for path in tmp_path.iterdir()} - before
