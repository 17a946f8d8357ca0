"""Which verb a command line without one means."""

from pathlib import Path

import click
import pytest

from colorify.cli.command import group
from colorify.cli.command_table import DEFAULT_VERB, FILM_VERB
from command_line import Colorify, names, photo

pytestmark = pytest.mark.usefixtures("in_tmp_path")


@pytest.mark.parametrize(
    ("words", "verb"),
    [
        ("reel.mp4", FILM_VERB),
        ("reel.MOV tape.vob", FILM_VERB),
        ("reel.mp4 --crf 20 --start 1:00", FILM_VERB),
        ("--codec ffv1 -o new.mkv reel.mp4", FILM_VERB),
        ("reel.mp4 -onew.mkv", FILM_VERB),
        ("reel.mp4 -qf", FILM_VERB),
        ("reel.mp4 --fps=16", FILM_VERB),
        ("-- reel.mp4", FILM_VERB),
        ("reel.mp4 -h", FILM_VERB),
        ("a.png", DEFAULT_VERB),
        ("a.png reel.mp4", DEFAULT_VERB),
        ("reel.mp4 a.png -s 0.5", DEFAULT_VERB),
        ("frames -o film.mp4", DEFAULT_VERB),
        ("frames -ofilm.mp4", DEFAULT_VERB),
        ("--output=film.mp4 frames", DEFAULT_VERB),
        ("a.png --reference still.mp4", DEFAULT_VERB),
        ("folder.mp4", DEFAULT_VERB),
        ("album/", DEFAULT_VERB),
        ("- -o new.png", DEFAULT_VERB),
        ("-h", DEFAULT_VERB),
        ("", DEFAULT_VERB),
    ],
)
def test_the_inputs_decide(words: str, verb: str) -> None:
    Path("folder.mp4").mkdir()
    assert group.choose_verb(click.Context(group, **group.context_settings), words.split()) == verb


def test_a_film_of_pictures_is_not_taken_for_a_folder_of_photos(colorify: Colorify) -> None:
    photo("frames/1.png"), photo("frames/2.png")
    ended = colorify("frames", "-o", "film.mp4")
    assert (ended.code, names()) == (2, {"frames/1.png", "frames/2.png"})
    assert "type: colorify video frames -o film.mp4\n" in ended.err
    assert (
        "error: -o film.mp4 is the name of a film"
        in colorify("frames/1.png", "frames/2.png", "-o", "film.mp4").err
    )
    assert colorify("frames", "-o", "film.mp4/").code == 0
    assert colorify("frames", "-o", "film.mp4").code == 0, "a folder that is there may be called as it likes"
    assert names("film.mp4") == {"1.png", "2.png"}


@pytest.mark.parametrize(("alias", "verb"), [("p", "colorize"), ("s", "serve")])
def test_an_alias_is_its_verb(alias: str, verb: str) -> None:
    """As rembg has them."""
    context = click.Context(group, **group.context_settings)
    group.parse_args(context, [alias, "album"])
    assert [*context._protected_args, *context.args] == [verb, "album"]
