"""Colour the photos that a person named, or that come into a folder, and report once at the end."""

import os
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from colorify.cli.command_table import FILM_SUFFIXES
from colorify.cli.hub_progress import load_weights_of_hub
from colorify.cli.named_files import Named, check_beside, check_comparisons, check_targets
from colorify.cli.progress import progress_bar
from colorify.cli.result_lines import RunReporter
from colorify.cli.signals import stop_on_signals
from colorify.cli.summary import RunSummary
from colorify.errors import ExitCode, PhotoError, UsageError

if TYPE_CHECKING:
    from colorify.batch.coloring import BatchOptions
    from colorify.batch.foreign_files import ForeignFiles
    from colorify.batch.inputs import Refusal
    from colorify.batch.plan import Plan
    from colorify.batch.run import PhotoResult
    from colorify.colorizer import Colorizer

CORES: Final = os.cpu_count() or 1
# Photos at a time: each takes some 100 MB, and a disk is soon busy. One more than the cores, since each waits
# now and then, for the disk or for its own threads.
DEFAULT_JOBS: Final = min(CORES, 4) + 1
_OF_ONE: Final = (
    "--hint, --neutral, --hints, --alternatives, --confidence and --layer are of one photo; give one INPUT."
)


@dataclass(frozen=True)
class Run:
    """How a command is carried out."""

    weights: Path | None
    device: str  # one of `model.devices.DEVICE_NAMES`
    jobs: int  # photos at a time
    show: RunReporter
    others: tuple[Named, ...] = ()  # what it reads beside photos, and its table

    def load(self) -> "Colorizer":
        """Load the generator, to run on as many cores as fall to each photo."""
        from colorify.colorizer import Colorizer

        threads = threads_per_photo(self.jobs)
        load_weights_of_hub(self.weights, quiet=self.show.quiet)
        colorizer = Colorizer(self.weights, threads=threads, device=self.device)
        self.show.loaded(colorizer)
        return colorizer


