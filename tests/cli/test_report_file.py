"""The report of a run as a table: a line a photo, whatever becomes of the run."""

import csv
import hashlib
from pathlib import Path

import pytest

from colorify.atomic import claim
from colorify.cli.report_file import COLUMNS, guard_cell
from command_line import Colorify, names, photo

pytestmark = pytest.mark.usefixtures("in_tmp_path")


def rows(path: str = "run.csv") -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def outcomes() -> list[tuple[str, str]]:
    return [(row["input"], row["status"]) for row in rows()]


def test_a_line_says_what_came_of_a_photo(colorify: Colorify, tiny_weights: Path) -> None:
    photo("album/a.jpg"), photo("album/red.png", color=True)
    Path("album/bad.jpg").write_bytes(b"\xff\xd8\xff\xe0no photo")
    assert colorify("album", "-o", "out", "--report", "run.csv").code == 1
    table = {row["input"]: row for row in rows()}
    assert Path("run.csv").read_bytes().startswith(b"\xef\xbb\xbfinput,output,status,")
    good, red, bad = (table[f"album/{name}"] for name in ("a.jpg", "red.png", "bad.jpg"))
    assert tuple(good) == COLUMNS
    assert (good["output"], good["status"], good["width"], good["height"]) == (
        "out/a.jpg",
        "done",
        "48",
        "32",
    )
    assert float(good["seconds"]) > 0
    assert good["weights_sha256"] == hashlib.sha256(tiny_weights.read_bytes()).hexdigest()
    assert (good["had_colour"], red["had_colour"], good["error"]) == ("no", "yes", "")
    assert bad["status"] == "failed"
    assert "album/bad.jpg" in bad["error"]


def test_a_run_that_goes_on_adds_and_says_nothing_twice(colorify: Colorify) -> None:
    photo("album/a.jpg")
    Path("album/b.jpg").write_bytes(b"")
    assert colorify("album", "-o", "out", "--report", "run.csv").code == 1
    first = Path("run.csv").read_bytes()
    photo("album/b.jpg")
    assert colorify("album", "-o", "out", "--report", "run.csv").code == 0
    assert Path("run.csv").read_bytes().startswith(first)
    assert outcomes() == [
        *sorted([("album/a.jpg", "done"), ("album/b.jpg", "failed")], key=lambda row: outcomes().index(row)),
        ("album/b.jpg", "done"),
    ]


def test_what_was_done_without_a_table_is_in_it(colorify: Colorify) -> None:
    photo("album/a.jpg")
    assert colorify("album", "-o", "out").code == 0
    assert colorify("album", "-o", "out", "--report", "run.csv").code == 0
    assert outcomes() == [("album/a.jpg", "skipped")]
    assert rows()[0]["notes"] == "done before"


@pytest.mark.parametrize("words", [["-o", "out"], ["-o", "out/new.jpg"], []], ids=" ".join)
def test_its_folder_is_made(colorify: Colorify, words: list[str]) -> None:
    photo("album/a.jpg")
    for run in ("first", "repeated"):
        colorify("album/a.jpg" if "out/new.jpg" in words else "album", *words, "--report", "out/deep/run.csv")
        assert rows("out/deep/run.csv")[0]["status"] == "done", run


def test_half_a_line_that_a_crash_left_is_cut_off(colorify: Colorify) -> None:
    photo("a.jpg"), photo("b.jpg")
    assert colorify("a.jpg", "--report", "run.csv").code == 0
    whole = Path("run.csv").read_bytes()
    Path("run.csv").write_bytes(whole + b"b.jpg,b-color.jpg,do")
    assert colorify("b.jpg", "--report", "run.csv").code == 0
    assert Path("run.csv").read_bytes().startswith(whole + b"b.jpg,b-color.jpg,done")
    assert outcomes() == [("a.jpg", "done"), ("b.jpg", "done")]


@pytest.mark.parametrize("content", [b"", b"mine,and,not,yours\n", b"input,output"])
@pytest.mark.parametrize("force", [[], ["-f"]])
def test_another_file_is_never_touched(colorify: Colorify, content: bytes, force: list[str]) -> None:
    photo("a.jpg")
    Path("run.csv").write_bytes(content)
    ended = colorify("a.jpg", "--report", "run.csv", *force)
    assert (ended.code, "of another kind" in ended.err) == (2, True)
    assert Path("run.csv").read_bytes() == content
    assert names() == {"a.jpg", "run.csv"}


def test_one_run_at_a_time_writes_a_table(colorify: Colorify) -> None:
    photo("a.jpg")
    with claim(Path("run.csv")) as ours:
        assert ours
        ended = colorify("a.jpg", "--report", "run.csv")
    assert (ended.code, "another run is writing it" in ended.err) == (2, True)
    assert names() == {"a.jpg"}


def test_a_dry_run_writes_none(colorify: Colorify) -> None:
    photo("a.jpg")
    assert colorify("a.jpg", "--report", "run.csv", "--dry-run").code == 0
    assert names() == {"a.jpg"}


def test_names_are_neither_formulas_nor_lines(colorify: Colorify) -> None:
    for name in ("=1+1.jpg", "-2.jpg", "two\nlines.jpg", 'a, "b".jpg'):
        photo(f"album/{name}")
    assert colorify("album", "-o", "@out", "--report", "run.csv").code == 0
    assert len(Path("run.csv").read_text(encoding="utf-8-sig").splitlines()) == 5
    assert {row["output"] for row in rows()} == {
        *("'@out/=1+1.jpg", "'@out/-2.jpg", "'@out/two\\nlines.jpg", '\'@out/a, "b".jpg'),
    }
    assert colorify("album", "-o", "@out", "--report", "run.csv").code == 0
    assert len(rows()) == 4, "what is done and has a line gets no second one"


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\tx", "\rx"])
def test_a_cell_is_no_formula(text: str) -> None:
    assert guard_cell(text).startswith("'")
    assert guard_cell("a=1") == "a=1"


def test_what_was_not_coloured_has_a_line_too(colorify: Colorify) -> None:
    """An input that is not there, what Colorify made, a film of the folder, what another run has at work."""
    photo("album/a.jpg"), photo("album/b.jpg"), Path("album/film.mp4").write_bytes(b"no film")
    assert colorify("album/a.jpg", "-o", "album/mine.jpg").code == 0
    Path("out").mkdir()
    with claim(Path("out/b.jpg")) as ours:
        assert ours
        ended = colorify("album", "gone.jpg", "-o", "out", "--report", "run.csv")
    assert ended.code == 1
    table = {row["input"]: row for row in rows()}
    assert {name: row["status"] for name, row in table.items()} == {
        "gone.jpg": "failed",
        "album/a.jpg": "done",
        "album/b.jpg": "skipped",
        "album/mine.jpg": "skipped",
        "album": "skipped",
    }
    assert table["gone.jpg"]["error"].startswith("gone.jpg: no such file or folder. ")
    assert table["album/b.jpg"]["notes"] == "another run is colouring it"
    assert table["album/mine.jpg"]["notes"] == "made by Colorify"
    assert "1 film left" in table["album"]["notes"]
