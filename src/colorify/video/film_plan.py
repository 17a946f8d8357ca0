"""Which film is written where, decided for all of them before the first is touched."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from colorify.errors import FilmError, UsageError
from colorify.images.metadata.provenance import has_film_mark
from colorify.images.output_names import OUTPUT_MARK
from colorify.video.codecs import codec_named
from colorify.video.files import exists, film_stem, open_film_file
from colorify.video.film_options import FilmOptions
from colorify.video.film_result import finished_before
from colorify.video.reader import Film, open_film
from colorify.video.targets import choose_target

ENDINGS: Final = (OUTPUT_MARK, f"{OUTPUT_MARK}.partial")  # of the names that Colorify gives beside a source


@dataclass(frozen=True)
class FilmPlan:
    """All that a run is going to do, and what it leaves alone."""

    jobs: tuple[tuple[Path, Path], ...]  # source and target
    passed_over: tuple[tuple[Path, str], ...]  # source and why
    refused: tuple[tuple[Path, str], ...]  # likewise


def plan_films(films: Sequence[Path], output: Path | None, options: FilmOptions) -> FilmPlan:
    """Pair each film with its target. `output`: a film, for one source, or a folder that is there.

    Of several films those that Colorify made, or that it has coloured before, are passed over; who names
    one wants to know why nothing happens. Raises UsageError where two would be written to one target.
    """
    jobs: list[tuple[Path, Path]] = []
    passed: list[tuple[Path, str]] = []
    refused: list[tuple[Path, str]] = []
    lone = len(films) == 1
    own = ("made by Colorify, not coloured again", "{} was made by Colorify; -f colours it again.")
    left_alone = refused if lone else passed
    inputs = {os.path.realpath(film) for film in films}
    for source in dict.fromkeys(films):
        try:
            film = open_film(source, rate=options.rate)
            target = _target(film, output, options)
            if not options.overwrite and is_colorify_film(film):
                left_alone.append((source, own[lone].format(source)))
                continue
            if not (lone or options.mark) and not options.overwrite and _is_like_result(source):
                passed.append((source, "called NAME-color beside NAME, as results without a mark are"))
                continue
            taken = exists(target) and not finished_before(target)
            if taken and _is_barred(target, output, options, inputs):
                refused.append((source, _explain_barred(source, target, lone=lone)))
                continue
            done = taken and not options.overwrite
        except (FilmError, OSError) as error:
            refused.append((source, str(error)))
            continue
        if done and not lone:
            passed.append((source, f"done before, {target} exists (-f colours it again)"))
        else:
            jobs.append((source, target))
    _refuse_clashes(jobs, films)
    return FilmPlan(tuple(jobs), tuple(passed), tuple(refused))


def is_colorify_film(film: Film) -> bool:
    """Tell whether Colorify made a film: its comment says so."""
    return has_film_mark(film.metadata)


def _is_barred(target: Path, output: Path | None, options: FilmOptions, inputs: set[str]) -> bool:
    """Tell whether a film must not go where something lies: nobody typed that name, and it has no mark.

    Where results get no mark, what is there may be one, and is passed over; but nothing is replaced.
    """
    if output is not None and (not output.is_dir() or os.path.realpath(target) in inputs):
        return False  # who would write a film onto one that is named is told below
    if not (options.mark or options.overwrite):
        return False
    try:
        with open_film_file(target) as film:
            return not has_film_mark(film.metadata)
    except FilmError:
        return True


def _explain_barred(source: Path, target: Path, *, lone: bool) -> str:
    there = f"{source}: {target} is there, without Colorify's mark"
    if lone:
        return f"{there}; only by its name is it replaced: -o {target} -f. Or give -o another name."
    return f"{there}, and is never replaced. Move it, or give -o another place."


def _is_like_result(path: Path) -> bool:
    """Tell whether a film is called as a result: X-color beside an X."""
    stem = film_stem(path)
    before = next((stem.removesuffix(end) for end in ENDINGS if stem.endswith(end)), None)
    if not before:
        return False
    try:
        return any(other != path and film_stem(other) == before for other in path.parent.iterdir())
    except OSError:
        return False  # a folder that cannot be listed: its films can be named all the same


def _target(film: Film, output: Path | None, options: FilmOptions) -> Path:
    codec = codec_named(options.codec).for_size(*film.size)
    if output is None:
        return choose_target(film, codec)
    return choose_target(film, codec, output) if output.is_dir() else output


def _refuse_clashes(jobs: Sequence[tuple[Path, Path]], films: Sequence[Path]) -> None:
    sources = {os.path.realpath(film): film for film in films}
    writers: dict[str, Path] = {}
    for source, target in jobs:
        place = os.path.realpath(target)
        if place in writers:
            raise UsageError(
                f"{writers[place]} and {source} would both be written to {target}; "
                "rename one, or colour them in two runs with two output folders."
            )
        if place in sources and sources[place] != source:
            raise UsageError(
                f"{source} would be written onto {target}, which is an input too; "
                "give -o another folder, or leave it out to write NAME-color beside each film."
            )
        writers[place] = source
