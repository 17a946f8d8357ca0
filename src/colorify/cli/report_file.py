"""The report of a run as a table for spreadsheets, a line a photo or a film, written as each is finished.

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
from colorify.cli.film_lines import FilmReporter, describe_fault, film_status
from colorify.cli.lines import spell_line
from colorify.cli.result_lines import UNMARKED, RunReporter, printable_path
from colorify.cli.summary import RunSummary
from colorify.cli.wording import describe_error
from colorify.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from colorify.batch.inputs import Refusal
    from colorify.batch.plan import Job, Plan
    from colorify.batch.run import PhotoResult
    from colorify.colorizer import Colorizer
    from colorify.model.generator import Generator
    from colorify.model.spec import Spec
    from colorify.video import FilmReport

COLUMNS: Final = (
    *("input", "output", "status", "width", "height", "frames", "seconds", "had_colour", "confidence"),
    *("notes", "error", "generator", "weights_sha256", "finished"),
)
ENCODING: Final = "utf-8-sig"  # with the mark by which spreadsheets know UTF-8
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet may run, if a cell begins with it


class Table:
    """A table that is open; made by `open_table`."""

    def __init__(self, add: "Callable[[bytes], None]", done: "tuple[dict[str, str], ...]") -> None:
        """Begin. `add`: adds a line. `done`: the rows that say so, as they are spelt there."""
        self._add = add
        self._done = {(name, row[name]) for row in done for name in ("input", "output")}
        self._made_by: dict[str, str] = {}

    def name_generator(self, spec: "Spec", digest: str) -> None:
        """Say what makes the colours from now on."""
        self._made_by = {"generator": f"{spec.name} {spec.version}", "weights_sha256": digest}

    def is_done(self, column: str, text: str) -> bool:
        """Whether a row says that an input or an output is done."""
        return (column, guard_cell(text)) in self._done

    @property
    def made_by(self) -> dict[str, str]:
        """The cells that say what made the colours."""
        return dict(self._made_by)

    def write(self, **cells: str) -> None:
        """Add a line."""
        row = {"finished": datetime.now(UTC).isoformat(timespec="seconds"), **cells}
        self._add(_line(guard_cell(row.get(name, "")) for name in COLUMNS).encode())


class TableReporter:
    """Shows a run by another reporter, and writes a line of a table for each photo."""

    def __init__(self, show: RunReporter, table: Table) -> None:
        """Begin with a table that is open."""
        self._show, self._table = show, table

    @property
    def quiet(self) -> bool:
        return self._show.quiet

    def loaded(self, colorizer: "Colorizer") -> None:
        self._table.name_generator(colorizer.spec, colorizer.weights_digest)
        self._show.loaded(colorizer)

    def refused(self, refusal: "Refusal") -> None:
        self._table.write(input=refusal.source, status="failed", error=refusal.reason)
        self._show.refused(refusal)

    def passed_over(self, plan: "Plan") -> None:
        for job in plan.finished:
            if not self._table.is_done("output", printable_path(job.target)):
                self._skip(job, "done before")
        for job in plan.taken:
            self._skip(job, "another run is colouring it")
        for path in plan.own:
            self._table.write(input=printable_path(path), status="skipped", notes="made by Colorify")
        for path in plan.unmarked:
            self._table.write(input=printable_path(path), status="skipped", notes=UNMARKED)
        for left in plan.left_out:
            self._table.write(input=left.source, status="skipped", notes=left.reason)
        self._show.passed_over(plan)

    def planned(self, job: "Job") -> None:
        self._show.planned(job)

    def result(self, result: "PhotoResult", *, alone: bool) -> None:
        names = {"input": printable_path(result.job.source), "output": printable_path(result.job.target)}
        report = result.report
        if result.error is not None:
            error = describe_error(result.error)
            self._table.write(**names, **self._table.made_by, status="failed", error=error)
        elif report is not None:
            self._table.write(
                **names,
                **self._table.made_by,
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

    def end(self, summary: RunSummary, *, dry: bool = False) -> None:
        self._show.end(summary, dry=dry)

    def _skip(self, job: "Job", why: str) -> None:
        names = {"input": printable_path(job.source), "output": printable_path(job.target)}
        self._table.write(**names, status="skipped", notes=why)


class FilmTableReporter:
    """Shows what comes of films by another reporter, and writes a line of a table for each."""

    def __init__(self, show: FilmReporter, table: Table) -> None:
        """Begin with a table that is open."""
        self._show, self._table = show, table

    @property
    def quiet(self) -> bool:
        return self._show.quiet

    def loaded(self, generator: "Generator") -> None:
        self._table.name_generator(generator.spec, generator.digest)
        self._show.loaded(generator)

    def failed(self, film: Path, reason: str) -> None:
        self._table.write(input=printable_path(film), status="failed", error=reason)
        self._show.failed(film, reason)

    def passed_over(self, film: Path, note: str) -> None:
        if not self._table.is_done("input", printable_path(film)):
            self._table.write(input=printable_path(film), status="skipped", notes=note)
        self._show.passed_over(film, note)

    def report(self, report: "FilmReport") -> None:
        self._table.write(
            **self._table.made_by,
            input=printable_path(report.source),
            output=printable_path(report.target),
            status=film_status(report),
            width=str(report.width),
            height=str(report.height),
            frames=str(report.frames),
            seconds=f"{report.seconds:.3f}",
            had_colour="yes" if report.was_colored else "no",
            notes="; ".join(report.notes),
            error=describe_fault(report) or "",
        )
        self._show.report(report)


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """Open a table, which is made if it is not there. Raises UsageError."""
    head = _line(COLUMNS).encode(ENCODING)
    with open_lines(path, head, kind=UsageError) as add:
        yield Table(add, _read_done(path))


@contextmanager
def open_report(path: Path, show: RunReporter) -> Iterator[RunReporter]:
    """Give a reporter that shows as `show` does and writes the table `path`. Raises UsageError."""
    with open_table(path) as table:
        yield TableReporter(show, table)


@contextmanager
def open_film_report(path: Path, show: FilmReporter) -> Iterator[FilmTableReporter]:
    """Do the same for films. Raises UsageError."""
    with open_table(path) as table:
        yield FilmTableReporter(show, table)


def guard_cell(text: str) -> str:
    """Return a text as a cell that stays one line, and that no spreadsheet takes for a formula."""
    line = spell_line(text)
    return f"'{line}" if text.startswith(_FORMULA) else line


def _read_done(path: Path) -> tuple[dict[str, str], ...]:
    """Return the rows of a table of what is done."""
    with path.open(encoding=ENCODING, errors="replace", newline="") as file:
        return tuple(row for row in csv.DictReader(file) if row["status"] == "done")


def _line(cells: "Iterator[str] | Sequence[str]") -> str:
    memory = io.StringIO()
    csv.writer(memory, lineterminator="\n").writerow(cells)
    return memory.getvalue()
