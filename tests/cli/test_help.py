"""What a person is told who does not know what to type: a greeting, help, completion, the man page."""

import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete

from colorify import cli
from colorify.cli import man_page
from colorify.cli.command import COMPLETION, group
from colorify.cli.command_options import DEFAULT_QUALITIES
from colorify.cli.command_table import DEFAULT_VERB, VERBS
from colorify.cli.help_page import EXAMPLES, GROUPS
from colorify.images.formats import FORMATS
from command_line import Colorify, command, make_command, photo

ROOT = Path(__file__).parent.parent.parent


def contexts() -> list[click.Context]:
    return list(man_page.list_contexts(click.Context(group, info_name="colorify", **group.context_settings)))


def test_without_arguments_on_a_terminal_it_says_what_to_type(tmp_path: Path) -> None:
    pytest.importorskip("pty", reason="a terminal of POSIX")
    pytest.importorskip("pyte", reason="pip install -e '.[dev]'")
    from terminal import last_screen

    first, *others = last_screen(*command(tmp_path)[:3], code=2)
    assert first.startswith("colorify serve ")
    assert [line.split("  ")[0] for line in others] == [
        "colorify grandma.jpg",
        "colorify album/",
        "colorify -h",
    ]


def test_without_arguments_and_a_terminal_it_says_what_is_missing(colorify: Colorify) -> None:
    ended = colorify()
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "name a photo" in ended.err


@pytest.mark.parametrize("words", ["video", "data crawl", "serve", "help", ""])
def test_help_of_a_verb_is_what_h_says(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["help", *words.split()]) == 0
    told = capsys.readouterr().out
    assert cli.run([*words.split(), "-h"]) == 0
    assert told == capsys.readouterr().out


@pytest.mark.usefixtures("in_tmp_path")
def test_a_verb_that_is_spelt_wrong(colorify: Colorify, capsys: pytest.CaptureFixture[str]) -> None:
    ended = colorify("vidoe", "film.mp4")
    assert (ended.code, ended.err.count("did you mean video?")) == (2, 1)
    assert cli.run(["help", "sreve"]) == 2
    assert "did you mean serve?" in capsys.readouterr().err
    assert "did you mean" not in colorify("album").err
    photo("vidoe.png")
    Path("vidoe.png").rename("vidoe")
    assert colorify("vidoe", "--dry-run").code == 0, "a photo may be called so"


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("video", "colorify video -h"),
        ("video a.mp4 --nope", "colorify video -h"),
        ("train", "colorify train -h"),
        ("data crawl", "colorify data crawl -h"),
        ("a.jpg --nope", "colorify -h"),
        ("a.jpg --size", "colorify -h"),
    ],
)
def test_a_wrong_option_points_to_the_help_of_its_verb(colorify: Colorify, words: str, page: str) -> None:
    ended = colorify(*words.split())
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert f"({page} lists what can be given)" in ended.err


def test_a_verb_with_verbs_of_its_own_shows_its_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["data"]) == 2
    assert capsys.readouterr().err.startswith("Usage: colorify data")


@pytest.mark.usefixtures("in_tmp_path")
def test_formats_and_colours_as_people_call_them(colorify: Colorify) -> None:
    photo("a.png")
    assert colorify("a.png", "--format", "JPG", "--hint", "5,5,#fff", "--hint", "9,9,red").code == 0
    assert colorify("a.png", "--format", "tif").code == 0
    assert {path.name for path in Path().iterdir()} >= {"a-color.jpg", "a-color.tif"}
    assert "expected one of jpeg, png, tiff" in colorify("a.png", "--format", "bmp").err


@pytest.mark.parametrize("ctx", contexts(), ids=lambda ctx: ctx.command_path)
def test_each_help_ends_with_three_examples_that_it_understands(ctx: click.Context) -> None:
    words = " ".join(word for word in ctx.command_path.split()[1:] if word != DEFAULT_VERB)
    examples = EXAMPLES[words]
    assert len(examples) == 3
    ends = [line.strip() for line in ctx.get_help().splitlines() if line.strip()][-3:]
    assert ends == list(examples)
    for example in examples:
        group.make_context("colorify", shlex.split(example)[1:])
        parse(example)


def parse(example: str) -> None:
    """Have the command of an example read its options."""
    ctx = click.Context(group, info_name="colorify", **group.context_settings)
    _, *words = shlex.split(example)
    command: click.Command = group
    while isinstance(command, click.Group):
        verb = words.pop(0) if command is not group or (words[:1] and words[0] in VERBS) else DEFAULT_VERB
        inner = command.get_command(ctx, verb)
        assert inner is not None, example
        command = inner
    command.make_parser(click.Context(command, parent=ctx, info_name="x")).parse_args(words)


def test_no_group_names_an_option_that_is_nowhere() -> None:
    known = {param.name for ctx in contexts() for param in ctx.command.params}
    later = {"compare"}  # of a verb that may not be there yet
    assert {name for names in GROUPS.values() for name in names} - known <= later


@pytest.mark.parametrize(
    ("before", "word", "offered"),
    [
        ([], "ser", "serve"),
        ([], "--qual", "--quality"),
        (["a.jpg"], "--qual", "--quality"),
        (["video"], "--cod", "--codec"),
        (["data"], "cr", "crawl"),
    ],
)
def test_a_shell_is_told_how_a_word_goes_on(before: list[str], word: str, offered: str) -> None:
    completion = BashComplete(group, {}, "colorify", COMPLETION)
    assert offered in {item.value for item in completion.get_completions(before, word)}


@pytest.mark.parametrize("before", [[], ["a.jpg"]])
def test_a_shell_names_the_files(before: list[str]) -> None:
    completion = BashComplete(group, {}, "colorify", COMPLETION)
    assert "file" in {item.type for item in completion.get_completions(before, "alb")}


@pytest.mark.posix
@pytest.mark.skipif(shutil.which("fish") is None, reason="apt-get install fish")
@pytest.mark.parametrize(
    ("typed", "offered"), [("ser", "serve"), ("--viv", "--vividness"), ("alb", "album/")]
)
def test_fish_completes(typed: str, offered: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_command(tmp_path, monkeypatch)
    (tmp_path / "album").mkdir()
    script = f"_COLORIFY_COMPLETE=fish_source colorify | source; complete -C 'colorify {typed}'"
    done = subprocess.run(
        ["fish", "--no-config", "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert offered in done.stdout.split()


@pytest.mark.posix
@pytest.mark.skipif(shutil.which("man") is None, reason="apt-get install man-db")
def test_man_shows_the_page_without_a_warning() -> None:
    page = ROOT / "man" / "colorify.1"
    words = ["man", "--warnings", "-E", "UTF-8", "-l", "-P", "cat", str(page)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "--vividness" in done.stdout


def test_the_quality_that_help_and_pages_name_is_that_of_the_formats() -> None:
    used = {row.name: row.quality for row in FORMATS if row.quality is not None}
    assert used == {name.lower(): quality for name, quality in DEFAULT_QUALITIES.items()}
    words = ", ".join(f"{name} {quality}" for name, quality in DEFAULT_QUALITIES.items())
    for page in ("command.md", "api.md"):
        assert words in (ROOT / "docs" / page).read_text(encoding="utf-8")


def test_the_man_page_is_up_to_date() -> None:
    page = (ROOT / "man" / "colorify.1").read_text(encoding="utf-8")
    assert page == man_page.make_man_page(), "python -m colorify.cli.man_page > man/colorify.1"
