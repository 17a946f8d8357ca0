"""The files that one command names: what it writes is none that it reads, and no two are one.

All of it is refused before the work, with -f too.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from colorify.errors import UsageError
from colorify.images.output_names import name_comparison
from colorify.options import SaveOptions

if TYPE_CHECKING:
    from colorify.batch.plan import Plan

Named = tuple[Path, str]  # a file, and what it is in the command
# in words, a field of `SaveOptions.extra_files`
_EXTRA_FILE_WORDS: Final = {"confidence": "map", "layer": "layer"}


def name_read_files(reference: Path | None, hints: Path | None, weights: Path | None) -> tuple[Named, ...]:
    """Say of the files that a command reads, beside its photos, what each is."""
    named = ((reference, "the reference"), (hints, "the file of hints"), (weights, "the weights file"))
    return tuple((path, whose) for path, whose in named if path is not None)


def name_report(report: Path | None) -> tuple[Named, ...]:
    """Say the same of the table that it writes."""
    return () if report is None else ((report, "the table of --report"),)


def check_report(
    report: Path, output: str | None, extra_files: Mapping[str, Path], read: tuple[Named, ...]
) -> None:
    """Refuse a table at the place of another file; before the others, as it is opened before all else."""
    beside = [(path, f"the {_EXTRA_FILE_WORDS[name]}, too") for name, path in extra_files.items()]
    taken = [*read, *beside]
    if output is not None:
        taken.append((Path(output), "where the colour photo goes"))
    whose = _find_owner(report, taken)
    if whose is not None:
        raise UsageError(f"--report {report} is {whose}; choose another name for the table.")


def check_targets(plan: "Plan", others: tuple[Named, ...]) -> None:
    """Refuse a colour photo at the place of what the command reads, or writes beside it."""
    from colorify.batch.file_places import make_place

    place = make_place()
    taken = {place(path): whose for path, whose in others}
    for job in plan.jobs if taken else ():
        whose = taken.get(place(job.target))
        if whose is not None:
            name = f"-o {job.target}" if job.named else f"{job.source} -> {job.target}: that"
            raise UsageError(f"{name} is {whose}; give -o another name.")


def check_beside(save: SaveOptions, plan: "Plan", others: tuple[Named, ...] = ()) -> None:
    """Refuse before the work what would end it, or replace another file by the map or the layer."""
    for name, path in save.extra_files.items():
        what = _EXTRA_FILE_WORDS[name]
        if plan.finished and not plan.jobs:
            there = plan.finished[0].target
            raise UsageError(
                f"--{name}: {there} exists, and no {what} is made without it; -f makes both anew."
            )
        taken = [
            (other, f"the {_EXTRA_FILE_WORDS[key]}, too")
            for key, other in save.extra_files.items()
            if key != name
        ]
        for job in plan.jobs:
            taken += [(job.source, "the photo itself"), (job.target, "where the colour photo goes")]
        whose = _find_owner(path, [*taken, *others])
        if whose is not None:
            raise UsageError(f"--{name} {path} is {whose}; choose another name for the {what}.")
        if plan.jobs and os.path.lexists(path) and not save.overwrite:
            raise UsageError(f"--{name}: {path} exists; -f overwrites it.")


def check_comparisons(plan: "Plan", suffix: str, save: SaveOptions, others: tuple[Named, ...] = ()) -> None:
    """Refuse before the work what would put before and after at the place of another file."""
    from colorify.batch.file_places import make_place

    real = make_place()
    photos = {real(path) for job in plan.jobs for path in (job.source, job.target)}
    beside = [(path, f"the {_EXTRA_FILE_WORDS[name]}, too") for name, path in save.extra_files.items()]
    taken = {real(path): whose for path, whose in (*others, *beside)}
    owners: dict[str, Path] = {}
    for job in plan.jobs:
        if job.alternative > 1:
            continue
        path = name_comparison(job.target, suffix)
        if real(path) in photos:
            raise UsageError(f"--compare: {path} is a photo of this run; rename it first.")
        if real(path) in taken:
            raise UsageError(f"--compare: {path} is {taken[real(path)]}; choose another name for that.")
        if real(path) in owners:
            both = f"{owners[real(path)]} and {job.source}"
            raise UsageError(f"--compare: {both} would both be compared in {path}; rename one.")
        owners[real(path)] = job.source
        if plan.single_input and os.path.lexists(path) and not save.overwrite:
            raise UsageError(f"--compare: {path} exists; -f overwrites it.")


def _find_owner(path: Path, taken: Iterable[Named]) -> str | None:
    """Say what a file is already, by its place; None where it is none of those."""
    from colorify.batch.file_places import make_place

    place = make_place()
    return next((whose for other, whose in taken if place(other) == place(path)), None)
