"""What is said of a film: what became of it, what of it is missing, and how it goes on."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from colorify.cli.film_lines import FilmReporter
from colorify.video import FilmReport
from colorify.video.reader import DecodeFailure

DONE = FilmReport(
    source=Path("in.mp4"),
    target=Path("out.mp4"),
    frames=240,
    resumed=0,
    width=640,
    height=480,
    seconds=10.0,
    was_colored=False,
    fault=None,
    interrupted=False,
)
BROKEN = DecodeFailure(4.0, "it cannot be read")


@pytest.mark.parametrize(
    ("report", "lines"),
    [
        (DONE, ["in.mp4 -> out.mp4  (640x480, 240 frames, 10.0 s, 24.0 frames/s)"]),
        (
            replace(DONE, resumed=200, was_colored=True, notes=("left out: tags of chapters title",)),
            [
                "in.mp4 -> out.mp4  (640x480, 240 frames, 10.0 s, 4.0 frames/s, "
                "200 frames of an earlier run, had colour: made anew from its brightness)",
                "note: left out: tags of chapters title",
            ],
        ),
        (
            replace(DONE, interrupted=True, fault=BROKEN),  # it ends where somebody wanted it to
            [
                "in.mp4 -> out.mp4  (640x480, 240 frames, 10.0 s, 24.0 frames/s)",
                "interrupted; the same command goes on at the last finished piece",
            ],
        ),
        (
            replace(DONE, fault=BROKEN),
            [
                "in.mp4 -> out.mp4  (640x480, 240 frames, 10.0 s, 24.0 frames/s)",
                "error: in.mp4 is broken at 4.00 s: it cannot be read. Coloured up to there.",
            ],
        ),
    ],
    ids=["done", "resumed", "interrupted", "broken"],
)
def test_a_person_is_told_all_of_it(
    report: FilmReport, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    FilmReporter(as_json=False, quiet=False).report(report)
    shown = capsys.readouterr()
    assert (shown.out, shown.err.splitlines()) == ("", lines)
    FilmReporter(as_json=False, quiet=True).report(report)
    assert capsys.readouterr().err.splitlines() == [line for line in lines if line.startswith("error")]


def test_a_program_reads_rows_of_one_shape(capsys: pytest.CaptureFixture[str]) -> None:
    show = FilmReporter(as_json=True, quiet=True)
    show.report(DONE)
    show.report(replace(DONE, interrupted=True))
    show.report(replace(DONE, fault=BROKEN))
    show.failed(Path("a.mp4"), "a.mp4: no film.")
    show.passed_over(Path("b.mp4"), "done before")
    shown = capsys.readouterr()
    rows = [json.loads(line) for line in shown.out.splitlines()]
    assert shown.err == ""
    assert [row["status"] for row in rows] == ["done", "interrupted", "broken", "failed", "skipped"]
    assert len({tuple(row) for row in rows}) == 1
    assert rows[2]["error"] == "4.00 s: it cannot be read"
    assert rows[4]["notes"] == ["done before"]
