"""The report of a run as a table for spreadsheets, a line a photo, written as the photos are finished.

A run that goes on adds to the table that it finds. What is done before and has its line gets no second one,
so that a run in ten parts leaves one table.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from colorify.atomic import open_lines
from colorify.cli.lines import spell_line
from colorify.cli.result_lines import RunReporter, printable_path
from colorify.cli.summary import Summary
from colorify.cli.wording import describe_error
from colorify.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from colorify.batch.inputs import Refusal
    from colorify.batch.plan import Job, Plan
    from colorify.batch.run import PhotoResult
    from colorify.colorizer import Colorizer

COLUMNS: Final = (
    *("input", "output", "status", "width", "height", "seconds", "had_colour", "confidence"),
    *("notes", "error", "generator", "weights_sha256", "finished"),
)
ENCODING: Final = "utf-8-sig"  # with the mark by which spreadsheets know UTF-8
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet may run, if a cell begins with it


class TableReporter:
    """Shows a run by another reporter, and writes a line of a table for each photo."""

    def __init__(self, show: RunReporter, add: "Callable[[bytes], None]", done: frozenset[str]) -> None:
        """Made by `open_report`. `add`: adds a line. `done`: outputs that have one, as cells."""
        self._show, self._add, self._done = show, add, done
        self._made_by: dict[str, str] = {}

    @property
    def quiet(self) -> bool:
        return self._show.quiet

    def loaded(self, colorizer: "Colorizer") -> None:
        spec = colorizer.spec
        self._made_by = {
            "generator": f"{spec.name} {spec.version}",
            "weights_sha256": colorizer.weights_digest,
        }
        self._show.loaded(colorizer)

    def refused(self, refusal: "Refusal") -> None:
        self._write(input=refusal.source, status="failed", error=refusal.reason)
        self._show.refused(refusal)

    def passed_over(self, plan: "Plan") -> None:
        for job in plan.finished:
            if guard_cell(printable_path(job.target)) not in self._done:
                self._skip(job, "done before")
        for job in plan.taken:
            self._skip(job, "another run is colouring it")
        for path in plan.own:
            self._write(input=printable_path(path), status="skipped", notes="made by Colorify")
        for left in plan.left_out:
            self._write(input=left.source, status="skipped", notes=left.reason)
        self._show.passed_over(plan)

    def planned(self, job: "Job") -> None:
        self._show.planned(job)

    def result(self, result: "PhotoResult", *, alone: bool) -> None:
        names = {"input": printable_path(result.job.source), "output": printable_path(result.job.target)}
        report = result.report
        if result.error is not None:
            self._write(**names, **self._made_by, status="failed", error=describe_error(result.error))
        elif report is not None:
            self._write(
                **names,
                **self._made_by,
                status="done",
                width=str(report.width),
                height=str(report.height),
                seconds=f"{report.seconds:.3f}",
                had_colour="yes" if report.was_colored else "no",
                confidence=f"{report.mean_confidence:.3f}",
                notes="; ".join(report.notes),
            )
        self._show.result(result, alone=alone)

    def watching(self, folders: Sequence[str]) -> None:
        self._show.watching(folders)

    def end(self, summary: Summary, *, dry: bool = False) -> None:
        self._show.end(summary, dry=dry)

    def _skip(self, job: "Job", why: str) -> None:
        names = {"input": printable_path(job.source), "output": printable_path(job.target)}
        self._write(**names, status="skipped", notes=why)

    def _write(self, **cells: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        row = {"finished": now, **cells}
        self._add(_line(guard_cell(row.get(name, "")) for name in COLUMNS).encode())


@contextmanager
def open_report(path: Path, show: RunReporter) -> Iterator[RunReporter]:
    """Give a reporter that shows as `show` does and writes the table `path`. Raises UsageError."""
    head = _line(COLUMNS).encode(ENCODING)
    with open_lines(path, head, kind=UsageError) as add:
        yield TableReporter(show, add, _read_done(path))


def guard_cell(text: str) -> str:
    """Return a text as a cell that stays one line, and that no spreadsheet takes for a formula."""
    line = spell_line(text)
    return f"'{line}" if text.startswith(_FORMULA) else line


def _read_done(path: Path) -> frozenset[str]:
    """Return the outputs that a table says are done, as they are spelt there."""
    with path.open(encoding=ENCODING, errors="replace", newline="") as file:
        rows = csv.DictReader(file)
        return frozenset(str(row["output"]) for row in rows if row["status"] == "done")


def _line(cells: "Iterator[str] | Sequence[str]") -> str:
    memory = io.StringIO()
    csv.writer(memory, lineterminator="\n").writerow(cells)
    return memory.getvalue()