def threads_per_photo(jobs: int) -> int:
    """Return on how many cores the generator is to run for each of so many photos at a time."""
    return -(-CORES // jobs)


def color_inputs(
    inputs: tuple[str, ...],
    output: str | None,
    options: "BatchOptions",
    run: Run,
    *,
    dry: bool,
    refused: "tuple[Refusal, ...]" = (),
    left_out: "tuple[Refusal, ...]" = (),
) -> int:
    """Colour files, folders and globs, or only say what would be written where; return the exit code.

    `refused`: other inputs, of which it is known already that nothing comes. `left_out`: likewise, and that
    is no fault.
    """
    from colorify.batch.foreign_files import ForeignFiles

    plan = _plan(inputs, output, options, ForeignFiles(options.max_pixels))
    plan = replace(plan, refused=(*plan.refused, *refused), left_out=(*plan.left_out, *left_out))
    if len({job.source for job in plan.jobs}) > 1 and _is_of_one(options):
        raise UsageError(_OF_ONE)
    check_targets(plan, run.others)
    if options.compare_suffix is not None:
        check_comparisons(plan, options.compare_suffix, options.save, run.others)
    check_beside(options.save, plan, run.others)
    if dry:
        return _show_plan(plan, options, run.show)
    with stop_on_signals() as stopped:
        fewer = replace(run, jobs=max(1, min(run.jobs, len(plan.jobs))))
        return _color_plans([plan], options, fewer, cache(fewer.load), stopped)


def watch_folders(
    inputs: tuple[str, ...], output: str | None, options: "BatchOptions", run: Run, *, dry: bool
) -> int:
    """Colour what is in folders and what comes into them, until a signal ends it; return the exit code."""
    from colorify.batch.foreign_files import ForeignFiles
    from colorify.batch.watch import watch_folder

    _check_watch(inputs, output, options, dry=dry)

    foreign = ForeignFiles(options.max_pixels)  # which remembers the files that it has looked into

    def look() -> "Plan":
        return _plan(inputs, output, options, foreign, patient=True)

    look()  # what makes no sense is said before anything else
    with stop_on_signals() as stopped:
        colorizer = run.load()
        run.show.watching(inputs)
        again: set[Path] = set()  # what another run is at: it may yet give it up
        plans = watch_folder(look, stopped=stopped, again=again)
        return _color_plans(plans, options, run, lambda: colorizer, stopped, again)


def _plan(
    inputs: tuple[str, ...],
    output: str | None,
    options: "BatchOptions",
    foreign: "ForeignFiles",
    *,
    patient: bool = False,
) -> "Plan":
    from colorify.batch.plan import make_plan

    return make_plan(
        inputs,
        output=output,
        format=options.save.format,
        force=options.save.overwrite,
        watching=patient,
        alternatives=options.alternatives,
        film_suffixes=frozenset() if patient else FILM_SUFFIXES,  # a watch would say it at each look
        mark=options.save.mark,
        describe_foreign=foreign,
    )


def _is_of_one(options: "BatchOptions") -> bool:
    return bool(options.colors.hints or options.save.extra_files or options.alternatives)


def _check_watch(inputs: tuple[str, ...], output: str | None, options: "BatchOptions", *, dry: bool) -> None:
    from colorify.batch.inputs import is_folder

    if dry:
        raise UsageError("--dry-run ends at once and --watch goes on; give one of them.")
    if _is_of_one(options):
        raise UsageError(_OF_ONE)
    for text in inputs:
        if not is_folder(text):
            raise UsageError(f"--watch {text}: expected a folder that exists.")
        if output is not None and os.path.realpath(output) == os.path.realpath(text):
            raise UsageError(f"-o {output} is the folder that is watched; give another, or leave it out.")
    if output == "-":
        raise UsageError("--watch writes many photos; give -o a folder.")


def _show_plan(plan: "Plan", options: "BatchOptions", show: RunReporter) -> int:
    from colorify.batch.coloring import refuse_colorify_output
    from colorify.batch.run import PhotoResult

    summary = _begin(plan, RunSummary(), show)
    for job in plan.jobs:
        try:
            refuse_colorify_output(job, options, recolor=plan.single_input and options.save.overwrite)
            show.planned(job)
        except PhotoError as error:
            _count(PhotoResult(job, error=error), plan, summary, show)
    show.end(summary, dry=True)
    return ExitCode.FAILED if summary.failed else ExitCode.DONE


def _color_plans(
    plans: "Iterable[Plan]",
    options: "BatchOptions",
    run: Run,
    load: "Callable[[], Colorizer]",
    stopped: Callable[[], bool],
    again: set[Path] | None = None,
) -> int:
    """Colour the photos of plans, one plan after the other, and report at the end, whatever ends it.

    `again`: where photos are put that another run is at, for a later plan.
    """
    from colorify.atomic import sweep

    summary = RunSummary()
    try:
        for plan in plans:
            _begin(plan, summary, run.show)
            for folder in plan.folders:
                sweep(folder)
            if plan.jobs:
                _color_plan(plan, options, run, load(), stopped, summary, again)
            if summary.left:
                summary.stopped = summary.stopped or "interrupted"
                break
    finally:
        run.show.end(summary)
    if summary.left and stopped():
        return ExitCode.INTERRUPTED
    return ExitCode.FAILED if summary.failed else ExitCode.DONE


def _color_plan(
    plan: "Plan",
    options: "BatchOptions",
    run: Run,
    colorizer: "Colorizer",
    stopped: Callable[[], bool],
    summary: RunSummary,
    again: set[Path] | None,
) -> None:
    from colorify.batch import run as batch
    from colorify.batch.coloring import bind_coloring

    color = bind_coloring(colorizer, options, recolor=plan.single_input and options.save.overwrite)
    with progress_bar(len(plan.jobs), hidden=run.show.quiet) as drawn:
        results = batch.run(
            plan.jobs,
            color,
            workers=run.jobs,
            single_input=plan.single_input,
            on_progress=drawn.on_progress,
            stopped=stopped,
        )
        with closing(results):
            for result in results:
                drawn.ended(result.job)
                if again is not None and _is_taken(result):
                    again.add(result.job.source)
                    summary.put_off()
                else:
                    _count(result, plan, summary, run.show)


def _begin(plan: "Plan", summary: RunSummary, show: RunReporter) -> RunSummary:
    summary.plan(plan)
    show.passed_over(plan)
    for refusal in plan.refused:
        show.refused(refusal)
    return summary


def _count(result: "PhotoResult", plan: "Plan", summary: RunSummary, show: RunReporter) -> None:
    """Count and show what came of a photo."""
    from colorify.atomic import DiskFullError

    over = None if plan.single_input else _passed_over(result)
    if over is not None:
        summary.passed_over(over)
        show.passed_over(over)
        return
    if isinstance(result.error, DiskFullError):
        summary.stopped = "the disk is full"
    summary.result(result)
    show.result(result, alone=len(plan.jobs) == 1)


def _is_taken(result: "PhotoResult") -> bool:
    from colorify.batch.coloring import TakenError

    return isinstance(result.error, TakenError) and not result.error.done


def _passed_over(result: "PhotoResult") -> "Plan | None":
    """Return what a batch passes over, of a photo that looked like a job when the plan was made."""
    from colorify.batch.coloring import AlreadyColorizedError, TakenError
    from colorify.batch.plan import Plan

    job, error = result.job, result.error
    if isinstance(error, AlreadyColorizedError):
        return Plan(own=(job.source,))
    if isinstance(error, TakenError):
        return Plan(finished=(job,)) if error.done else Plan(taken=(job,))
    return None
