"""How a run is shown to a person or to a program: lines on stderr, or JSON lines on stdout."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

if TYPE_CHECKING:
    from colorify.batch import Result
    from colorify.colorizer import Report
    from colorify.plan import Job, Plan, Refusal


class Show(Protocol):
    """Is told what happens, in order."""

    def refused(self, refusal: "Refusal") -> None: ...
    def passed_over(self, plan: "Plan") -> None: ...
    def planned(self, job: "Job") -> None: ...
    def result(self, result: "Result") -> None: ...
    def end(self, done: int, finished: int, failed: int) -> None: ...


@dataclass(frozen=True)
class Lines:
    """For a person: a line a photo. `loudness`: -1 errors alone, 0, 1 everything."""

    loudness: int = 0

    def refused(self, refusal: "Refusal") -> None:
        _tell(f"error: {refusal.reason}")

    def passed_over(self, plan: "Plan") -> None:
        if self.loudness > 0:
            for job in plan.finished:
                _tell(f"{name(job.source)}: done before, {name(job.target)} exists")
            for path in plan.own:
                _tell(f"{name(path)}: an output of Colorify, not coloured again")

    def planned(self, job: "Job") -> None:
        click.echo(f"{name(job.source)} -> {name(job.target)}")  # what --dry-run is asked for, so on stdout

    def result(self, result: "Result") -> None:
        if result.report is None:
            _tell(f"error: {result.error}")
        elif self.loudness >= 0:
            self._report(name(result.job.source), name(result.job.target), result.report)

    def end(self, done: int, finished: int, failed: int) -> None:
        if self.loudness >= 0 and done + finished + failed > 1:
            before = f", {finished} done before (-f colours them again)" if finished else ""
            _tell(f"{done} coloured{before}, {failed} failed")

    def _report(self, source: str, target: str, report: "Report") -> None:
        notes = [f"{report.width}x{report.height}", f"{report.seconds:.1f} s"]
        if report.was_colored:
            notes.append("had colour: made anew from its brightness")
        notes.extend(report.notes)
        if self.loudness > 0:
            notes.append(f"confidence {report.mean_confidence:.2f}")
        _tell(f"{source} -> {target}  ({', '.join(notes)})")


class JsonLines:
    """For a program: a JSON object a photo, of one shape whatever came of it."""

    def refused(self, refusal: "Refusal") -> None:
        _print_json(refusal.source, None, "failed", error=refusal.reason)

    def passed_over(self, plan: "Plan") -> None:
        for job in plan.finished:
            _print_json(name(job.source), name(job.target), "skipped")
        for path in plan.own:
            _print_json(name(path), None, "skipped")

    def planned(self, job: "Job") -> None:
        _print_json(name(job.source), name(job.target), "planned")

    def result(self, result: "Result") -> None:
        source, target = name(result.job.source), name(result.job.target)
        if result.report is None:
            _print_json(source, target, "failed", error=str(result.error))
        else:
            _print_json(source, target, "done", report=result.report)

    def end(self, done: int, finished: int, failed: int) -> None:
        """Say nothing: who reads the lines can count them."""


def _print_json(
    source: str, target: str | None, status: str, *, report: "Report | None" = None, error: str | None = None
) -> None:
    row = {
        "source": source,
        "target": target,
        "status": status,
        "error": error,
        "width": report and report.width,
        "height": report and report.height,
        "seconds": report and round(report.seconds, 3),
        "was_colored": report and report.was_colored,
        "mean_confidence": report and round(report.mean_confidence, 4),
        "notes": report and list(report.notes),
    }
    click.echo(json.dumps(row))


def name(path: Path) -> str:
    """Spell a path so that any terminal can print it: a file name may hold bytes that are no text."""
    return click.format_filename(path)


def _tell(line: str) -> None:
    click.echo(line, err=True)


@contextmanager
def progress(total: int) -> Iterator[Callable[[], None]]:
    """Draw a bar below the lines on stderr, if that is a terminal; yield the function that advances it."""
    if total < 2 or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    # lines on stderr go through rich, to stay above the bar; stdout is data and is left alone
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=False, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)
