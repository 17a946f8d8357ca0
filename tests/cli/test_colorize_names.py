"""Names, places and kinds of files that nobody thinks of: each has its line, and the others go on."""

import os
import subprocess
from pathlib import Path

import pytest

from command_line import Colorify, command, names, photo
from powerless import NEEDS_MODES, drop_power
from waiting import PATIENCE

pytestmark = pytest.mark.usefixtures("in_tmp_path")


def test_a_name_that_leaves_no_room_for_that_of_its_target(colorify: Colorify) -> None:
    long = "n" * 246 + ".jpg"
    photo(f"al/{long}"), photo("al/a.jpg")
    ended = colorify("al")
    assert ended.code == 1
    assert "-color.jpg: cannot be written (File name too long). Choose another name or place" in ended.err
    assert "Traceback" not in ended.err
    assert names("al") == {long, "a.jpg", "a-color.jpg"}
    assert colorify(f"al/{long}", "-o", "out/").code == 0
    assert names("out") == {long}


@NEEDS_MODES
@pytest.mark.parametrize("output", ["shut/in/", "shut/in/a.jpg", "shut/in"])
def test_an_output_where_one_may_not_look(tiny_weights: Path, output: str) -> None:
    photo("a.jpg"), photo("b.jpg")
    Path("shut").mkdir(mode=0)
    inputs = ["a.jpg"] if output.endswith(".jpg") else ["a.jpg", "b.jpg"]
    ended = subprocess.run(
        command(tiny_weights, *inputs, "-o", output),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=drop_power,
        timeout=PATIENCE,
    )
    assert ended.returncode == 1
    assert ended.stderr.count("Permission denied") >= len(inputs)
    assert "Traceback" not in ended.stderr


@NEEDS_MODES
def test_an_input_where_one_may_not_look(tiny_weights: Path) -> None:
    Path("shut").mkdir(mode=0)
    for name in ("shut", "shut/a.jpg"):
        ended = subprocess.run(
            command(tiny_weights, name),
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=drop_power,
            timeout=PATIENCE,
        )
        said = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
        assert (ended.returncode, len(said)) == (1, 1), ended.stderr
        assert f"error: {name}: Permission denied. Its owner can let you read it" in said[0]


@pytest.mark.parametrize(
    ("words", "most"), [("--layer l.webp", "16383"), ("--confidence c.avif", "16384")], ids=["layer", "map"]
)
def test_a_file_beside_that_is_too_large_for_its_format(colorify: Colorify, words: str, most: str) -> None:
    photo("wide.png", 17_000, 2)
    ended = colorify("wide.png", *words.split())
    assert ended.code == 1
    assert f"{words}: " in ended.err
    assert f"holds at most {most} px a side, found 17000x2. End its name in .tif." in ended.err
    assert names() == {"wide.png"}, "said before the work, not after it"


def test_no_name_splits_or_hides_a_line(colorify: Colorify) -> None:
    """A line a photo, for those who read the log, and for whoever reads it by a program."""
    name = "a\nb\r\x1b[2K\u202egpj.\u2028x.png"
    photo(f"album/{name}"), Path(f"album/bad {name}").write_bytes(b"no picture")
    Path(f"album/film {name}.mp4").write_bytes(b"no film")
    spelt = "a\\nb\\r\\x1b[2K\\u202egpj.\\u2028x.png"
    for words in (["album"], ["album", "-v"], ["album/nothing\nhere.png"], ["album", "--dry-run"]):
        ended = colorify(*words)
        said = ended.out + ended.err
        assert not set(said) & {"\r", "\x1b", "\u202e", "\u2028"}
        assert [line for line in said.splitlines() if line.startswith(("b", "here"))] == []
    assert spelt in said


def test_films_of_a_folder_are_left_and_said(colorify: Colorify) -> None:
    photo("album/a.jpg"), Path("album/film.mp4").write_bytes(b"no film")
    ended = colorify("album")
    assert ended.code == 0
    assert "album: 1 film left; type: colorify video album/film.mp4" in ended.err


@pytest.mark.timeout(100)
def test_a_named_pipe_is_refused_and_holds_nobody_up(colorify: Colorify) -> None:
    photo("album/a.jpg")
    os.mkfifo("album/cam.jpg")
    for words, count in ((["album", "--dry-run"], 0), (["album"], 1), (["album/cam.jpg"], 1)):
        ended = colorify(*words)
        assert ended.code == 1
        assert "album/cam.jpg: expected a picture file, found a named pipe." in ended.err
        assert len(list(Path("album").glob("*-color.jpg"))) == count


