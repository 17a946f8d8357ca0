"""No file that a command names is lost to another one, with -f too."""

from pathlib import Path

import pytest

from colorify.colorizer import Colorizer
from colorify.errors import UsageError
from command_line import Colorify, names, photo, result

pytestmark = pytest.mark.usefixtures("in_tmp_path")

HINTS = '{"version": 1, "hints": [{"x": 1, "y": 1, "color": "#ff0000"}]}'


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--reference ref.jpg -o ref.jpg", "-o ref.jpg is the reference; give -o another name."),
        ("--reference a-color.jpg", "a.jpg -> a-color.jpg: that is the reference; give -o another name."),
        (
            "--hints h.json --confidence h.json",
            "--confidence h.json is the file of hints",
        ),
        ("--hints h.json --layer ./h.json", "--layer h.json is the file of hints; choose another name"),
        ("--reference ref.jpg --confidence ref.jpg", "--confidence ref.jpg is the reference"),
        ("--reference a-compare.jpg --compare side", "--compare: a-compare.jpg is the reference"),
        ("--report new.csv --confidence new.csv", "--report new.csv is the map, too; choose another name"),
        ("--report new.png -o new.png", "--report new.png is where the colour photo goes"),
        ("-o z.jpg --confidence z-compare.jpg --compare side", "--compare: z-compare.jpg is the map, too"),
        ("-o z.jpg --layer z-compare.webp --compare fade", "--compare: z-compare.webp is the layer, too"),
    ],
)
def test_what_is_written_is_no_other_file_of_the_command(colorify: Colorify, words: str, said: str) -> None:
    photo("a.jpg"), photo("ref.jpg", color=True), photo("a-compare.jpg", color=True)
    Path("h.json").write_text(HINTS)
    result("a-color.jpg")
    before = {name: Path(name).read_bytes() for name in names()}
    ended = colorify("a.jpg", *words.split(), "-f")
    assert (ended.code, said in ended.err, ended.err.count("\n")) == (2, True, 1), ended.err
    assert {name: Path(name).read_bytes() for name in names()} == before


def test_from_stdin_too(colorify: Colorify) -> None:
    photo("ref.jpg", color=True)
    before = Path("ref.jpg").read_bytes()
    ended = colorify("-", "--reference", "ref.jpg", "-o", "ref.jpg", "-f")
    assert (ended.code, "-o ref.jpg is the reference" in ended.err) == (2, True), ended.err
    assert Path("ref.jpg").read_bytes() == before


def test_names_that_differ_are_all_written(colorify: Colorify) -> None:
    photo("a.jpg")
    Path("h.json").write_text(HINTS)
    words = "--hints h.json --confidence map.png --layer colour.png --compare side --report r.csv -o new.jpg"
    assert colorify("a.jpg", *words.split()).code == 0
    made = {"map.png", "colour.png", "new-compare.jpg", "r.csv", "new.jpg"}
    assert names() == {"a.jpg", "h.json", *made}


@pytest.mark.parametrize("other", ["confidence", "layer", "compare"])
def test_in_python_two_files_of_one_name_are_refused(colorizer: Colorizer, other: str) -> None:
    photo("a.jpg")
    with pytest.raises(UsageError, match=rf"{other}='b.png': that is where the colour photo goes"):
        colorizer.colorize_file("a.jpg", "b.png", overwrite=True, **{other: "./b.png"})
    if other != "confidence":
        with pytest.raises(UsageError, match=rf"{other}='c.png': that is the file of confidence"):
            colorizer.colorize_file("a.jpg", "b.png", confidence="c.png", **{other: "c.png"})
    assert names() == {"a.jpg"}
