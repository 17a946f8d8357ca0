"""Every option of every verb with values that make no sense: one line, no success, and nothing written."""

import os
import sys
from pathlib import Path
from typing import Any, Final

import click
import pytest

from colorify import cli
from colorify.cli.command import group
from colorify.cli.numbers import MAX_NUMBER
from command_line import names, photo

# a command line of each verb that would do something, if it had what it names
VERBS: Final = {
    "colorize": "a.png -o out.png",
    "video": "film.mp4 -o out.mp4",
    "train": "shards.tar --into run --recipe recipe.toml",
    "export": "run -o out.onnx",
    "evaluate": "folder",
    "serve": "--port 0",
    "data crawl": "http://127.0.0.1:9/ --into web --contact a@example.org",
    "data import": "list.parquet --into web --contact a@example.org",
    "data export": "folder -o out.parquet",
    "data screen": "folder",
    "data shard": "folder -o shards",
    "data stats": "folder",
}
NUMBERS: Final = ("x", "nan", "inf", "-inf", "1e400", "9" * 400, "0x10", str(MAX_NUMBER + 1))
NAMES: Final = ("", "a\0b", "x" * 300, "loop/x", "a.png/x", os.fsdecode(b"gone-\xe9/x"))
# what is slow to load, and says of names what the others do
HEAVY: Final = ("train", "export", "serve", "data crawl", "data import")
# what makes the folder of the name that it gets
MADE: Final = ("-o", "--confidence", "--frames", "--report")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    photo("a.png")
    Path("folder").mkdir()
    Path("loop").symlink_to("loop")
    Path("film.mp4").write_bytes(b"no film")


def options(verb: str, kind: Any) -> list[str]:
    """Name the options of a verb whose type is of a kind."""
    first, *rest = verb.split()
    command = group.get_command(click.Context(group), first)
    for word in rest:
        assert isinstance(command, click.Group)
        command = command.commands[word]
    assert command is not None
    return [
        param.opts[-1]
        for param in command.params
        if isinstance(param, click.Option) and not param.is_flag and isinstance(param.type, kind)
    ]


def refused(capsys: pytest.CaptureFixture[str], words: list[str], codes: tuple[int, ...]) -> str:
    """Run a command that is to fail; return its line."""
    before = names()
    capsys.readouterr()
    sys.stderr.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] - as it is but in tests
    code = cli.run(words)
    out, err = capsys.readouterr()
    assert code in codes, (words, code, err)
    assert (out, err.count("\n"), err[:7]) == ("", 1, "error: "), (words, err)
    assert names() == before, words
    return err


@pytest.mark.parametrize("verb", VERBS)
def test_numbers(capsys: pytest.CaptureFixture[str], verb: str) -> None:
    kinds = (click.types.IntParamType, click.types.FloatParamType)
    for option in options(verb, kinds):
        for value in NUMBERS:
            words = [*verb.split(), *VERBS[verb].split(), option, value]
            assert option in refused(capsys, words, (2,)), words


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in HEAVY])
def test_names_of_files(capsys: pytest.CaptureFixture[str], verb: str) -> None:
    for option in [*options(verb, click.Path), *(["-o"] if verb == "colorize" else [])]:
        for value in NAMES:
            if option in MADE and "gone" in value:
                continue
            refused(capsys, [*verb.split(), *VERBS[verb].split(), option, value], (1, 2, 3))


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in HEAVY])
@pytest.mark.parametrize("value", [*NAMES, "gone", "loop", "/dev/null"])
def test_inputs(capsys: pytest.CaptureFixture[str], verb: str, value: str) -> None:
    _, *rest = VERBS[verb].split()
    refused(capsys, [*verb.split(), value, *rest], (1, 2, 3))


@pytest.mark.parametrize(
    "words", [["colorize", "--output=", "a.png"], [""], ["a.png", "--token=a="]], ids=" ".join
)
def test_words_that_are_empty(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    """Such as of a variable that is not set: taken for a path it would be this folder."""
    assert ("empty; perhaps a variable" in refused(capsys, words, (2,))) == ("--token=a=" not in words)
