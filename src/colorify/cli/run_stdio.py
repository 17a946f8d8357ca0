"""One photo from stdin, or onto stdout, or both."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from colorify.cli.named_files import check_beside, check_targets
from colorify.cli.result_lines import JsonReporter
from colorify.cli.run_photos import Run
from colorify.cli.signals import stop_on_signals
from colorify.cli.summary import RunSummary
from colorify.errors import ExitCode, PhotoError, UsageError
from colorify.images.formats import SNIFF_BYTES, sniff

if TYPE_CHECKING:
    from colorify.batch.coloring import BatchOptions
    from colorify.batch.plan import Job
    from colorify.result import Report

STDIO: Final = "-"  # as an input: stdin; as an output: stdout


def color_stream(
    inputs: tuple[str, ...], output: str | None, options: "BatchOptions", run: Run, *, dry: bool
) -> int:
    """Colour it, or only say what would be written where, and return the exit code."""
    from colorify.batch.plan import Plan
    from colorify.batch.run import PhotoResult, RunStoppedError

    summary = RunSummary()
    reads, writes = inputs[0] == STDIO, output in (None, STDIO)  # `./-` is a file
    job = _job(inputs, output, options, run, writes=writes)
    # a program knows the streams by the names that it gave
    shown = job if isinstance(run.show, JsonReporter) else _name_streams(job, reads=reads, writes=writes)
    summary.plan(Plan(jobs=(shown,)))
    if dry:
        run.show.planned(shown)
    else:
        try:
            source, target = None if reads else job.source, None if writes else job.target
            result = PhotoResult(shown, report=_color(source, target, options, run))
        except RunStoppedError:
            summary.stopped = "interrupted"
            run.show.end(summary)
            return ExitCode.INTERRUPTED
        except PhotoError as error:
            result = PhotoResult(shown, error=error)
        summary.result(result)
        run.show.result(result, alone=True)
    run.show.end(summary, dry=dry)
    return ExitCode.FAILED if summary.failed else ExitCode.DONE


def _color(source: Path | None, target: Path | None, options: "BatchOptions", run: Run) -> "Report":
    """Colour a photo; `source`: None is stdin, `target`: None is stdout."""
    from colorify.batch.coloring import color_source
    from colorify.batch.run import RunStoppedError

    data = _read_stdin() if source is None else source
    colorizer = run.load()
    with stop_on_signals() as stopped:

        def watch(_part: float) -> None:
            if stopped():
                raise RunStoppedError

        report = color_source(colorizer, data, target, options, watch)
    if report.data is not None:
        sys.stdout.buffer.write(report.data)
        sys.stdout.buffer.flush()
    return report


def _name_streams(job: "Job", *, reads: bool, writes: bool) -> "Job":
    """Return a job as a person is told of it."""
    source, target = Path("stdin") if reads else job.source, Path("stdout") if writes else job.target
    return replace(job, source=source, target=target)


def _read_stdin() -> bytes:
    """Read all of it, but where it does not begin as a photo does: that may never end."""
    if sys.stdin is None:  # as it is after `<&-`
        raise PhotoError("-: stdin is closed. Send a photo: colorify - < photo.jpg > new.jpg")
    try:
        head = sys.stdin.buffer.read(SNIFF_BYTES)
        if not head:
            raise PhotoError("-: nothing came from stdin. Send a photo: colorify - < photo.jpg > new.jpg")
        sniff(head)
        return head + sys.stdin.buffer.read()
    except OSError as error:
        raise PhotoError(f"-: stdin cannot be read ({error.strerror or error}).") from error


def _job(
    inputs: tuple[str, ...], output: str | None, options: "BatchOptions", run: Run, *, writes: bool
) -> "Job":
    from colorify.batch.plan import Job, Plan, refuse_format, refuse_unknown_suffix
    from colorify.images.output_names import has_suffix

    job = Job(Path(inputs[0]), Path(output or STDIO), named=not writes)
    if options.alternatives is not None:
        raise UsageError("--alternatives writes files; name the photo, and a file or a folder for -o.")
    if len(inputs) > 1:
        raise UsageError("- is one photo; give no other INPUT beside it.")
    refuse_format(str(job.target), options.save.format)
    if not writes and options.save.format is None and has_suffix(job.target):
        refuse_unknown_suffix(str(job.target))
    if not writes:
        check_targets(Plan(jobs=(job,)), run.others)
    check_beside(options.save, Plan(jobs=(job,)), run.others)
    if not writes and job.target.is_dir():
        raise UsageError(f"-o {job.target} is a folder, and a photo from stdin has no name; give -o a file.")
    if writes and isinstance(run.show, JsonReporter):
        raise UsageError("--json and the photo would both go to stdout; give -o a file.")
    if writes and sys.stdout.isatty():
        raise UsageError("a photo would fill the terminal with bytes; give -o a file, or send stdout to one.")
    return job
