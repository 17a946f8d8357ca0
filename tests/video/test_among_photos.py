"""`colorify *` over photos and films: each goes to its verb, and none becomes the other."""

import json
import subprocess
from pathlib import Path

import pytest
from made_films import times

from changed_command import changed_command, hide_package
from colorify.extras import describe_extra
from command_line import Colorify, command, names, photo, size
from waiting import PATIENCE

pytestmark = pytest.mark.usefixtures("in_tmp_path")


@pytest.mark.usefixtures("film")
class TestBoth:
    def test_each_goes_to_its_verb(self, colorify: Colorify) -> None:
        photo("a.png"), photo("b.jpg")
        ended = colorify("a.png", "b.jpg", "film.mp4", "-s", "0.5")
        assert ended.code == 0, ended.err
        assert names() == {"a.png", "a-color.png", "b.jpg", "b-color.jpg", "film.mp4", "film-color.mp4"}
        assert size("a-color.png") == (48, 32)
        assert len(times(Path("film-color.mp4"))) == 12

    def test_json_has_a_row_for_each(self, colorify: Colorify) -> None:
        photo("a.png")
        ended = colorify("film.mp4", "a.png", "--json")
        rows = [json.loads(line) for line in ended.out.splitlines()]
        assert [(row.get("source"), row["status"]) for row in rows] == [
            ("a.png", "done"),
            (None, "summary"),
            ("film.mp4", "done"),
        ]

    def test_a_photo_that_fails_does_not_keep_the_film_from_being_done(self, colorify: Colorify) -> None:
        Path("bad.png").write_bytes(b"")
        assert colorify("bad.png", "film.mp4", "-q").code == 1
        assert names() == {"bad.png", "film.mp4", "film-color.mp4"}

    @pytest.mark.parametrize(
        "options",
        [["-o", "out"], ["--strip"], ["--dry-run"], ["--hint", "1,1,#ff0000"], ["--confidence", "sure.png"]],
        ids=" ".join,
    )
    def test_an_option_for_photos_leaves_the_film_with_a_line(
        self, colorify: Colorify, options: list[str]
    ) -> None:
        photo("a.png")
        ended = colorify("a.png", "film.mp4", *options)
        assert ended.code == 0
        assert f"\nfilm.mp4: is a film, and {options[0]} here is for photos. " in f"\n{ended.err}"
        assert "Type: colorify video film.mp4\n" in ended.err
        assert "film-color.mp4" not in names()
        if "--dry-run" not in options:
            assert "a.png -> " in ended.err
        alone = colorify("colorize", "film.mp4", *options)
        assert (alone.code, alone.err.count("\n")) == (1, 1), "nothing at all was done"
        assert f"error: film.mp4: is a film, and {options[0]} here is for photos. " in alone.err

    def test_without_the_extra_the_photo_is_coloured_and_it_says_what_to_type(
        self, tiny_weights: Path
    ) -> None:
        photo("a.png")
        words = changed_command(hide_package, *command(tiny_weights, "a.png", "film.mp4")[3:], given=("av",))
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert done.returncode == 3
        assert describe_extra("video") in done.stderr
        assert names() == {"a.png", "a-color.png", "film.mp4"}
