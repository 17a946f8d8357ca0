"""The report of a run of films as a table: the one that photos have, too."""

import csv
import hashlib
from pathlib import Path

import pytest
from made_films import Sort, write_film

from command_line import Colorify, photo

pytestmark = pytest.mark.usefixtures("in_tmp_path")


def rows() -> list[dict[str, str]]:
    with Path("run.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def outcomes() -> list[tuple[str, str, str]]:
    return [(row["input"], row["output"], row["status"]) for row in rows()]


def test_a_line_says_what_came_of_a_film(colorify: Colorify, tiny_weights: Path) -> None:
    write_film(Path("a.mkv"), Sort(size=(64, 48), frames=3))
    Path("bad.mp4").write_bytes(b"no film")
    assert colorify("video", "a.mkv", "bad.mp4", "--report", "run.csv").code == 1
    bad, good = rows()
    assert (good["input"], good["output"], good["status"]) == ("a.mkv", "a-color.mkv", "done")
    assert (good["width"], good["height"], good["frames"], good["error"]) == ("64", "48", "3", "")
    assert float(good["seconds"]) > 0
    assert good["weights_sha256"] == hashlib.sha256(tiny_weights.read_bytes()).hexdigest()
    assert (bad["input"], bad["status"]) == ("bad.mp4", "failed")
    assert "bad.mp4" in bad["error"]


def test_a_run_that_goes_on_adds_and_says_nothing_twice(colorify: Colorify) -> None:
    for name in ("a.mkv", "b.mkv"):
        write_film(Path(name), Sort(size=(64, 48), frames=2))
    assert colorify("video", "a.mkv", "missing.mkv", "--report", "run.csv").code == 1
    assert colorify("video", "a.mkv", "b.mkv", "--report", "run.csv").code == 0
    assert outcomes() == [
        ("missing.mkv", "", "failed"),
        ("a.mkv", "a-color.mkv", "done"),
        ("b.mkv", "b-color.mkv", "done"),
    ]


def test_what_was_done_without_a_table_is_in_it(colorify: Colorify) -> None:
    for name in ("a.mkv", "b.mkv"):
        write_film(Path(name), Sort(size=(64, 48), frames=2))
    assert colorify("video", "a.mkv", "b.mkv").code == 0
    assert colorify("video", "a.mkv", "b.mkv", "--report", "run.csv").code == 0
    assert [(row["status"], row["notes"][:11]) for row in rows()] == [("skipped", "done before")] * 2


def test_where_a_film_is_broken_is_in_the_table(colorify: Colorify) -> None:
    source = write_film(Path("a.mkv"), Sort(size=(64, 48), frames=120))
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    assert colorify("video", "a.mkv", "--report", "run.csv").code == 1
    [row] = rows()
    assert row["status"] == "broken"
    assert " s: " in row["error"]


def test_photos_and_films_of_one_run_share_a_table(colorify: Colorify) -> None:
    photo("a.jpg")
    write_film(Path("b.mkv"), Sort(size=(64, 48), frames=2))
    assert colorify("a.jpg", "b.mkv", "--report", "run.csv").code == 0
    assert outcomes() == [("a.jpg", "a-color.jpg", "done"), ("b.mkv", "b-color.mkv", "done")]
    assert [row["frames"] for row in rows()] == ["", "2"]


def test_another_file_is_never_touched(colorify: Colorify) -> None:
    write_film(Path("b.mkv"), Sort(size=(64, 48), frames=2))
    Path("run.csv").write_text("mine\n")
    ended = colorify("video", "b.mkv", "--report", "run.csv", "-f")
    assert (ended.code, "of another kind" in ended.err) == (2, True)
    assert Path("run.csv").read_text() == "mine\n"
    assert not Path("b-color.mkv").exists()
