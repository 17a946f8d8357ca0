"""The command line, as a person or a script meets it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import pyvips

from changed_command import changed_command, print_variable
from colorify import cli
from colorify.cli.command_table import DEFAULT_VERB, VERBS, Verb
from colorify.extras import describe_extra
from colorify.hints import Hint
from command_line import Colorify, command, names, on_a_terminal, photo, result, size
from waiting import PATIENCE

pytestmark = pytest.mark.usefixtures("in_tmp_path")


def test_one_photo(colorify: Colorify) -> None:
    photo("grandma.jpg")
    ended = colorify("grandma.jpg")
    assert ended.code == 0
    assert re.fullmatch(r"grandma\.jpg -> grandma-color\.jpg  \(48x32, \d+\.\d s\)\n", ended.err)
    assert ended.out == ""
    assert size("grandma-color.jpg") == (48, 32)
    assert pyvips.Image.new_from_file("grandma-color.jpg").bands == 3
    assert names() == {"grandma.jpg", "grandma-color.jpg"}


def test_a_photo_that_had_colour_is_named(colorify: Colorify) -> None:
    photo("red.png", color=True)
    assert "had colour" in colorify("red.png").err


def test_a_folder_keeps_its_structure_and_a_second_run_resumes(colorify: Colorify) -> None:
    photo("album/a.jpg"), photo("album/1910/b.png")
    first = colorify("album", "-o", "out")
    assert (first.code, names("out")) == (0, {"a.jpg", "1910/b.png"})
    assert "2 coloured, 0 skipped, 0 failed, in" in first.err
    before = Path("out/a.jpg").stat().st_mtime_ns
    photo("album/c.jpg")
    second = colorify("album", "-o", "out")
    assert second.code == 0
    assert "1 coloured, 2 skipped, 0 failed" in second.err
    assert "skipped: 2 done before (-f colours them again)" in second.err
    assert Path("out/a.jpg").stat().st_mtime_ns == before


def test_own_outputs_are_not_coloured_again(colorify: Colorify) -> None:
    photo("album/a.jpg"), photo("album/b.png")
    for _ in range(2):
        assert colorify("album").code == 0
        assert names("album") == {"a.jpg", "b.png", "a-color.jpg", "b-color.png"}
    verbose = colorify("album", "-v").err
    assert "album/a-color.jpg: made by Colorify" in verbose
    assert "album/a.jpg: done before" in verbose


def test_own_outputs_are_known_by_their_mark_wherever_they_are(colorify: Colorify) -> None:
    photo("album/a.jpg")
    assert colorify("album", "-o", "album/new").code == 0
    for force in ([], ["-f"]):
        ended = colorify("album", "-v", *force)
        assert (ended.code, names("album")) == (0, {"a.jpg", "a-color.jpg", "new/a.jpg"})
        assert "album/new/a.jpg: made by Colorify" in ended.err
    alone = colorify("album/new/a.jpg")
    assert (alone.code, alone.err) == (
        1,
        "error: album/new/a.jpg was made by Colorify; -f colours it again.\n",
    )
    assert colorify("album/new/a.jpg", "-f").code == 0


def test_without_the_mark_an_output_is_like_any_other_photo(colorify: Colorify) -> None:
    photo("a.jpg")
    assert colorify("a.jpg", "-o", "new.jpg", "--no-mark").code == 0
    assert colorify("new.jpg").code == 0


def test_an_output_that_exists_is_not_overwritten_unless_forced(colorify: Colorify) -> None:
    photo("a.jpg")
    Path("a-color.jpg").write_bytes(b"mine")
    refused = colorify("a.jpg")
    assert (refused.code, Path("a-color.jpg").read_bytes()) == (1, b"mine")
    assert "a-color.jpg is there, no picture that can be read; only by its name is it replaced" in refused.err
    assert colorify("a.jpg", "-f").err == refused.err
    assert Path("a-color.jpg").read_bytes() == b"mine"
    assert "a-color.jpg exists; -f overwrites it" in colorify("a.jpg", "-o", "a-color.jpg").err
    assert colorify("a.jpg", "-o", "a-color.jpg", "-f").code == 0
    assert size("a-color.jpg") == (48, 32)
    assert "a-color.jpg exists; -f overwrites it" in colorify("a.jpg").err
    assert colorify("a.jpg", "-f").code == 0


def test_a_directory_named_like_a_photo_is_a_folder(colorify: Colorify) -> None:
    photo("a.jpg/b.jpg")
    assert colorify("a.jpg").code == 0
    assert names() == {"a.jpg/b.jpg", "a.jpg/b-color.jpg"}


def test_a_picture_opens_by_its_content(colorify: Colorify) -> None:
    photo("a.png").rename("a.jpg")
    assert colorify("a.jpg").code == 0
    assert size("a-color.png") == (48, 32)


@pytest.mark.parametrize("argument", ["gone.jpg", "*.webp", "empty"])
def test_an_input_of_which_nothing_can_be_made(colorify: Colorify, argument: str) -> None:
    Path("empty").mkdir()
    photo("a.jpg")
    ended = colorify(argument, "a.jpg")
    assert ended.code == 1
    assert f"error: {argument}: no " in ended.err
    assert Path("a-color.jpg").exists()


def test_a_file_where_the_output_folder_must_be(colorify: Colorify) -> None:
    photo("album/sub/a.jpg"), photo("album/b.jpg")
    Path("out").mkdir()
    Path("out/sub").write_bytes(b"mine")
    ended = colorify("album", "-o", "out")
    assert ended.code == 1
    assert "out/sub" in ended.err
    assert names("out") == {"sub", "b.jpg"}


def test_two_photos_to_one_output_are_refused_before_anything_is_written(colorify: Colorify) -> None:
    photo("a.jpg"), photo("a.png"), photo("b.jpg")
    ended = colorify("b.jpg", "a.jpg", "a.png", "--format", "webp")
    assert ended.code == 2
    assert "a.jpg and a.png would both be written to a-color.webp" in ended.err
    assert names() == {"a.jpg", "a.png", "b.jpg"}


def test_json_has_one_line_of_one_shape_for_each_photo(colorify: Colorify) -> None:
    photo("album/a.jpg"), photo("album/done.jpg"), result("out/done.jpg")
    Path("album/bad.jpg").write_bytes(b"")
    ended = colorify("album", "gone.jpg", "-o", "out", "--json")
    assert ended.code == 1
    rows = {row["source"]: row for row in ended.rows}
    assert {name: row["status"] for name, row in rows.items()} == {
        "album/a.jpg": "done",
        "album/done.jpg": "skipped",
        "album/bad.jpg": "failed",
        "gone.jpg": "failed",
    }
    done, bad = rows["album/a.jpg"], rows["album/bad.jpg"]
    assert (done["target"], done["width"], done["height"]) == ("out/a.jpg", 48, 32)
    assert (done["was_colored"], done["error"]) == (False, None)
    assert "bad.jpg" in str(bad["error"])
    assert len({tuple(row) for row in ended.rows}) == 1
    summary = ended.summary
    assert float(str(summary.pop("seconds"))) > 0
    assert summary == {
        "status": "summary", "done": 1, "skipped": 1, "failed": 2, "left_out": 0, "left": 0, "stopped": None
    }  # fmt: skip


def test_dry_run_says_what_would_be_written_and_writes_nothing(colorify: Colorify) -> None:
    photo("album/a.jpg"), photo("album/b.png")
    ended = colorify("album", "-o", "out", "--dry-run", "--format", "avif")
    assert ended.out == "album/a.jpg -> out/a.avif\nalbum/b.png -> out/b.avif\n"
    assert (ended.code, names()) == (0, {"album/a.jpg", "album/b.png"})


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--unknown", "a.jpg"],
        ["a.jpg", "-s", "3"],
        ["a.jpg", "--vividness", "-1"],
        ["a.jpg", "--format", "bmp"],
        ["a.jpg", "-o", "a.bmp"],
        ["a.jpg", "--depth", "12"],
        ["a.jpg", "--hint", "1,2,redd"],
        ["a.jpg", "--hint", "1000,2,#ff0000"],
        ["a.jpg", "--hint", "50%,101%,#ff0000"],
        ["a.jpg", "--hint", "50,50 %,#ff0000"],
        ["a.jpg", "b.jpg", "--hint", "1,2,#ff0000"],
        ["a.jpg", "--neutral", "1"],
        ["a.jpg", "--neutral", "1,2,#ff0000"],
        ["a.jpg", "--neutral", "1,200%"],
        ["a.jpg", "b.jpg", "--neutral", "1,2"],
        ["a.jpg", "--hints", "gone.json"],
        ["a.jpg", "--hints", "b.jpg"],
        ["a.jpg", "b.jpg", "--confidence", "c.png"],
        ["a.jpg", "b.jpg", "-o", "a.jpg"],
        ["a.jpg", "--alternatives", "0"],
        ["a.jpg", "b.jpg", "--alternatives", "2"],
        ["a.jpg", "--alternatives", "2", "-o", "-"],
        ["a.jpg", "-o", "-", "--json"],
        ["-", "a.jpg"],
    ],
    ids=" ".join,
)
def test_a_command_that_makes_no_sense(colorify: Colorify, arguments: list[str]) -> None:
    photo("a.jpg"), photo("b.jpg")
    ended = colorify(*arguments)
    assert ended.code == 2
    assert re.fullmatch(r"error: .+\n", ended.err), "one line"
    assert names() == {"a.jpg", "b.jpg"}


def test_weights_that_are_no_generator(colorify: Colorify) -> None:
    photo("a.jpg")
    Path("junk.onnx").write_bytes(b"junk")
    for name in ("gone.onnx", "junk.onnx"):
        code = cli.run(["a.jpg", "-m", name])
        assert code == 3, name
    assert names() == {"a.jpg", "junk.onnx"}


def test_quiet_and_verbose(colorify: Colorify) -> None:
    photo("a.jpg"), photo("b.jpg")
    assert colorify("a.jpg", "b.jpg", "-q").err == ""
    verbose = colorify("a.jpg", "-f", "-v").err
    assert "confidence 0." in verbose
    assert "generator tiny 0.0 on cpu\n" in verbose


def test_a_device_that_is_not_there_is_an_error(colorify: Colorify) -> None:
    photo("a.jpg")
    ended = colorify("a.jpg", "--device", "rocm")
    assert ended.code == 3
    assert "device rocm: expected an ONNX Runtime with MIGraphX" in ended.err
    assert names() == {"a.jpg"}
    assert colorify("a.jpg", "--device", "cpu").code == 0


def test_how_closely_the_generator_looks(colorify: Colorify) -> None:
    noise = np.random.default_rng(5).integers(60, 200, (160, 200, 1)).astype(np.uint8)
    pyvips.Image.new_from_array(noise).write_to_file("a.png")
    made = {}
    for detail in ("auto", "fast", "fine"):
        assert colorify("a.png", "-o", f"{detail}.png", "--detail", detail, "--no-mark").code == 0
        made[detail] = pyvips.Image.new_from_file(f"{detail}.png").numpy()
    assert (made["auto"] == made["fast"]).all()
    assert (made["auto"] != made["fine"]).any()


def test_options_reach_the_photo(colorify: Colorify) -> None:
    photo("a.jpg")
    assert colorify("a.jpg", "-o", "grey.png", "-s", "0", "--confidence", "sure.png").code == 0
    red, green, blue = pyvips.Image.new_from_file("grey.png").bandsplit()[:3]
    assert (red - green).abs().max() == (green - blue).abs().max() == 0
    assert size("sure.png") == (48, 32)
    assert colorify("a.jpg", "-o", "deep.png", "--depth", "16").code == 0
    assert pyvips.Image.new_from_file("deep.png").format == "ushort"


def test_the_colour_alone_is_written_beside_the_photo(colorify: Colorify) -> None:
    photo("a.jpg")
    assert colorify("a.jpg", "-o", "new.jpg", "--layer", "colour.png").code == 0
    assert pyvips.Image.new_from_file("colour.png").bands == 4
    assert colorify("a.jpg", "-o", "new.jpg", "--layer", "both.ora", "-f").code == 0
    assert Path("both.ora").read_bytes()[30:54] == b"mimetypeimage/openraster"
    assert names() == {"a.jpg", "new.jpg", "colour.png", "both.ora"}


@pytest.mark.parametrize(
    ("style", "made"), [("side", "a-compare.jpg"), ("slider", "a-compare.webp"), ("fade", "a-compare.webp")]
)
def test_before_and_after_are_written_beside_the_photo(colorify: Colorify, style: str, made: str) -> None:
    photo("a.jpg")
    ended = colorify("a.jpg", "--compare", style)
    assert (ended.code, f"a.jpg -> a-color.jpg and {made}  (" in ended.err) == (0, True)
    assert names() == {"a.jpg", "a-color.jpg", made}
    image = pyvips.Image.new_from_file(made, **({} if style == "side" else {"n": -1}))[:3]
    before, after = pyvips.Image.new_from_file("a.jpg"), pyvips.Image.new_from_file("a-color.jpg")
    first = image.crop(0, 0, before.width, before.height)
    last = image.crop(0, image.height - before.height, before.width, before.height)
    for shown, photo_ in ((first, before), (last, after)):
        assert (shown.colourspace("srgb") - photo_.colourspace("srgb")).abs().avg() < 4
    assert (first - last).abs().avg() > 5
    assert colorify("a-compare" + Path(made).suffix).code == 1  # it says that its colours are generated
    again = colorify("a.jpg", "--compare", style, "-o", "b.jpg")
    assert again.code == 0
    assert "b-compare" + Path(made).suffix in names()


def test_before_and_after_of_many(colorify: Colorify) -> None:
    for name in ("album/a.jpg", "album/b.png", "album/c.jpg", "album/c-compare.jpg"):
        photo(name)
    ended = colorify("album/a.jpg", "album/b.png", "album/c.jpg", "--compare", "side")
    assert (ended.code, "album/c-compare.jpg: exists already." in ended.err) == (1, True)
    made = {"a-color.jpg", "a-compare.jpg", "b-color.png", "b-compare.jpg"}
    there = {path.name for path in Path("album").iterdir()}
    assert there == {*made, "a.jpg", "b.png", "c.jpg", "c-compare.jpg"}
    Path("album/c-compare.jpg").unlink()
    assert colorify("album", "--compare", "side").code == 0
    assert "c-color.jpg" in {path.name for path in Path("album").iterdir()}
    again = colorify("album", "--compare", "side")
    assert again.code == 0
    assert not list(Path("album").glob("*compare-*")), "before and after are no photos of an album"


def test_two_photos_are_not_compared_in_one_place(colorify: Colorify) -> None:
    photo("a.jpg"), photo("a.png")
    ended = colorify("a.jpg", "a.png", "--compare", "side")
    assert (ended.code, ended.err.count("would both be compared in a-compare.jpg")) == (2, 1)
    assert names() == {"a.jpg", "a.png"}


@pytest.mark.parametrize("style", ["slider", "fade"])
def test_before_and_after_are_a_film_where_that_is_asked_for(colorify: Colorify, style: str) -> None:
    photo("a.jpg", 49, 32)
    assert colorify("a.jpg", "--compare", f"{style}.mp4").code == 0
    assert names() == {"a.jpg", "a-color.jpg", "a-compare.mp4"}
    with av.open("a-compare.mp4") as film:
        assert film.streams.video[0].average_rate == 20
        assert "generated by a trained algorithm (Colorify" in film.metadata["comment"]
        shown = [frame.to_ndarray(format="rgb24").astype(int) for frame in film.decode(video=0)]
    assert len(shown) == (900 + 1800 + 23 * 50) / 50
    assert shown[0].shape == (32, 48, 3)
    for frame, name in ((shown[0], "a.jpg"), (shown[-1], "a-color.jpg")):
        there = pyvips.Image.new_from_file(name).colourspace("srgb").numpy()[:, :48]
        assert np.abs(frame - there).mean() < 6
    ended = colorify("a-compare.mp4")
    assert "was made by Colorify" in ended.err


def test_a_film_without_the_extra_is_one_line(colorify: Colorify, monkeypatch: pytest.MonkeyPatch) -> None:
    photo("a.jpg")
    monkeypatch.setattr("colorify.render.clip.find_spec", lambda name: None)
    ended = colorify("a.jpg", "--compare", "fade.mp4")
    assert (ended.code, ended.err.count("\n"), names()) == (3, 1, {"a.jpg"})
    assert ended.err.startswith("error: MP4 needs the package av, which is not installed. Type: ")
    assert "pip install av" in ended.err


def test_before_and_after_replace_nothing(colorify: Colorify) -> None:
    photo("a.jpg"), photo("b.jpg"), photo("a-compare.jpg")
    before = {name: Path(name).read_bytes() for name in names()}
    for words, said in (
        (["a.jpg"], "a-compare.jpg exists; -f overwrites it"),
        (["a.jpg", "b.jpg", "a-compare.jpg", "-o", "."], "written onto itself"),
        (["a.jpg", "a-compare.jpg", "-o", "out"], "out/a-compare.jpg is a photo of this run"),
        (["-", "-o", "c.jpg"], "lies beside a photo that has a name"),
        (["a.jpg", "--watch"], "not for --watch"),
    ):
        ended = colorify(*words, "--compare", "side")
        assert (ended.code, said in ended.err) == (2, True), ended.err
    assert {name: Path(name).read_bytes() for name in names()} == before


def test_a_confidence_map_of_what_was_done_before_is_not_left_out_in_silence(colorify: Colorify) -> None:
    """As after a kill between the two files."""
    photo("album/a.jpg")
    assert colorify("album", "-o", "out").code == 0
    ended = colorify("album", "-o", "out", "--confidence", "sure.png")
    assert (ended.code, names(".")) == (2, {"album/a.jpg", "out/a.jpg"})
    assert "out/a.jpg exists" in ended.err
    assert colorify("album", "-o", "out", "--confidence", "sure.png", "-f").code == 0
    assert size("sure.png") == (48, 32)


@pytest.mark.parametrize(
    "option",
    [
        ["-s", "0.5"],
        ["--vividness", "0"],
        ["--size", "32"],
        ["--hint", "10,10,#ff0000,8"],
        ["--hint", "50%,50%,#ff0000,5%"],
        ["--neutral", "80%,50%,10"],
        ["--quality", "20"],
        ["--strip"],
        ["--no-mark"],
    ],
    ids=" ".join,
)
def test_an_option_changes_the_result(colorify: Colorify, option: list[str]) -> None:
    picture = pyvips.Image.new_from_file(str(photo("plain.jpg", 320, 200))).copy()
    picture.set_type(pyvips.GValue.gstr_type, "exif-ifd0-Artist", "Grandpa")
    picture.write_to_file("a.jpg")
    assert colorify("a.jpg", "-o", "default.jpg").code == colorify("a.jpg", "-o", "again.jpg").code == 0
    assert colorify("a.jpg", "-o", "other.jpg", *option).code == 0
    default, again, other = (Path(f"{name}.jpg").read_bytes() for name in ("default", "again", "other"))
    assert default == again
    assert default != other


def test_alternatives_are_numbered_files_and_one_that_there_is_not_is_an_error(colorify: Colorify) -> None:
    (pyvips.Image.black(300, 200) + 40).cast("uchar").write_to_file("a.png")  # grey, or blue, or red
    ended = colorify("a.png", "--alternatives", "9", "--confidence", "sure.png")
    found = len(names()) - 2
    assert 2 <= found < 9
    assert names() == {"a.png", "sure.png", *(f"a-color-{number}.png" for number in range(1, found + 1))}
    assert ended.code == 1
    assert f"knows {found} clearly different plausible colourings" in ended.err
    assert f"Ask for --alternatives {found}." in ended.err
    assert colorify("a.png", "--alternatives", str(found), "-f").code == 0
    colorify("a.png", "-o", "plain.png")
    first, second, plain = (
        pyvips.Image.new_from_file(name) for name in ("a-color-1.png", "a-color-2.png", "plain.png")
    )
    assert (first - plain).abs().max() == 0
    assert (first - second).abs().max() > 20


def test_a_reference_says_how_much_of_it_matched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    samples = Path(__file__).parents[2] / "samples"
    red = pyvips.Image.new_from_file(str(samples / "astronaut.jpg"))
    red.bandjoin([red * 0.5, red * 0.4]).copy(interpretation="srgb").cast("uchar").write_to_file("red.png")
    for name, says in (
        ("astronaut", r"[1-9]\d+ places matched red\.png"),
        ("camera", "no places matched red"),
    ):
        code = cli.run([str(samples / f"{name}.jpg"), "-o", f"{name}.png", "--reference", "red.png"])
        assert code == 0
        assert re.search(says, capsys.readouterr().err)


def test_hints_in_a_file_are_the_same_as_hints_in_the_command(colorify: Colorify) -> None:
    photo("plain.png", 320, 200)
    kept = {"version": 1, "hints": [{"x": "25%", "y": 100, "color": "#a03050", "radius": "4%", "reach": 0.5}]}
    Path("kept.json").write_text(json.dumps(kept))
    grey = ["--neutral", "80%,50%"]
    assert colorify("plain.png", "-o", "file.png", "--hints", "kept.json", *grey).code == 0
    assert colorify("plain.png", "-o", "typed.png", "--hint", "80,100,#a03050,8,+0.5", *grey).code == 0
    assert Path("file.png").read_bytes() == Path("typed.png").read_bytes()
    a, b = pyvips.Image.new_from_file("typed.png").colourspace("lab").bandsplit()[1:3]
    assert a(80, 100)[0] > 40
    assert abs(a(256, 100)[0]) < 1.5 > abs(b(256, 100)[0])


def test_the_reach_of_a_hint_has_a_sign(colorify: Colorify, monkeypatch: pytest.MonkeyPatch) -> None:
    photo("a.png")
    told: list[tuple[object, float]] = []
    monkeypatch.setattr(Hint, "__post_init__", lambda hint: told.append((hint.radius, hint.reach)))
    hints = ("1,1,red", "1,1,red,3", "1,1,red,-0.4", "1,1,red,3%,+1")
    assert colorify("a.png", *[word for hint in hints for word in ("--hint", hint)], "--dry-run").code == 0
    assert told == [(0, 0), (3, 0), (0, -0.4), ("3%", 1)]
    told.clear()
    assert colorify("a.png", "--neutral", "1,1,2,-1", "--neutral", "1,1,+0.2", "--dry-run").code == 0
    assert told == [(2, -1), (0, 0.2)]


@pytest.mark.parametrize("words", [("--hint", "0.45,0.6,navy"), ("--neutral", "0.45,0.6,3")])
def test_shares_written_as_fractions_are_refused(colorify: Colorify, words: tuple[str, str]) -> None:
    photo("a.png")
    ended = colorify("a.png", *words)
    assert ended.code == 2
    assert "written in percent: 45%,60%" in ended.err
    assert colorify("a.png", "--hint", "0,0.5,navy", "--hint", "0.5,7,navy", "--dry-run").code == 0
    assert Hint(0.45, 0.6, "navy").place(48, 32)[:2] == (0.45, 0.6)  # of a program: pixels


@pytest.mark.parametrize("words", [("--hint", "1,1,red,+2"), ("--neutral", "1,1,-1.5")])
def test_a_reach_that_there_is_not_is_named(colorify: Colorify, words: tuple[str, str]) -> None:
    photo("a.png")
    ended = colorify("a.png", *words)
    assert ended.code == 2
    assert "from -1 (less) to 1 (more)" in ended.err


def test_a_wrong_hint_in_a_file_is_named(colorify: Colorify) -> None:
    photo("a.jpg")
    hints = [{"x": 1, "y": 1, "color": "#a03050"}, {"x": 1, "y": 1, "color": "crimsn"}]
    Path("kept.json").write_text(json.dumps({"version": 1, "hints": hints}))
    ended = colorify("a.jpg", "--hints", "kept.json")
    assert ended.code == 2
    assert "kept.json: hint 2" in ended.err
    assert "'crimsn'" in ended.err


def test_a_photo_of_too_many_pixels(colorify: Colorify) -> None:
    photo("a.jpg")
    ended = colorify("a.jpg", "--max-pixels", "1000")
    assert ended.code == 1
    assert "1,536 pixels" in ended.err


def test_an_option_that_does_not_suit_one_photo_of_many(colorify: Colorify) -> None:
    photo("album/a.jpg"), photo("album/b.png")
    ended = colorify("album", "--depth", "16")
    assert ended.code == 1
    assert "error: album/a.jpg: depth 16" in ended.err
    assert names("album") == {"a.jpg", "b.png", "b-color.png"}


def test_a_file_name_that_is_no_text(colorify: Colorify) -> None:
    photo("a.jpg")
    name = os.fsdecode(b"caf\xe9.jpg")
    try:
        Path("a.jpg").rename(name)
    except OSError:
        pytest.skip("this file system takes text alone")
    assert colorify(name).code == 0
    assert colorify(name, "-f", "--json").rows[0]["status"] == "done"
    assert Path(os.fsdecode(b"caf\xe9-color.jpg")).exists()


def test_a_stream(tiny_weights: Path) -> None:
    data = photo("a.jpg").read_bytes()
    done = subprocess.run(
        command(tiny_weights, "-"), input=data, capture_output=True, check=True, timeout=PATIENCE
    )
    assert pyvips.Image.new_from_buffer(done.stdout, "").width == 48
    assert names() == {"a.jpg"}
    assert done.stderr.startswith(b"stdin -> stdout  (48x32, ")


def test_a_file_called_as_a_stream_is_a_file(tiny_weights: Path) -> None:
    photo("a.png").rename("-")
    done = subprocess.run(
        command(tiny_weights, "./-", "-o", "-"), stdin=subprocess.DEVNULL, capture_output=True, check=True
    )
    assert pyvips.Image.new_from_buffer(done.stdout, "").width == 48
    assert done.stderr.startswith(b"- -> stdout  (")


def test_a_stream_that_is_no_picture(tiny_weights: Path) -> None:
    done = subprocess.run(
        command(tiny_weights, "-"), input=b"hello", capture_output=True, check=False, timeout=PATIENCE
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"error: ")


def test_from_a_file_to_stdout_and_from_stdin_to_a_file(tiny_weights: Path) -> None:
    data = photo("a.jpg").read_bytes()
    done = subprocess.run(
        command(tiny_weights, "a.jpg", "-o", "-"), capture_output=True, check=True, timeout=PATIENCE
    )
    assert pyvips.Image.new_from_buffer(done.stdout, "").width == 48
    subprocess.run(command(tiny_weights, "-", "-o", "b.png", "-q"), input=data, check=True, timeout=PATIENCE)
    assert size("b.png") == (48, 32)


def test_from_stdin_into_a_folder_that_is_made(tiny_weights: Path) -> None:
    data = photo("a.jpg").read_bytes()
    words = command(tiny_weights, "-", "-o", "new/x.jpg", "--confidence", "new/sure.png")
    done = subprocess.run(words, input=data, capture_output=True, check=False, timeout=PATIENCE)
    assert (done.returncode, names("new")) == (0, {"x.jpg", "sure.png"}), done.stderr
    words = command(tiny_weights, "-", "-o", "x.jpg", "--confidence", "other/sure.png")
    refused = subprocess.run(words, input=data, capture_output=True, check=False, timeout=PATIENCE)
    assert (refused.returncode, b"other is no folder; make it first" in refused.stderr) == (2, True)
    assert "x.jpg" not in names()


def test_a_reader_that_goes_away(tiny_weights: Path) -> None:
    for number in range(5):
        photo(f"album/{number}.jpg")
    words = command(tiny_weights, "album", "--json")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()
        assert process.wait(timeout=PATIENCE) == 1
    assert err == ""


def test_progress_on_a_terminal_alone(tiny_weights: Path) -> None:
    for number in range(3):
        photo(f"album/{number}.jpg")
    _, shown = on_a_terminal(*command(tiny_weights, "album"))
    assert b"3/3" in shown
    as_json, _ = on_a_terminal(*command(tiny_weights, "album/*[0-9].jpg", "-f", "--json"))
    assert len(as_json.splitlines()) == 3 + 1, "the bar is on stderr, the data on stdout"
    piped = subprocess.run(
        command(tiny_weights, "album", "-f"), capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert "3/3" not in piped.stderr
    assert "\x1b" not in piped.stderr


@pytest.mark.parametrize("arguments", [["-h"], ["--help"], ["colorize", "-h"]], ids=" ".join)
def test_help_shows_the_main_job_and_the_verbs(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert cli.run(arguments) == 0
    shown = capsys.readouterr().out
    assert "Usage: colorify [OPTIONS] INPUT..." in shown
    assert all(f"  {verb} " in shown for verb in VERBS if verb != DEFAULT_VERB)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_help(capsys: pytest.CaptureFixture[str], verb: str) -> None:
    assert cli.run([verb, "-h"]) == 0
    assert capsys.readouterr().out.startswith("Usage: colorify")


def test_a_missing_extra_says_what_to_type(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "needy.py").write_text("import click\n@click.command()\ndef needy(): import torch\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(VERBS, "needy", Verb("needy", "needy", "Needs torch."))
    assert cli.run(["needy"]) == 3
    assert f"Type: {describe_extra('train')}\n" in capsys.readouterr().err


def test_what_the_system_refuses_is_said_with_the_name_of_the_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A verb may not expect it, such as a share that goes away; a fault without a file is one of ours."""
    (tmp_path / "unlucky.py").write_text(
        "import click\n@click.command()\n@click.argument('name')\n"
        "def unlucky(name): raise OSError(116, 'Stale file handle', *[name][name == 'none':])\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(VERBS, "unlucky", Verb("unlucky", "unlucky", "Has no luck."))
    assert cli.run(["unlucky", "share/a.jpg"]) == 1
    assert capsys.readouterr().err == "error: share/a.jpg: Stale file handle.\n"
    with pytest.raises(OSError, match="Stale"):
        cli.run(["unlucky", "none"])


@pytest.mark.parametrize(("given", "expected"), [(None, "1"), ("4", "4")])
def test_numpy_multiplies_on_one_thread_unless_told_otherwise(given: str | None, expected: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != cli.BLAS_THREADS}
    if given is not None:
        environment[cli.BLAS_THREADS] = given
    words = changed_command(print_variable, "--version", given=(cli.BLAS_THREADS,))
    done = subprocess.run(
        words, capture_output=True, text=True, check=True, timeout=PATIENCE, env=environment
    )
    assert done.stdout.splitlines()[-1] == expected
