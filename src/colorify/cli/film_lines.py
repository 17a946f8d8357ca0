"""How what comes of films is shown to a person or to a program, and the bar while one is coloured."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from colorify.cli.lines import print_json, print_line
from colorify.cli.progress import count_bar
from colorify.cli.result_lines import printable_path
from colorify.errors import spell_count

if TYPE_CHECKING:
    from colorify.model.generator import Generator
    from colorify.video import FilmProgress, FilmReport

# what --json says of a film of which nothing was made, in the shape of all others
_EMPTY: Final[dict[str, object]] = dict.fromkeys(
    (
        "source",
        "target",
        "status",
        "error",
        "width",
        "height",
        "frames",
        "resumed",
        "seconds",
        "was_colored",
        "notes",
    )
)


@dataclass(frozen=True)
class FilmReporter:
    """How what comes of films is shown."""

    as_json: bool
    quiet: bool

    def loaded(self, generator: "Generator") -> None:
        """Nothing is said of it here."""

    def failed(self, film: Path, reason: str) -> None:
        if self.as_json:
            row = {"source": printable_path(film), "status": "failed", "error": reason}
            print_json(_EMPTY | row)
        else:
            print_line(f"error: {reason}", err=True)

    def passed_over(self, film: Path, note: str) -> None:
        if self.as_json:
            row = {"source": printable_path(film), "status": "skipped", "notes": [note]}
            print_json(_EMPTY | row)
        elif not self.quiet:
            print_line(f"{printable_path(film)}: {note}", err=True)

    def report(self, report: "FilmReport") -> None:
        if self.as_json:
            print_json(_row(report))
            return
        if not self.quiet:
            _tell(report)
        if report.fault is not None and not report.interrupted:
            where = describe_fault(report)
            print_line(
                f"error: {printable_path(report.source)} is broken at {where}. Coloured up to there.",
                err=True,
            )


def _tell(report: "FilmReport") -> None:
    made = report.frames - report.resumed
    notes = [
        f"{report.width}x{report.height}",
        spell_count(report.frames, "frame"),
        f"{report.seconds:.1f} s",
    ]
    notes.append(f"{made / max(report.seconds, 1e-6):.1f} frames/s")
    if report.resumed:
        notes.append(f"{report.resumed} frames of an earlier run")
    if report.was_colored:
        notes.append("had colour: made anew from its brightness")
    print_line(
        f"{printable_path(report.source)} -> {printable_path(report.target)}  ({', '.join(notes)})", err=True
    )
    for note in report.notes:
        print_line(f"note: {note}", err=True)
    if report.interrupted:
        print_line("interrupted; the same command goes on at the last finished piece", err=True)


def film_status(report: "FilmReport") -> str:
    """Return what came of a film, in a word."""
    return "interrupted" if report.interrupted else "broken" if report.fault is not None else "done"


def describe_fault(report: "FilmReport") -> str | None:
    """Return where and why a film ends too early, if it does."""
    return None if report.fault is None else f"{report.fault.time:.2f} s: {report.fault.reason}"


def _row(report: "FilmReport") -> dict[str, object]:
    return {
        "source": printable_path(report.source),
        "target": printable_path(report.target),
        "status": film_status(report),
        "error": describe_fault(report),
        "width": report.width,
        "height": report.height,
        "frames": report.frames,
        "resumed": report.resumed,
        "seconds": round(report.seconds, 3),
        "was_colored": report.was_colored,
        "notes": list(report.notes),
    }


@contextmanager
def film_bar(*, hidden: bool) -> "Iterator[Callable[[FilmProgress], None] | None]":
    """Draw how far a film is on stderr, if that is a terminal."""
    with count_bar(hidden=hidden) as draw:
        if draw is None:
            yield None
            return

        def show(now: "FilmProgress") -> None:
            words = f"{now.frames}/{now.total or '?'} frames, {now.rate:.1f} frames/s"
            draw(now.frames, now.total, words)

        yield show
