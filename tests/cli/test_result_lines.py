"""The report that ends a run of photos: how many, why not the others, how long, and what to do next."""

import time

import pytest

from colorify.cli.result_lines import LineReporter
from colorify.cli.summary import RunSummary


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (4.21, "4.2 s"),
        (59.9, "59.9 s"),
        (200.4, "3 min 20 s"),
        (7499.0, "2 h 4 min"),
        (86400.0, "24 h 0 min"),
    ],
)
def test_a_run_of_hours_is_not_told_in_seconds(
    seconds: float, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: seconds)
    LineReporter().end(RunSummary(done=20_000, _started=0.0))
    assert capsys.readouterr().err == f"20000 coloured, 0 skipped, 0 failed, in {said}\n"


def test_what_is_left_is_said_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    summary = RunSummary(done=2, before=1, own=3, taken=4, left=5, stopped="the disk is full")
    summary.failures["a.jpg"] = 1, "a.jpg: the file is empty. Copy it again."
    LineReporter().end(summary)
    counts, *reasons = capsys.readouterr().err.splitlines()
    assert counts.startswith("2 coloured, 8 skipped, 1 failed, 5 left, in ")
    assert reasons == [
        "  skipped: 1 done before (-f colours them again)",
        "  skipped: 4 that another run is colouring; repeat the command when it has ended",
        "  skipped: 3 made by Colorify",
        "  failed: 1, with its error above",
        "  left: the disk is full; repeat the command to go on",
    ]