def test_a_link_to_a_folder_is_said(colorify: Colorify) -> None:
    photo("album/a.jpg"), photo("elsewhere/b.jpg")
    Path("album/more").symlink_to("../elsewhere")
    ended = colorify("album")
    assert ended.code == 0
    assert "album/more: a link to a folder, which is not followed" in ended.err
    row = colorify("album", "--json").rows[-1]
    assert (row["source"], row["status"]) == ("album/more", "skipped")


def test_a_second_run_over_a_folder_of_one_photo_says_that_it_was_passed_over(colorify: Colorify) -> None:
    photo("album/a.jpg")
    assert "coloured" not in colorify("album", "-o", "out").err
    ended = colorify("album", "-o", "out")
    assert ended.code == 0
    assert "0 coloured, 1 skipped, 0 failed" in ended.err
    assert "skipped: 1 done before (-f colours them again)" in ended.err


@pytest.mark.parametrize("force", [[], ["-f"]])
def test_a_map_that_would_replace_a_picture_is_refused_before_the_work(
    colorify: Colorify, force: list[str]
) -> None:
    photo("a.jpg"), photo("there.png")
    before = {name: Path(name).read_bytes() for name in names()}
    for words in (["-o", "b.png", "--confidence", "./b.png"], ["--confidence", "a.jpg"]):
        ended = colorify("a.jpg", *words, *force)
        assert (ended.code, "choose another name for the map" in ended.err) == (2, True), ended.err
    if not force:
        ended = colorify("a.jpg", "--confidence", "there.png")
        assert (ended.code, "there.png exists; -f overwrites it" in ended.err) == (2, True), ended.err
    assert {name: Path(name).read_bytes() for name in names()} == before


def test_a_stream_whose_options_contradict_each_other_is_refused_before_the_work(colorify: Colorify) -> None:
    photo("a.jpg")
    for words, said in (
        (["-o", "b.png", "--format", "jpeg"], "-o b.png is png and --format jpeg"),
        (["-o", "b.png", "--confidence", "b.png"], "choose another name for the map"),
        (["-o", "b.png", "--confidence", "a.jpg"], "a.jpg exists; -f overwrites it"),
    ):
        ended = colorify("-", *words)
        assert (ended.code, said in ended.err) == (2, True), ended.err
    assert names() == {"a.jpg"}


@pytest.mark.parametrize("name", ["conf.gif", "conf.csv", "conf"])
def test_a_map_is_called_as_what_it_is(colorify: Colorify, name: str) -> None:
    photo("a.jpg")
    ended = colorify("a.jpg", "--confidence", name)
    assert ended.code != 0
    assert f"--confidence {name}: expected a name that ends in one of: .avif" in ended.err
    assert names() == {"a.jpg"}


def test_a_result_from_stdin_is_called_as_what_it_is(colorify: Colorify) -> None:
    ended = colorify("-", "-o", "x.gif")
    assert (ended.code, "-o x.gif: no known picture format; end it in one of .avif" in ended.err) == (2, True)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif"])
def test_a_map_is_no_photo_of_its_folder(colorify: Colorify, suffix: str) -> None:
    photo("album/a.png")
    assert colorify("album/a.png", "--confidence", f"album/map{suffix}").code == 0
    made = names()
    again = colorify("album")
    assert (again.code, names(), "2 made by Colorify" in again.err) == (0, made, True), again.err
    assert b"compositeWithTrainedAlgorithmicMedia" not in Path(f"album/map{suffix}").read_bytes()


def test_a_layer_that_would_replace_a_picture_is_refused_before_the_work(colorify: Colorify) -> None:
    photo("a.jpg"), photo("there.png"), photo("b.jpg")
    before = {name: Path(name).read_bytes() for name in names()}
    for words, said in (
        (["-o", "b.png", "--layer", "./b.png"], "choose another name for the layer"),
        (["-o", "b.png", "--layer", "c.png", "--confidence", "c.png"], "is the layer, too"),
        (["--layer", "there.png"], "there.png exists; -f overwrites it"),
        (["--layer", "nowhere/c.png"], "nowhere is no folder; make it first"),
        (["--layer", "c.jpg"], "expected a name that ends in .png"),
        (["b.jpg", "--layer", "c.png"], "are of one photo"),
    ):
        ended = colorify("a.jpg", *words)
        assert (ended.code, said in ended.err) == (2, True), ended.err
    assert {name: Path(name).read_bytes() for name in names()} == before
