"""`colorify data screen`, `shard` and `stats`: what was gathered is screened, packed, counted."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from colorify.cli.help_page import VerbCommand
from colorify.cli.lines import print_line
from colorify.cli.progress import count_bar
from colorify.errors import ExitCode, spell_count

HELP: Final = {"help_option_names": ["-h", "--help"], "show_default": True}
FOLDER: Final = click.Path(file_okay=False, path_type=Path)
JOBS: Final = click.option("-j", "--jobs", type=click.IntRange(min=1), default=2, help="Pictures at a time.")


@click.command(cls=VerbCommand, context_settings=HELP)
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--min-side", type=click.IntRange(1), default=256, help="Short side, px, at least.")
@click.option("--max-aspect", type=click.FloatRange(1), default=3.0, help="Long side : short side, at most.")
@click.option(
    "--min-color", type=click.FloatRange(0), default=4.5, help="Colour beyond a tint, Lab units, at least."
)
@click.option(
    "--max-flat", type=click.FloatRange(0, 1), default=0.65, help="Share of pixels like their neighbours."
)
@click.option(
    "--min-entropy", type=click.FloatRange(0, 6), default=3.4, help="Of L, bits; with --max-top-colors."
)
@click.option(
    "--max-top-colors", type=click.FloatRange(0, 1), default=0.6, help="Share of the six commonest colours."
)
@click.option(
    "--max-vivid",
    type=click.FloatRange(0, 1),
    default=0.17,
    help="Share of strong colours at the edge of sRGB.",
)
@click.option("--max-border", type=click.FloatRange(0, 1), default=0.01, help="Border, as a share of a side.")
@click.option(
    "--twin-bits", type=click.IntRange(0, 7), default=6, help="Bits of 64 that near-duplicates differ in."
)
@click.option("--move-rejected", is_flag=True, help="Move rejected files to DIR/rejected/REASON/.")
@JOBS
def screen(
    folder: Path,
    min_side: int,
    max_aspect: float,
    min_color: float,
    max_flat: float,
    min_entropy: float,
    max_top_colors: float,
    max_vivid: float,
    max_border: float,
    twin_bits: int,
    move_rejected: bool,
    jobs: int,
) -> None:
    """Tell the pictures in DIR that can teach colour from the rest. Never deletes.

    Writes DIR/screen/report.jsonl, with a reason for each rejected picture, and contact sheets of kept and
    rejected.
    """
    from colorify.dataset.screen import count_reasons
    from colorify.dataset.screen import screen as run
    from colorify.dataset.screening_rules import OTHER_REASONS, RULES, Thresholds

    with _counter("measured") as report:
        verdicts = run(
            folder,
            Thresholds(
                min_side=min_side,
                max_aspect=max_aspect,
                min_color=min_color,
                max_flat=max_flat,
                min_entropy=min_entropy,
                max_top_colors=max_top_colors,
                max_vivid=max_vivid,
                max_border=max_border,
                twin_bits=twin_bits,
            ),
            move_rejected=move_rejected,
            threads=jobs,
            report=report,
        )
    helps = {row.name: row.help for row in RULES} | OTHER_REASONS
    kept = sum(verdict.passes for verdict in verdicts)
    print_line(f"{kept} of {len(verdicts)} kept; see {folder / 'screen'}", err=True)
    for reason, count in count_reasons(verdicts).most_common():
        print_line(f"{count:8} {reason}: {helps[reason]}", err=True)


@click.command(cls=VerbCommand, context_settings=HELP)
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("-o", "--output", type=FOLDER, required=True, help="Folder of the shards.")
@click.option(
    "--short-side", type=click.IntRange(16), default=256, help="px; smaller photos keep their size."
)
@click.option(
    "--format", "format_", type=click.Choice(["webp", "jpeg"]), default="webp", help="Of the photos."
)
@click.option("--quality", type=click.IntRange(1, 100), default=90, help="Of the photos.")
@click.option("--per-shard", type=click.IntRange(1), default=1000, help="Photos a shard, at most.")
@click.option(
    "--validation", type=click.FloatRange(0, 1, max_open=True), default=0.02, help="Share kept from training."
)
@click.option("--seed", type=int, default=1, help="Of the order and of the split.")
@JOBS
def shard(
    folder: Path,
    output: Path,
    short_side: int,
    format_: str,
    quality: int,
    per_shard: int,
    validation: float,
    seed: int,
    jobs: int,
) -> int:
    """Pack what the screening of DIR kept into WebDataset shards, with a manifest. Checks what it wrote."""
    from colorify.dataset.shard_plan import Packing
    from colorify.dataset.shard_writer import pack

    packing = Packing(short_side, format_, quality, per_shard, validation, seed)
    with _counter("shards") as report:
        packed = pack(folder, output, packing, threads=jobs, report=report)
    for reason in packed.failed:
        print_line(f"error: {reason}", err=True)
    photos = ", ".join(f"{count} {split}" for split, count in packed.photos.items())
    before = f", {packed.resumed} of them written before" if packed.resumed else ""
    shards = spell_count(packed.shards, "shard")
    print_line(f"{folder} -> {output}  ({photos or 'no'} photos, {shards}{before})", err=True)
    return ExitCode.FAILED if packed.failed else ExitCode.DONE


@click.command(cls=VerbCommand, context_settings=HELP)
@click.argument("folder", metavar="SHARDS", type=FOLDER)
@click.option("--into", type=FOLDER, help="Folder of numbers and pictures.  [default: SHARDS/stats]")
def stats(folder: Path, into: Path | None) -> None:
    """Count what is in SHARDS: sizes, colourfulness, the histogram of ab as a picture, licences."""
    from colorify.dataset.stats import gather_stats, write_stats

    with _counter("shards") as report:
        found, histogram = gather_stats(folder, report=report)
    paths = write_stats(into or folder / "stats", found, histogram)
    print_line(f"photos        {sum(found.photos.values())} in {len(found.photos)} shards")
    print_line(f"short side    {_listed(found.sides)} px")
    print_line(f"colourfulness {_listed(found.colorfulness)}")
    print_line(f"mean a, b     {found.mean_ab[0]:.1f}, {found.mean_ab[1]:.1f} Lab units")
    for name, count in found.licenses.items():
        print_line(f"{count:8} {name}")
    print_line(f"see {', '.join(str(path) for path in paths)}", err=True)


def _listed(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.0f}" for name, value in values.items())


@contextmanager
def _counter(what: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function that shows how far it is, on a terminal."""
    with count_bar() as draw:

        def report(done: int, of: int) -> None:
            if draw is not None:
                draw(done, of, f"{what} {done} of {of}")

        yield report
