"""`colorify bulk SOURCE DEST`: photos by the million."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from colorify.cli.command_options import DEVICE, FORMAT, QUALITY, SIZE, STRENGTH, VIVIDNESS, WEIGHTS
from colorify.cli.help_page import VerbCommand
from colorify.cli.hub_progress import load_weights_of_hub
from colorify.cli.lines import print_json, print_line
from colorify.cli.progress import count_bar
from colorify.options import ColorOptions, SaveOptions

if TYPE_CHECKING:
    from colorify.batch.bulk.bulk_run import BulkReport

# as in batch/bulk, which is loaded when the verb runs; a test compares them
ENGINE_NAMES: Final = ("local", "ray")
SINK_NAMES: Final = ("files", "shards")
CHUNK_PHOTOS: Final = 64
SHOWN_FAILURES: Final = 20  # the rest are in the report


@click.command(cls=VerbCommand, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("source")
@click.argument("dest")
@click.option("--engine", type=click.Choice(ENGINE_NAMES), default="local", show_default=True)
@click.option(
    "-j", "--workers", type=click.IntRange(min=1), help="Workers, a core each.  [default: as many as cores]"
)
@click.option(
    "--into", type=click.Choice(SINK_NAMES), default="files", show_default=True, help="What is written."
)
@click.option(
    "--chunk",
    type=click.IntRange(min=1),
    default=CHUNK_PHOTOS,
    show_default=True,
    help="Photos a worker takes at once.",
)
@STRENGTH
@VIVIDNESS
@SIZE
@FORMAT
@QUALITY
@DEVICE
@WEIGHTS
@click.option("--json", "as_json", is_flag=True, help="Print the report as a JSON object on stdout.")
def bulk(
    source: str,
    dest: str,
    engine: str,
    workers: int | None,
    into: str,
    chunk: int,
    strength: float,
    vividness: float,
    size: int | None,
    format_: str | None,
    quality: int | None,
    device: str,
    weights: Path | None,
    as_json: bool,
) -> int:
    """Colour all photos of SOURCE into DEST, on this machine or a Ray cluster.

    SOURCE is a folder, a list (.txt: an address a line; .parquet: a column `url`), a WebDataset shard (.tar)
    or a folder of them; DEST is a folder. Both may be any address that fsspec opens: s3://bucket/album.
    Every photo has exactly one result: a file, or a line of the report that says why there is none. The same
    command goes on where a run has stopped. See docs/scale.md.
    """
    import os

    from colorify.batch.bulk.bulk_run import color_bulk

    load_weights_of_hub(weights)
    with count_bar() as draw:

        def show(done: int, chunks: int) -> None:
            if draw is not None:
                draw(done, chunks, f"{done}/{chunks} chunks")

        report = color_bulk(
            source,
            dest,
            engine=engine,
            workers=workers or os.cpu_count() or 1,
            into=into,
            chunk_photos=chunk,
            color=ColorOptions(strength, vividness, size),
            save=SaveOptions(format=format_, quality=quality),
            weights=weights,
            device=device,
            progress=show,
        )
    _print_report(report, dest, as_json=as_json)
    return 1 if report.failures else 0


def _print_report(report: "BulkReport", dest: str, *, as_json: bool) -> None:
    from dataclasses import asdict

    from colorify.batch.bulk.chunk_plan import REPORT

    if as_json:
        print_json(asdict(report))
        return
    for failure in report.failures[:SHOWN_FAILURES]:
        print_line(f"{failure.key}: {failure.reason}", err=True)
    if (more := len(report.failures) - SHOWN_FAILURES) > 0:
        print_line(f"and {more} more: {dest.rstrip('/')}/{REPORT}", err=True)
    failed = len(report.failures)
    own = f"{len(report.own)} made by Colorify and skipped, " if report.own else ""
    print_line(f"{report.colored} coloured, {own}{failed} failed, in {report.chunks} chunks", err=True)
