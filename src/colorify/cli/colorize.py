"""`colorify INPUT...`: colour photos. The verb that runs when none is named."""

import os
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from colorify.cli.command_options import (
    DETAIL,
    DEVICE,
    FORMAT,
    HINTS_FILE,
    QUALITY,
    SIZE,
    STRENGTH,
    VIVIDNESS,
    WEIGHTS,
    complete_file,
    read_hints_file,
    read_neutrals,
    read_photo_hints,
    show_version,
    whole_in,
)
from colorify.cli.command_table import DEFAULT_VERB, VERBS
from colorify.cli.film_inputs import color_films, find_films, refuse_film_target, refuse_films
from colorify.cli.help_page import VerbCommand
from colorify.cli.named_files import check_report, name_read_files, name_report
from colorify.cli.report_file import open_report
from colorify.cli.result_lines import JsonReporter, LineReporter, RunReporter
from colorify.cli.run_photos import DEFAULT_JOBS, Run, color_inputs, watch_folders
from colorify.cli.run_stdio import STDIO, color_stream
from colorify.errors import ExitCode, UsageError
from colorify.options import COMPARISON_CHOICES, DEPTHS, PROFILES, ColorOptions, SaveOptions

if TYPE_CHECKING:
    from colorify.hints import Hint

FILE = click.Path(dir_okay=False, path_type=Path)


