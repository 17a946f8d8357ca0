"""`colorify data`: from the web to shards. Crawl, import, export, screen, shard, stats."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from colorify.cli.lines import print_line

if TYPE_CHECKING:
    from colorify.dataset.crawl import CrawlProgress, Summary

FAILED: Final = 1
INTERRUPTED: Final = 130
MEGA: Final = 1_000_000
HELP: Final = {"help_option_names": ["-h", "--help"], "show_default": True}
FOLDER: Final = click.Path(file_okay=False, path_type=Path)
FILE: Final = click.Path(dir_okay=False, path_type=Path)
JOBS: Final = click.option("-j", "--jobs", type=click.IntRange(min=1), default=2, help="Pictures at a time.")


@click.group(context_settings=HELP)
def data() -> None:
    """Gather photos to train on: crawl sites, screen what came, pack it into shards."""


def polite(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options that all that fetch have in common."""
    options = (
        click.option("--into", type=FOLDER, required=True, help="Folder of the catalogue and the images."),
        click.option(
            "--contact",
            required=True,
            metavar="EMAIL|URL",
            help="Where a site's owner reaches you; goes out.",
        ),
        click.option(
            "--delay",
            type=click.FloatRange(0),
            default=1.0,
            help="Seconds between requests to a host, at least.",
        ),
        click.option(
            "--concurrency",
            type=click.IntRange(1, 8),
            default=2,
            help="Requests at a time to a host, at most.",
        ),
        click.option("--timeout", type=click.FloatRange(0.1), default=60.0, help="Seconds for one answer."),
        click.option("--minutes", type=click.FloatRange(0), default=0.0, help="Wall clock; 0: no limit."),
        click.option("--max-mb", type=click.FloatRange(0.001), default=20.0, help="Megabytes of one image."),
        click.option(
            "--total-mb",
            type=click.FloatRange(0.001),
            default=20_000.0,
            help="Megabytes of all images together.",
        ),
        click.option(
            "--allow-private", is_flag=True, help="Fetch from this machine and private networks, too."
        ),
        click.option("--retry-failed", is_flag=True, help="Try again what failed before."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@data.command(context_settings=HELP)
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@click.option(
    "--domain", "domains", multiple=True, help="Also allowed, with its subdomains; may be repeated.",
    metavar="DOMAIN",
)  # fmt: skip
@click.option("--depth", type=click.IntRange(0), default=5, help="Links from the URLs, at most.")
@click.option("--pages", type=click.IntRange(1), default=10_000, help="Pages, at most.")
@polite
def crawl(
    urls: tuple[str, ...],
    domains: tuple[str, ...],
    depth: int,
    pages: int,
    into: Path,
    contact: str,
    delay: float,
    concurrency: int,
    timeout: float,
    minutes: float,
    max_mb: float,
    total_mb: float,
    allow_private: bool,
    retry_failed: bool,
) -> int:
    """Gather photos from web sites, politely.

    Obeys robots.txt, slows down with the server, and takes nothing that a site reserves (noai, noimageai,
    TDM). Stays on the hosts of the URLs. Reads HTML alone: pages that need JavaScript are out of scope. Stop
    it with Ctrl-C; the same command goes on.
    """
    from colorify import __version__
    from colorify.dataset import crawl as crawling
    from colorify.dataset.frontier import CrawlLimits

    _quiet_libvips()
    limits = CrawlLimits(depth, pages, round(max_mb * MEGA), round(total_mb * MEGA), minutes=minutes)
    summary = crawling.crawl(
        urls,
        into,
        crawling.CrawlPolicy(
            contact, delay, concurrency, timeout, f"Colorify/{__version__}", allow_private=allow_private
        ),
        limits=limits,
        domains=domains,
        retry_failed=retry_failed,
        report=_report_crawl,
    )
    return _end_crawl(summary, into)


@data.command("import", context_settings=HELP)
@click.argument(
    "listed", metavar="URLS.parquet", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--url-column", default="url", help="Column of the addresses.")
@click.option("--caption-column", default="caption", help="Column of the alt texts.")
@polite
def import_(
    listed: Path,
    url_column: str,
    caption_column: str,
    into: Path,
    contact: str,
    delay: float,
    concurrency: int,
    timeout: float,
    minutes: float,
    max_mb: float,
    total_mb: float,
    allow_private: bool,
    retry_failed: bool,
) -> int:
    """Fetch the images of a Parquet list, as politely as a crawl; for millions see docs/data.md."""
    from colorify import __version__
    from colorify.dataset import crawl as crawling
    from colorify.dataset.frontier import CrawlLimits
    from colorify.dataset.parquet_lists import read_list

    _quiet_libvips()
    summary = crawling.fetch(
        read_list(listed, url_column=url_column, caption_column=caption_column),
        into,
        crawling.CrawlPolicy(
            contact, delay, concurrency, timeout, f"Colorify/{__version__}", allow_private=allow_private
        ),
        limits=CrawlLimits(0, 0, round(max_mb * MEGA), round(total_mb * MEGA), minutes=minutes),
        retry_failed=retry_failed,
        report=_report_crawl,
    )
    return _end_crawl(summary, into)


@data.command(context_settings=HELP)
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("-o", "--output", type=FILE, required=True, help="The Parquet file.")
@click.option("--all", "everything", is_flag=True, help="All rows, not only the images that were stored.")
@click.option("-f", "--force", is_flag=True, help="Overwrite.")
def export(folder: Path, output: Path, everything: bool, force: bool) -> None:
    """Write the catalogue of a crawl as Parquet, in the columns of img2dataset."""
    from colorify.dataset.parquet_lists import export_list

    count = export_list(folder, output, everything=everything, overwrite=force)
    print_line(f"{folder} -> {output}  ({count} images)", err=True)


@data.command(context_settings=HELP)
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
        report=_counter("measured"),
    )
    helps = {row.name: row.help for row in RULES} | OTHER_REASONS
    kept = sum(verdict.kept for verdict in verdicts)
    print_line(f"{kept} of {len(verdicts)} kept; see {folder / 'screen'}", err=True)
    for reason, count in count_reasons(verdicts).most_common():
        print_line(f"{count:8} {reason}: {helps[reason]}", err=True)


@data.command(context_settings=HELP)
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
    packed = pack(folder, output, packing, threads=jobs, report=_counter("shards"))
    for reason in packed.failed:
        print_line(f"error: {reason}", err=True)
    photos = ", ".join(f"{count} {split}" for split, count in packed.photos.items())
    before = f", {packed.resumed} of them written before" if packed.resumed else ""
    print_line(f"{folder} -> {output}  ({photos or 'no'} photos, {packed.shards} shards{before})", err=True)
    return FAILED if packed.failed else 0


@data.command(context_settings=HELP)
@click.argument("folder", metavar="SHARDS", type=FOLDER)
@click.option("--into", type=FOLDER, help="Folder of numbers and pictures.  [default: SHARDS/stats]")
def stats(folder: Path, into: Path | None) -> None:
    """Count what is in SHARDS: sizes, colourfulness, the histogram of ab as a picture, licences."""
    from colorify.dataset.stats import gather_stats, write_stats

    found, histogram = gather_stats(folder, report=_counter("shards"))
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


def _quiet_libvips() -> None:
    """Keep libvips' warnings off the screen: its damaged files are in the catalogue."""
    import logging

    logging.getLogger("pyvips").setLevel(logging.ERROR)


def _report_crawl(now: "CrawlProgress") -> None:
    if sys.stderr.isatty():
        print_line(f"pages {_statuses(now.pages)}; images {_statuses(now.images)}", err=True)


def _statuses(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {status}" for status, count in counts.items()) or "none"


def _end_crawl(summary: "Summary", into: Path) -> int:
    print_line(f"pages: {_statuses(summary.pages)}", err=True)
    print_line(f"images: {_statuses(summary.images)}", err=True)
    for host, why in summary.left.items():
        print_line(f"{host}: left for later, {why}", err=True)
    if summary.offsite:
        names = ", ".join(summary.offsite[:10])
        print_line(f"images on other hosts were not fetched; allow them with --domain: {names}", err=True)
    if summary.private:
        names = ", ".join(summary.private[:10])
        where = "this machine or a private network"
        print_line(f"not fetched, being on {where}; allow it with --allow-private: {names}", err=True)
    if summary.reached:
        print_line(f"stopped at {summary.reached}", err=True)
    if not summary.is_finished:
        print_line("not finished; the same command goes on", err=True)
    if summary.faults:
        print_line(f"error: {summary.faults} faults of our own, see {into / 'crawl.log'}", err=True)
    if summary.interrupted:
        return INTERRUPTED
    return FAILED if summary.faults or summary.left or summary.private else 0


def _counter(what: str) -> Callable[[int, int], None]:
    """Return a function that shows how far it is, on a terminal."""

    def report(done: int, of: int) -> None:
        if sys.stderr.isatty():
            print_line(f"{what} {done} of {of}", err=True)

    return report
