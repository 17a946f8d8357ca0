"""How a run is shown to a person or to a program: lines on stderr, or JSON lines on stdout."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import click

from colorify.cli.lines import print_json, print_line
from colorify.cli.summary import RunSummary
from colorify.cli.wording import describe_error

if TYPE_CHECKING:
    from colorify.batch.inputs import Refusal
    from colorify.batch.plan import Job, Plan
    from colorify.batch.run import PhotoResult
    from colorify.colorizer import Colorizer
    from colorify.result import Report

UNMARKED: Final = "called NAME-color or NAME-compare beside NAME, as results without a mark are"


class RunReporter(Protocol):
    """Is told what happens, in order. `quiet`: no bar is drawn meanwhile."""

    @property
    def quiet(self) -> bool: ...
    def loaded(self, colorizer: "Colorizer") -> None: ...
    def refused(self, refusal: "Refusal") -> None: ...
    def passed_over(self, plan: "Plan") -> None: ...
    def planned(self, job: "Job") -> None: ...
    def result(self, result: "PhotoResult", *, alone: bool) -> None: ...
    def watching(self, folders: Sequence[str]) -> None: ...
    def end(self, summary: RunSummary, *, dry: bool = False) -> None: ...


@dataclass(frozen=True)
class LineReporter:
    """For a person: a line a photo. `verbosity`: -1 errors alone, 0, 1 everything.

    On a terminal the bar counts the photos of an album, so that only a photo with a note gets a line.
    """

    verbosity: int = 0

    @property
    def quiet(self) -> bool:
        return self.verbosity < 0

    def loaded(self, colorizer: "Colorizer") -> None:
        if self.verbosity > 0:
            for reason in colorizer.passed_over:
                _print_line(reason)
            spec = colorizer.spec
            _print_line(f"generator {spec.name} {spec.version} on {colorizer.device}")

    def refused(self, refusal: "Refusal") -> None:
        _print_line(f"error: {refusal.reason}")

    def passed_over(self, plan: "Plan") -> None:
        if self.verbosity >= 0:
            for left in plan.left_out:
                _print_line(left.reason)
            for job in plan.taken:
                _print_line(f"{printable_path(job.source)}: another run is colouring it")
        if self.verbosity > 0:
            for job in plan.finished:
                _print_line(f"{printable_path(job.source)}: done before, {printable_path(job.target)} exists")
            for path in plan.own:
                _print_line(f"{printable_path(path)}: made by Colorify, not coloured again")
            for path in plan.unmarked:
                _print_line(f"{printable_path(path)}: {UNMARKED}, not coloured again")

    def planned(self, job: "Job") -> None:
        print_line(
            f"{printable_path(job.source)} -> {printable_path(job.target)}"
        )  # what --dry-run is asked for, so on stdout

    def result(self, result: "PhotoResult", *, alone: bool) -> None:
        if result.error is not None:
            _print_line(f"error: {describe_error(result.error)}")
        if result.report is None:
            return
        worth = alone or result.report.was_colored or result.report.notes or not sys.stderr.isatty()
        if self.verbosity > 0 or (worth and not self.quiet):
            written = " and ".join(map(printable_path, (result.job.target, *result.report.beside)))
            self._report(printable_path(result.job.source), written, result.report)

    def watching(self, folders: Sequence[str]) -> None:
        if self.verbosity >= 0:
            _print_line(f"watching {', '.join(folders)} for photos; Ctrl-C ends it")

    def end(self, summary: RunSummary, *, dry: bool = False) -> None:
        one_said = summary.done + summary.failed + summary.left < 2 and not summary.skipped
        if self.verbosity < 0 or one_said:
            return
        if dry:
            _print_line(f"{summary.left} to colour, {summary.skipped} skipped, {summary.failed} failed")
        else:
            left = f", {summary.left} left" if summary.left else ""
            counts = f"{summary.done} coloured, {summary.skipped} skipped, {summary.failed} failed{left}"
            _print_line(f"{counts}, in {_duration(summary.seconds)}")
        for line in _details(summary):
            _print_line(f"  {line}")

    def _report(self, source: str, target: str, report: "Report") -> None:
        notes = [f"{report.width}x{report.height}", f"{report.seconds:.1f} s"]
        if report.was_colored:
            notes.append("had colour: made anew from its brightness")
        notes.extend(report.notes)
        if self.verbosity > 0:
            notes.append(f"confidence {report.mean_confidence:.2f}")
        _print_line(f"{source} -> {target}  ({', '.join(notes)})")


class JsonReporter:
    """For a program: a JSON object a photo, of one shape whatever came of it, and one for the whole run."""

    quiet: Final = False  # what it prints goes to stdout

    def loaded(self, colorizer: "Colorizer") -> None:
        """Say nothing: every line is of a photo, or of the run."""

    def refused(self, refusal: "Refusal") -> None:
        _print_json(refusal.source, None, "failed", error=refusal.reason)

    def passed_over(self, plan: "Plan") -> None:
        for job in plan.finished:
            _print_json(
                printable_path(job.source), printable_path(job.target), "skipped", notes=["done before"]
            )
        for job in plan.taken:
            _print_json(
                printable_path(job.source),
                printable_path(job.target),
                "skipped",
                notes=["another run is colouring it"],
            )
        for path in plan.own:
            _print_json(printable_path(path), None, "skipped", notes=["made by Colorify"])
        for path in plan.unmarked:
            _print_json(printable_path(path), None, "skipped", notes=[UNMARKED])
        for left in plan.left_out:
            _print_json(left.source, None, "skipped", notes=[left.reason])

    def planned(self, job: "Job") -> None:
        _print_json(printable_path(job.source), printable_path(job.target), "planned")

    def result(self, result: "PhotoResult", *, alone: bool) -> None:
        source, target = printable_path(result.job.source), printable_path(result.job.target)
        if result.error is not None:
            _print_json(source, target, "failed", error=describe_error(result.error))
        elif result.report is not None:
            _print_json(source, target, "done", report=result.report, notes=list(result.report.notes))

    def watching(self, folders: Sequence[str]) -> None:
        """Say nothing: what comes is said as it comes."""

    def end(self, summary: RunSummary, *, dry: bool = False) -> None:
        row = {
            "status": "summary",
            "done": summary.done,
            "skipped": summary.skipped,
            "failed": summary.failed,
            "left_out": summary.left_out,
            "left": summary.left,
            "stopped": summary.stopped or None,
            "seconds": round(summary.seconds, 3),
        }
        print_json(row)


def _details(summary: RunSummary) -> Iterator[str]:
    """Say why photos were skipped, failed or left."""
    if summary.before:
        yield f"skipped: {summary.before} done before (-f colours them again)"
    if summary.taken:
        yield f"skipped: {summary.taken} that another run is colouring; repeat the command when it has ended"
    if summary.own:
        yield f"skipped: {summary.own} made by Colorify"
    if summary.unmarked:
        yield f"skipped: {summary.unmarked} {UNMARKED}"
    if summary.failed:
        each = "each " if summary.failed > 1 else ""
        yield f"failed: {summary.failed}, {each}with its error above"
    if summary.left and summary.stopped:
        yield f"left: {summary.stopped}; repeat the command to go on"


def _duration(seconds: float) -> str:
    """Write 4.2 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _print_json(
    source: str,
    target: str | None,
    status: str,
    *,
    report: "Report | None" = None,
    error: str | None = None,
    notes: list[str] | None = None,
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
        "notes": notes,
    }
    print_json(row)


def printable_path(path: Path) -> str:
    """Spell a path so that any terminal can print it: a file name may hold bytes that are no text."""
    return click.format_filename(path)


def _print_line(line: str) -> None:
    print_line(line, err=True)
