"""`colorify INPUT...`: colour photos. The verb that runs when none is named."""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from colorify.cli.options import (
    FORMAT_NAMES,
    read_hints_file,
    read_neutrals,
    read_photo_hints,
    show_version,
)
from colorify.cli.show import JsonLines, Lines, Show, progress
from colorify.cli.verbs import DEFAULT, VERBS
from colorify.errors import UsageError
from colorify.formats import PROFILES

if TYPE_CHECKING:
    from colorify.batch import Options
    from colorify.colorizer import Colorizer
    from colorify.hints import Hint
    from colorify.plan import Job, Plan

STREAM = "-"  # as an input: stdin; as an output: stdout
FAILED = 1
FILE = click.Path(dir_okay=False, path_type=Path)


class Front(click.Command):
    """The page a person sees first: used without its name, and its help lists the other verbs."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage("colorify", "[OPTIONS] INPUT...")

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(verb, row.help) for verb, row in VERBS.items() if verb != DEFAULT]
        if rows:
            with formatter.section("Verbs, each with a help of its own (colorify VERB -h)"):
                formatter.write_dl(rows)


@click.command(cls=Front)
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.option("-o", "--output", metavar="PATH", help="A file, a folder, or - for stdout.")
@click.option(
    "-s", "--strength", type=click.FloatRange(0, 2), default=1.0, help="0 grey, 1 as generated, 2 twice that."
)
@click.option(
    "--vividness", type=click.FloatRange(0, 2), default=1.0, help="0 cautious, 1 as trained, 2 bold."
)
@click.option(
    "--hint",
    "hints",
    metavar="X,Y,#RRGGBB[,RADIUS]",
    multiple=True,
    callback=read_photo_hints,
    help="A colour you know, at a pixel or at 50%,30%; may be repeated.",
)
@click.option(
    "--neutral",
    "neutrals",
    metavar="X,Y[,RADIUS]",
    multiple=True,
    callback=read_neutrals,
    help="This is grey; may be repeated.",
)
@click.option(
    "--hints",
    "kept_hints",
    metavar="FILE.json",
    type=FILE,
    callback=read_hints_file,
    help="Hints kept in a file (docs/guided.md).",
)
@click.option(
    "--size", type=click.IntRange(min=32), help="Short side, in pixels, that the generator looks at."
)
@click.option(
    "--format", "format_", type=click.Choice(FORMAT_NAMES), help="Format to write.  [default: as the input]"
)
@click.option("--quality", type=click.IntRange(1, 100), help="Of JPEG, WebP and AVIF.")
@click.option("--depth", type=click.Choice(["8", "16"]), help="Bits a channel.  [default: as the input]")
@click.option(
    "--profile", type=click.Choice(PROFILES), default="srgb", help="RGB of the result; keep: the input's."
)
@click.option("--confidence", type=FILE, help="Also write a grey map: black unsure, white sure.")
@click.option("-m", "--weights", type=FILE, help="A generator of your own.  [default: the embedded one]")
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="Photos at a time."
)
@click.option("-f", "--force", is_flag=True, help="Overwrite outputs.")
@click.option("--max-pixels", type=click.IntRange(min=1), help="Refuse photos of more pixels.")
@click.option(
    "--no-mark", is_flag=True, help="Do not write into the metadata that the colours are generated."
)
@click.option("--strip", is_flag=True, help="Leave out the photo's own metadata.")
@click.option("--dry-run", is_flag=True, help="Only print what would be written where.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a photo on stdout.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors alone.")
@click.option("-v", "--verbose", is_flag=True, help="Print more.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=show_version,
    help="Print the version.",
)
def colorize(
    inputs: tuple[str, ...],
    output: str | None,
    strength: float,
    vividness: float,
    hints: "tuple[Hint, ...]",
    neutrals: "tuple[Hint, ...]",
    kept_hints: "tuple[Hint, ...]",
    size: int | None,
    format_: str | None,
    quality: int | None,
    depth: str | None,
    profile: str,
    confidence: Path | None,
    weights: Path | None,
    jobs: int,
    force: bool,
    max_pixels: int | None,
    no_mark: bool,
    strip: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Turn black-and-white photographs into colour ones.

    INPUT is a file, a folder, a glob, or - for stdin. The colour photo is written beside it as
    NAME-color.EXT; nothing is overwritten, and the photo itself stays as it is.
    """
    from colorify.batch import Options
    from colorify.photo import MAX_PIXELS
    from colorify.plan import Plan

    options = Options(
        strength=strength,
        vividness=vividness,
        size=size,
        hints=(*kept_hints, *hints, *neutrals),
        format=format_,
        quality=quality,
        depth=int(depth) if depth else None,
        confidence=confidence,
        overwrite=force,
        max_pixels=max_pixels or MAX_PIXELS,
        mark=not no_mark,
        strip=strip,
        profile=profile,
    )
    show: Show = JsonLines() if as_json else Lines(-1 if quiet else int(verbose))
    if STREAM in (*inputs, output):
        job = _stream_job(inputs, output, show)
        return _show_plan(Plan(jobs=(job,)), show) if dry_run else _color_stream(job, options, weights, show)
    plan = _plan(inputs, output, options)
    return _show_plan(plan, show) if dry_run else _color_plan(plan, options, weights, jobs, show)


