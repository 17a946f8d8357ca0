"""`colorify video`, as a person or a script meets it."""

import json
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_films import Sort, labs, numbered, packets, times, write_film

from changed_command import changed_command, hide_package
from colorify.cli.video import CODEC_NAMES
from colorify.extras import describe_extra
from colorify.video import job
from colorify.video.codecs import CODECS
from command_line import Colorify

CASES = Path(__file__).parent / "cases"


pytestmark = pytest.mark.usefixtures("in_tmp_path")


def test_every_codec_can_be_asked_for() -> None:
    assert tuple(CODECS) == CODEC_NAMES


@pytest.mark.parametrize("verb", [(), ("video",)])
def test_one_command_colours_a_film(colorify: Colorify, film: Path, verb: tuple[str, ...]) -> None:
    ended = colorify(*verb, "film.mp4")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err.startswith("film.mp4 -> film-color.mp4  (96x64, 12 frames, ")
    assert times(Path("film-color.mp4")) == times(film)
    assert packets(Path("film-color.mp4"), "audio") == packets(film, "audio")


@pytest.mark.usefixtures("film")
def test_a_second_run_overwrites_nothing(colorify: Colorify) -> None:
    Path("film-color.mp4").write_bytes(b"mine")
    ended = colorify("film.mp4")
    assert ended.code == 1
    assert "film-color.mp4 is there, without Colorify's mark; only by its name is it replaced" in ended.err
    assert colorify("film.mp4", "-f", "-q").err == ended.err
    assert Path("film-color.mp4").read_bytes() == b"mine"
    assert colorify("video", "film.mp4", "-o", "film-color.mp4", "-f", "-q").err == ""
    assert colorify("film.mp4").err == "error: film-color.mp4 exists; -f overwrites it.\n"
    assert colorify("film.mp4", "-f", "-q").err == ""


@pytest.mark.usefixtures("film")
def test_json_says_what_was_done(colorify: Colorify) -> None:
    row = json.loads(colorify("video", "film.mp4", "-o", "b.mkv", "--json", "--codec", "ffv1").out)
    assert (row["status"], row["target"], row["frames"]) == ("done", "b.mkv", 12)
    row = json.loads(colorify("video", "film.mp4", "-o", "b.mkv", "--json").out)
    assert row["status"] == "failed"
    assert "exists" in row["error"]


def test_a_broken_film_is_told_from_a_whole_one(colorify: Colorify) -> None:
    source = write_film(Path("a.mkv"), Sort(size=(64, 48), frames=120))
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    ended = colorify("a.mkv", "-q")
    assert ended.code == 1
    assert ended.err.startswith("error: a.mkv is broken at ")
    assert len(times(Path("a-color.mkv"))) > 24


@pytest.mark.usefixtures("film")
def test_times_hints_and_the_rest(colorify: Colorify) -> None:
    ended = colorify(
        *("video", "film.mp4", "-o", "b.mkv", "--start", "0:00.1", "--end", "0.4", "--codec", "ffv1"),
        *("--hint", "20,50%,#ff0000@0.2", "--strength", "0.8", "--chroma-blur", "1", "--size", "64"),
        *("--dual-view", "--fps", "keep", "--no-mark"),
    )
    assert ended.code == 0, ended.err
    assert len(times(Path("b.mkv"))) == 7
    assert next(labs(Path("b.mkv"))).shape == (64, 192, 3)


def test_a_folder_of_pictures(colorify: Colorify) -> None:
    Path("scans").mkdir()
    for number in range(3):
        numbered(Path(f"scans/{number:03d}.png"), number, (48, 32))
    ended = colorify("video", "scans", "--frames", "colored", "--fps", "16")
    assert ended.code == 0, ended.err
    assert len(list(Path("colored").glob("*.png"))) == 3


@pytest.mark.usefixtures("film")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--start", "soon"), "is no time"),
        (("--hint", "red@3"), "is no hint"),
        (("--hint", "3,3,red@"), "'' is no time"),
        (("--hint", "0.4,0.5,red@0.2"), "in percent: 40%,50%"),
        (("--fps", "25"), "a film keeps the time of every frame"),
        (("--end", "1", "--start", "2"), "an end after the start"),
        (("--codec", "ffv1", "--crf", "3"), "has no such setting"),
        (("-o", "a.mp4", "--frames", "b"), "give one of them"),
        (("-o", "result"), "such as result.mkv; result/ is a folder for it, and --frames result writes"),
        (("-o", "-"), "a film cannot go to stdout"),
        (("film.mp4", "more.mp4", "-o", "b.mp4"), "for several films give a folder"),
        (("more.mp4", "--frames", "pictures"), "--frames is for one FILM"),
        (("-o", "film.mp4/"), "expected a folder, found a file"),
        (("-o", "film.mp4/made/"), "cannot make this folder"),
        *((("--fps", rate), "expected keep, or a rate such as") for rate in ("fast", "0", "-5", "1/0")),
    ],
)
def test_what_makes_no_sense_is_refused(colorify: Colorify, arguments: tuple[str, ...], said: str) -> None:
    ended = colorify("video", "film.mp4", *arguments)
    assert ended.code == 2
    assert said in ended.err


