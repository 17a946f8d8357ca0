"""Which photo is written where, decided for all of them before the first is touched.

Beside its source an output is named `NAME-color.EXT`. In an output folder it keeps its name and its place
below the input folder, so that the two trees mirror each other.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from colorify.batch.file_places import make_place
from colorify.batch.foreign_files import DescribeForeign, ForeignFiles, explain_foreign
from colorify.batch.inputs import (
    FolderWalker,
    FoundPhoto,
    Refusal,
    find_photos,
    is_folder,
    is_glob,
)
from colorify.batch.own_results import find_like_outputs
from colorify.errors import UsageError
from colorify.images.formats import find_format, format_named
from colorify.images.output_names import (
    READABLE_SUFFIXES,
    WRITABLE_SUFFIXES,
    choose_suffix,
    mark_name,
    photo_stem,
)


@dataclass(frozen=True)
class Job:
    """One photo to colour."""

    source: Path
    target: Path
    alternative: int = 1  # which of the plausible colourings; 1 the likeliest
    named: bool = False  # whether the person named the target, and so says what -f may replace


@dataclass(frozen=True)
class Plan:
    """All that a run is going to do, and what it leaves alone."""

    jobs: tuple[Job, ...] = ()
    finished: tuple[Job, ...] = ()  # the target is there: an earlier run wrote it
    taken: tuple[Job, ...] = ()  # another run is colouring them
    own: tuple[Path, ...] = ()  # outputs of Colorify, not to be coloured again
    unmarked: tuple[Path, ...] = ()  # called as outputs of this run are, which has no mark to know them by
    refused: tuple[Refusal, ...] = ()
    left_out: tuple[Refusal, ...] = ()  # no fault, but to be said
    single_input: bool = False  # one photo was named, by itself: what a batch passes over is then an error

    @property
    def folders(self) -> list[Path]:
        """Where its targets are, written or to be."""
        return list(dict.fromkeys(job.target.parent for job in (*self.jobs, *self.finished)))


def make_plan(
    inputs: Sequence[str],
    *,
    output: str | None = None,
    format: str | None = None,
    force: bool = False,
    watching: bool = False,
    alternatives: int | None = None,
    film_suffixes: frozenset[str] = frozenset(),
    mark: bool = True,
    describe_foreign: DescribeForeign | None = None,
) -> Plan:
    """Pair each photo that `inputs` (files, folders, globs) name with its target.

    `output`: a file (for one input file) or a folder; None writes beside the source. `format`: a name from
    FORMATS, None keeps each photo's own. `force`: finished targets are jobs too. `watching`: more may come,
    so an empty folder is no fault, and of two photos to one target the second is refused, not the run.
    `alternatives`: so many jobs for each photo, their targets ending in -1, -2 and so on.
    `film_suffixes`: of films, which are left out where a folder holds some, and said.
    `mark`: whether results get one. What is at the place of a target and has none is nobody's to replace, so
    the photo is refused, but where `output` is that very file; without `mark` it may be a result, and is
    passed over. `describe_foreign`: says what a file is that Colorify did not make (None: a ForeignFiles).
    Raises UsageError where two photos would be written to one target, or a photo onto a photo.
    """
    lone = len(inputs) == 1 and not is_folder(inputs[0]) and not is_glob(inputs[0])
    as_file = output is not None and lone and _names_file(output)
    folder = Path(output) if output is not None and not as_file else None
    if folder is not None and (_is_there(folder) or not lone) and not _may_be_folder(output or ""):
        raise UsageError(_explain_no_folder(folder, lone=lone))
    walker = FolderWalker(folder, film_suffixes)
    found, refused, left_out = find_photos(inputs, walker, watching=watching)
    if as_file:
        refuse_format(output or "", format)
        pairs = [Job(item.path, Path(output or ""), named=alternatives is None) for item in found]
    else:
        pairs = [Job(item.path, _target(item, folder, format)) for item in found]
    if alternatives is not None:
        pairs = [_numbered(job, number) for job in pairs for number in range(1, alternatives + 1)]
    foreign = describe_foreign or ForeignFiles()
    like = find_like_outputs([item.path for item in found])
    own = set() if lone and force else {path for path in like if foreign(path) is None}
    unmarked = set() if lone or mark else like - own
    pairs = [job for job in pairs if job.source not in own | unmarked]
    there = [job for job in pairs if os.path.lexists(job.target)]
    barred = _find_barred(there, foreign, lone=lone) if mark or force or lone else {}
    # beside the photos what is in the way may be one of them, and is no fault of the whole run
    clashes = _clashes([job for job in pairs if folder is not None or job not in barred])
    if clashes and not watching:
        others = f" ({len(clashes) - 1} more like this.)" if len(clashes) > 1 else ""
        raise UsageError(next(iter(clashes.values())) + others)
    bad = {**barred, **clashes}
    pairs = [job for job in pairs if job not in bad]
    finished = {} if force else dict.fromkeys(job for job in there if job not in bad)
    plan = Plan(
        jobs=tuple(job for job in pairs if job not in finished),
        finished=tuple(finished),
        own=tuple(sorted({*own, *walker.own_clips})),
        unmarked=tuple(sorted(unmarked)),
        refused=(*refused, *(Refusal(str(job.source), reason) for job, reason in bad.items())),
        left_out=tuple(left_out),
        single_input=lone,
    )
    return _refuse_single_input(plan) if lone else plan


def _is_there(path: str | Path) -> bool:
    return os.path.exists(path)  # noqa: PTH110 - likewise


def _refuse_single_input(plan: Plan) -> Plan:
    """Turn what a batch passes over into refusals: who names one photo wants to know why nothing happens."""
    exists = [Refusal(str(job.source), f"{job.target} exists; -f overwrites it.") for job in plan.finished]
    own = [Refusal(str(path), f"{path} was made by Colorify; -f colours it again.") for path in plan.own]
    return replace(plan, finished=(), own=(), refused=(*plan.refused, *exists, *own))


def refuse_format(output: str, format: str | None) -> None:
    """Raise UsageError where the suffix of the file `output` says another format than `format`."""
    by_suffix = find_format(Path(output))
    if format is None or by_suffix is None or by_suffix.name == format:
        return
    other = Path(output).with_suffix(format_named(format).suffixes[0])
    raise UsageError(
        f"-o {output} is {by_suffix.name} and --format {format}. Type -o {other}, or no --format."
    )


def _names_file(output: str) -> bool:
    """Whether `output`, given for one photo, is meant as a file: it has a suffix and is no folder."""
    if output.endswith(("/", os.sep)) or is_folder(output) or not Path(output).suffix:
        return False
    refuse_unknown_suffix(output, ", or / for a folder")
    return True


def refuse_unknown_suffix(output: str, or_else: str = "") -> None:
    """Raise UsageError where a file ends in no suffix of a format. `or_else`: in what else it may."""
    if Path(output).suffix.lower() not in WRITABLE_SUFFIXES:
        known = " ".join(sorted(WRITABLE_SUFFIXES))
        raise UsageError(f"-o {output}: no known picture format; end it in one of {known}{or_else}.")


def _may_be_folder(output: str) -> bool:
    """Whether `output`, given for many photos, can be a folder: it is one, or its name is no picture's."""
    path = Path(output)
    named = output.endswith(("/", os.sep)) or path.suffix.lower() not in READABLE_SUFFIXES
    return is_folder(path) or (named and not _is_there(path))