def _plan(inputs: tuple[str, ...], output: str | None, options: "Options") -> "Plan":
    from colorify.plan import make_plan

    plan = make_plan(inputs, output=output, format=options.format, force=options.overwrite)
    if len(plan.jobs) > 1 and (options.hints or options.confidence):
        raise UsageError("--hint, --neutral, --hints and --confidence are of one photo; give one INPUT.")
    return plan


def _show_plan(plan: "Plan", show: Show) -> int:
    show.passed_over(plan)
    for job in plan.jobs:
        show.planned(job)
    for refusal in plan.refused:
        show.refused(refusal)
    return FAILED if plan.refused else 0


def _color_plan(plan: "Plan", options: "Options", weights: Path | None, jobs: int, show: Show) -> int:
    show.passed_over(plan)
    for refusal in plan.refused:
        show.refused(refusal)
    counts = Counter({"failed": len(plan.refused)})
    if plan.jobs:
        counts.update(_color_jobs(plan, options, weights, min(jobs, len(plan.jobs)), show))
    show.end(counts["done"], len(plan.finished), counts["failed"])
    return FAILED if counts["failed"] else 0


def _color_jobs(
    plan: "Plan", options: "Options", weights: Path | None, workers: int, show: Show
) -> Iterator[str]:
    """Colour and show the photos of a plan; yield what came of each."""
    from colorify import batch
    from colorify.plan import Plan

    color = batch.coloring(_load(weights, workers), options, again=plan.lone and options.overwrite)
    results = batch.run(plan.jobs, color, workers=workers)
    with progress(len(plan.jobs)) as advance, closing(results):
        for result in results:
            advance()
            if isinstance(result.error, batch.OwnOutputError) and not plan.lone:
                show.passed_over(Plan(own=(result.job.source,)))
                yield "own"
            else:
                show.result(result)
                yield "failed" if result.error else "done"


def _load(weights: Path | None, workers: int) -> "Colorizer":
    from colorify.colorizer import Colorizer

    cores = os.cpu_count() or 1
    return Colorizer(weights, threads=0 if workers == 1 else max(1, cores // workers))


def _color_stream(job: "Job", options: "Options", weights: Path | None, show: Show) -> int:
    """Colour one photo from stdin, or onto stdout, or both."""
    from colorify.batch import Result, color_source
    from colorify.errors import PhotoError

    colorizer = _load(weights, 1)
    source = sys.stdin.buffer.read() if job.source == Path(STREAM) else job.source
    target = job.target if job.target != Path(STREAM) else None
    try:
        report = color_source(colorizer, source, target, options)
    except PhotoError as error:
        show.result(Result(job, error=error))
        return FAILED
    if report.data is not None:
        sys.stdout.buffer.write(report.data)
        sys.stdout.buffer.flush()
    show.result(Result(job, report=report))
    return 0


def _stream_job(inputs: tuple[str, ...], output: str | None, show: Show) -> "Job":
    from colorify.plan import Job

    job = Job(Path(inputs[0]), Path(output or STREAM))
    if len(inputs) > 1:
        raise UsageError("- is one photo; give no other INPUT beside it.")
    if job.target.is_dir():
        raise UsageError(f"-o {job.target} is a folder, and a photo from stdin has no name; give -o a file.")
    if job.target == Path(STREAM) and isinstance(show, JsonLines):
        raise UsageError("--json and the photo would both go to stdout; give -o a file.")
    if job.target == Path(STREAM) and sys.stdout.isatty():
        raise UsageError("a photo would fill the terminal with bytes; give -o a file, or send stdout to one.")
    return job