def test_without_the_extra_it_says_what_to_type(tiny_weights: Path) -> None:
    words = changed_command(hide_package, "video", "film.mp4", "-m", str(tiny_weights), given=("av",))
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert describe_extra("video") in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--start", "5"), "error: film.mp4: it ends at 0.50 s, before the start at 5 s"),
        (("--hint", "3,3,#ff0000@9"), "error: film.mp4: it ends at 0.50 s, before the hint at 9 s"),
        (("-o", "x.avi"), "(AVI says no time for each frame). Try -o x.mkv."),
        (("--frames", "film.mp4"), "film.mp4: expected a folder for pictures, found a file."),
        (("-o", "x.mpg"), "error: x.mpg: such a file cannot hold this film ("),
        (("-o", "x.v2"), "(FFmpeg knows no kind of film that ends in .v2). Try -o x.v2.mkv."),
    ],
)
def test_what_cannot_be_done_is_said_before_the_work(
    colorify: Colorify, film: Path, arguments: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("colorify.video.job.prepare_frame", None)
    ended = colorify("video", film.name, *arguments)
    assert (ended.code, said in ended.err) == (1, True), ended.err
    assert [path.name for path in Path().iterdir()] == ["film.mp4"]


def test_a_name_is_proposed_that_is_not_taken(colorify: Colorify) -> None:
    write_film(Path("m.mkv"), Sort(frames=2, sound="pcm_s16be"))
    ended = colorify("video", "m.mkv", "-o", "m.webm")
    assert "its sound, pcm_s16be" in ended.err
    assert ended.err.endswith(" Try -o m-color.mkv.\n")


def test_subtitles_that_do_not_fit_are_named(colorify: Colorify) -> None:
    ended = colorify("video", str(CASES / "subtitles.mp4"), "--codec", "ffv1", "-o", "a.mkv")
    assert ended.code == 1
    assert "its subtitles, mov_text" in ended.err
    assert "Convert its subtitles first: ffmpeg -i subtitles.mp4 -map 0 -c copy -c:s srt " in ended.err


def test_all_films_again_are_passed_over(colorify: Colorify) -> None:
    """As a shell spells `colorify video *.mp4`, once and again."""
    Path("a.mp4").write_bytes((CASES / "short.mp4").read_bytes())
    Path("St. Mary").write_bytes((CASES / "short.mp4").read_bytes())
    assert colorify("video", "St. Mary", "a.mp4").code == 0
    names = ["St. Mary", "St. Mary-color.mkv", "a-color.mp4", "a.mp4"]
    assert sorted(path.name for path in Path().iterdir()) == names
    ended = colorify("video", *names)
    assert ended.code == 0
    assert ended.err.splitlines() == [
        "St. Mary: done before, St. Mary-color.mkv exists (-f colours it again)",
        "St. Mary-color.mkv: made by Colorify, not coloured again",
        "a-color.mp4: made by Colorify, not coloured again",
        "a.mp4: done before, a-color.mp4 exists (-f colours it again)",
    ]
    assert sorted(path.name for path in Path().iterdir()) == names
    ended = colorify("video", "a-color.mp4")
    assert (ended.code, ended.err) == (1, "error: a-color.mp4 was made by Colorify; -f colours it again.\n")


def test_two_films_to_one_name_are_refused_before_the_work(colorify: Colorify) -> None:
    for name in ("r.avi", "r.mpg"):
        Path(name).write_bytes((CASES / "short.mp4").read_bytes())
    ended = colorify("video", "r.avi", "r.mpg", "-f")
    assert ended.code == 2
    assert "r.avi and r.mpg would both be written to r-color.mkv" in ended.err
    assert sorted(path.name for path in Path().iterdir()) == ["r.avi", "r.mpg"]


def test_films_go_into_a_folder_under_their_names(colorify: Colorify) -> None:
    for name in ("a: b.mp4", "c [1].mp4"):
        Path(name).write_bytes((CASES / "short.mp4").read_bytes())
    assert colorify("video", "a: b.mp4", "c [1].mp4", "-o", "new/").code == 0
    assert sorted(path.name for path in Path("new").iterdir()) == ["a: b.mp4", "c [1].mp4"]


def test_photos_are_still_photos(colorify: Colorify) -> None:
    numbered(Path("a.png"), 0, (48, 32))
    assert colorify("a.png").code == 0
    assert Path("a-color.png").is_file()


def test_a_thing_that_moves_keeps_its_colour(colorify: Colorify) -> None:
    """The whole way, through the default codec: colours hold still while the camera pans."""
    write_film(Path("a.mp4"), Sort(size=(128, 64), frames=24, sound=None))
    assert colorify("a.mp4", "--crf", "1").code == 0
    shown = [lab[..., 1:] for lab in labs(Path("a-color.mp4"))]
    moved = [np.abs(b[:, 8:100] - a[:, 10:102]).mean() for a, b in pairwise(shown)]
    still = [np.abs(b - a).mean() for a, b in pairwise(shown)]
    assert np.mean(moved) < 0.35 * np.mean(still)


def test_the_weights_are_loaded_once_for_many_films(
    colorify: Colorify, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["a.mkv", "b.mkv", "c.mkv"]
    for name in names:
        write_film(Path(name), Sort(size=(64, 48), frames=2))
    loaded: list[object] = []

    def load(*given: Any, **options: Any) -> object:
        loaded.append(given)
        return generator(*given, **options)

    generator = job.Generator
    monkeypatch.setattr(job, "Generator", load)
    ended = colorify("video", *names, "missing.mkv", "-q")
    assert ended.code == 1
    assert all(Path(name.replace(".", "-color.")).is_file() for name in names)
    assert len(loaded) == 1
    colorify("video", "missing.mkv", "-q")
    assert len(loaded) == 1  # nor in vain