class DefaultCommand(VerbCommand):
    """The page a person sees first: used without its name, and its help lists the other verbs."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage("colorify", "[OPTIONS] INPUT...")

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(verb, row.help) for verb, row in VERBS.items() if verb != DEFAULT_VERB]
        if rows:
            with formatter.section("Verbs, each with a help of its own (colorify VERB -h)"):
                formatter.write_dl(rows)
        super().format_epilog(ctx, formatter)


@click.command(cls=DefaultCommand)
@click.argument("inputs", metavar="INPUT...", nargs=-1, shell_complete=complete_file)
@click.option("-o", "--output", metavar="PATH", help="A file, a folder, or - for stdout.")
@STRENGTH
@VIVIDNESS
@click.option(
    "--hint",
    "hints",
    metavar="X,Y,COLOR[,RADIUS][,+REACH]",
    multiple=True,
    callback=read_photo_hints,
    help="A colour you know, at a pixel or at 50%,30%; +0.5: more of the thing gets it, -0.5: less; may be "
    "repeated.",
)
@click.option(
    "--neutral",
    "neutrals",
    metavar="X,Y[,RADIUS][,+REACH]",
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
    "--reference",
    metavar="PHOTO",
    type=FILE,
    help="A colour photo of the same scene, whose colours are taken where both match.",
)
@SIZE
@DETAIL
@FORMAT
@QUALITY
@click.option(
    "--depth",
    type=click.Choice([str(depth) for depth in DEPTHS]),
    help="Bits a channel.  [default: as the input]",
)
@click.option(
    "--profile", type=click.Choice(PROFILES), default="srgb", help="RGB of the result; keep: the input's."
)
@click.option(
    "--alternatives",
    metavar="N",
    type=whole_in("alternatives"),
    help="Write N plausible colourings that differ, the likeliest first: NAME-color-1, ...",
)
@click.option("--confidence", type=FILE, help="Also write a grey map: black unsure, white sure.")
@click.option(
    "--layer",
    type=FILE,
    help="Also write the colour alone: .png, .tif or .webp, transparent; .ora, above the grey photo.",
)
@click.option(
    "--compare",
    type=click.Choice(COMPARISON_CHOICES),
    help="Also write before and after as NAME-compare: in one picture, or as a short WebP or MP4.",
)
@WEIGHTS
@DEVICE
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=DEFAULT_JOBS,
    help="Photos at a time.  [default: as many as cores, 4 at most, and one more]",
)
@click.option("-f", "--force", is_flag=True, help="Overwrite results, and files that you name.")
@click.option("--max-pixels", type=whole_in("max_pixels"), help="Refuse photos of more pixels.")
@click.option(
    "--no-mark", is_flag=True, help="Do not write into the metadata that the colours are generated."
)
@click.option("--strip", is_flag=True, help="Leave out the photo's own metadata.")
@click.option("--watch", is_flag=True, help="Go on: colour what comes into the folders, until Ctrl-C.")
@click.option(
    "--report",
    type=FILE,
    metavar="FILE.csv",
    help="Also write a table: a line a photo or film, when it is done.",
)
@click.option("--dry-run", is_flag=True, help="Only print what would be written where.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print a JSON object a photo on stdout, and one for the run."
)
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
@click.pass_context
def colorize(
    ctx: click.Context,
    inputs: tuple[str, ...],
    output: str | None,
    strength: float,
    vividness: float,
    hints: "tuple[Hint, ...]",
    neutrals: "tuple[Hint, ...]",
    kept_hints: "tuple[Hint, ...]",
    reference: Path | None,
    size: int | None,
    detail: str,
    format_: str | None,
    quality: int | None,
    depth: str | None,
    profile: str,
    alternatives: int | None,
    confidence: Path | None,
    layer: Path | None,
    compare: str | None,
    weights: Path | None,
    device: str,
    jobs: int,
    force: bool,
    max_pixels: int | None,
    no_mark: bool,
    strip: bool,
    watch: bool,
    report: Path | None,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Turn black-and-white photographs into colour ones.

    INPUT is a file, a folder, a glob, or - for stdin. The colour photo is written beside it as
    NAME-color.EXT; nothing is overwritten, and the photo itself stays as it is. A film is coloured as
    `colorify video` does.
    """
    from colorify.batch.coloring import BatchOptions
    from colorify.images.photo import MAX_PIXELS

    if not inputs:
        raise UsageError("name a photo, a folder or a glob to colour (colorify -h lists what can be given)")
    style, suffix = read_comparison(compare)
    options = BatchOptions(
        colors=ColorOptions(strength, vividness, size, hints=(*kept_hints, *hints, *neutrals), detail=detail),
        save=SaveOptions(
            format=format_,
            quality=quality,
            depth=int(depth) if depth else None,
            profile=profile,
            mark=not no_mark,
            strip=strip,
            overwrite=force,
            confidence=confidence,
            layer=layer,
            compare_style=style,
        ),
        reference=reference,
        alternatives=alternatives,
        max_pixels=max_pixels or MAX_PIXELS,
        compare_suffix=suffix,
    )
    read = name_read_files(reference, ctx.meta[HINTS_FILE], weights)
    if report is not None:
        check_report(report, output, options.save.extra_files, read)
    show: RunReporter = JsonReporter() if as_json else LineReporter(-1 if quiet else int(verbose))
    with nullcontext(show) if report is None or dry_run else open_report(report, show) as shown:
        run = Run(weights, device, jobs, shown, (*read, *name_report(report)))
        if watch:
            _refuse_comparison(compare, "--watch")
            return watch_folders(inputs, output, options, run, dry=dry_run)
        for name, path in options.save.extra_files.items():
            _refuse_lost_file(name, path, output)
        if STDIO in (*inputs, output):
            _refuse_comparison(compare, "a stream")
            return color_stream(inputs, output, options, replace(run, jobs=1), dry=dry_run)
        refuse_film_target(inputs, output)
        films = find_films(inputs)
        left = refuse_films(ctx, films)
        photos = tuple(text for text in inputs if text not in films)
        code: int = ExitCode.DONE
        if photos:
            code = color_inputs(photos, output, options, run, dry=dry_run, left_out=left)
        elif left:  # nothing at all would be done
            code = color_inputs((), output, options, run, dry=dry_run, refused=left)
    if films and not left and code != ExitCode.INTERRUPTED:
        code = max(code, color_films(ctx, films))  # which opens the table anew
    return code


def read_comparison(choice: str | None) -> tuple[str, str | None]:
    """Return the style and the suffix of before and after; no suffix if none is wanted. Raises SetupError."""
    from colorify.images.output_names import comparison_suffix
    from colorify.render.clip import CLIP_SUFFIX, refuse_clips

    if choice is None:
        return "side", None
    suffix = comparison_suffix(choice)
    if suffix == CLIP_SUFFIX:
        refuse_clips()
    return choice.partition(".")[0], suffix


def _refuse_lost_file(name: str, path: Path, output: str | None) -> None:
    """Raise UsageError, before the photo is coloured, where what goes beside it would have no folder."""
    made = [] if output is None else [Path(output), Path(output).parent]  # at the latest
    if os.path.isdir(path.parent) or path.parent in made:  # noqa: PTH112
        return  # Path.is_dir would raise where one may not look
    raise UsageError(f"--{name} {path}: {path.parent} is no folder; make it first.")


def _refuse_comparison(compare: str | None, what: str) -> None:
    if compare is not None:
        raise UsageError(f"--compare {compare} lies beside a photo that has a name; it is not for {what}.")