def _explain_no_folder(output: Path, *, lone: bool) -> str:
    """Say why results cannot go into `output`, and what to type."""
    if lone:
        known = " ".join(sorted(WRITABLE_SUFFIXES))
        return f"-o {output} is a file, no picture by its name; end it in one of {known}, or give a folder."
    if _is_there(output):
        return f"-o {output} is a file; for several photos give a folder."
    return (
        f"-o {output} is the name of one picture; several photos, a folder or a glob go into a folder: "
        f"-o {output}/ or another one."
    )


def _target(item: FoundPhoto, folder: Path | None, format: str | None) -> Path:
    suffix = format_named(format).suffixes[0] if format is not None else choose_suffix(item.path)
    if folder is None:
        return item.path.with_name(mark_name(photo_stem(item.path), suffix))
    return (folder / item.inside).with_name(f"{photo_stem(item.path)}{suffix}")


def _numbered(job: Job, number: int) -> Job:
    target = job.target.with_name(f"{job.target.stem}-{number}{job.target.suffix}")
    return replace(job, target=target, alternative=number)


def _find_barred(jobs: Sequence[Job], foreign: DescribeForeign, *, lone: bool) -> dict[Job, str]:
    """Find the jobs whose target nobody named and is there, not made by Colorify; say what to type."""
    return {
        job: explain_foreign(job.source, job.target, what, named=lone and job.target.is_file())
        for job in jobs
        if not job.named and (what := foreign(job.target)) is not None
    }


def _clashes(jobs: Sequence[Job]) -> dict[Job, str]:
    """Say of each photo that would be written onto a photo, or onto the target of another, that it would."""
    real = make_place()
    sources = {real(job.source): job.source for job in jobs}
    writers: dict[str, Path] = {}
    clashes: dict[Job, str] = {}
    for job in jobs:
        place = real(job.target)
        if place in sources:
            onto = "itself" if sources[place] == job.source else f"{sources[place]}, which is an input too"
            clashes[job] = (
                f"{job.source} would be written onto {onto}; "
                "give -o another folder, or leave it out to write NAME-color beside each photo."
            )
        elif place in writers:
            clashes[job] = (
                f"{writers[place]} and {job.source} would both be written to {job.target}; "
                "rename one, or colour them in two runs with two output folders."
            )
        else:
            writers[place] = job.source
    return clashes
