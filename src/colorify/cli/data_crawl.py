"""`colorify data crawl`, `import` and `export`: photos into a catalogue, and out of it."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from colorify.cli.help_page import VerbCommand
from colorify.cli.lines import print_line
from colorify.cli.signals import stop_on_signals
from colorify.errors import ExitCode

if TYPE_CHECKING:
    from colorify.dataset.crawl import CrawlPolicy, CrawlProgress, CrawlSummary
    from colorify.dataset.frontier import CrawlLimits

MEGA: Final = 1_000_000
HELP: Final = {"help_option_names": ["-h", "--help"], "show_default": True}
FOLDER: Final = click.Path(file_okay=False, path_type=Path)
FILE: Final = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class FetchOptions:
    """What `crawl` and `import` have in common, as it is typed."""

    into: Path
    contact: str
    delay: float  # s
    concurrency: int
    timeout: float  # s
    minutes: float
    max_mb: float
    total_mb: float
    allow_private: bool
    retry_failed: bool

    def policy(self) -> "CrawlPolicy":
        """Return how the hosts are treated. Raises UsageError."""
        from colorify import __version__
        from colorify.dataset.crawl import CrawlPolicy

        agent = f"Colorify/{__version__}"
        return CrawlPolicy(
            self.contact, self.delay, self.concurrency, self.timeout, agent, allow_private=self.allow_private
        )

    def limits(self, *, depth: int = 0, pages: int = 0) -> "CrawlLimits":
        """Return where it ends."""
        from colorify.dataset.frontier import CrawlLimits

        image, total = round(self.max_mb * MEGA), round(self.total_mb * MEGA)
        return CrawlLimits(depth, pages, image, total, minutes=self.minutes)


def fetching(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options that all that fetch have in common; the command gets them as one `fetch`."""

    @wraps(command)
    def run(**values: Any) -> int:
        fetch = FetchOptions(**{field.name: values.pop(field.name) for field in fields(FetchOptions)})
        return command(fetch=fetch, **values)

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
        run = option(run)
    return run


@click.command(cls=VerbCommand, context_settings=HELP)
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@click.option(
    "--domain", "domains", multiple=True, help="Also allowed, with its subdomains; may be repeated.",
    metavar="DOMAIN",
)  # fmt: skip
@click.option("--depth", type=click.IntRange(0), default=5, help="Links from the URLs, at most.")
@click.option("--pages", type=click.IntRange(1), default=10_000, help="Pages, at most.")
@fetching
def crawl(
    urls: tuple[str, ...],
    domains: tuple[str, ...],
    depth: int,
    pages: int,
    fetch: FetchOptions,
) -> int:
    """Gather photos from web sites, politely.

    Obeys robots.txt, slows down with the server, and takes nothing that a site reserves (noai, noimageai,
    TDM). Stays on the hosts of the URLs. Reads HTML alone: pages that need JavaScript are out of scope. Stop
    it with Ctrl-C; the same command goes on.
    """
    from colorify.dataset import crawl as crawling

    _quiet_libvips()
    with stop_on_signals() as stopped:
        summary = crawling.crawl(
            urls,
            fetch.into,
            fetch.policy(),
            limits=fetch.limits(depth=depth, pages=pages),
            domains=domains,
            retry_failed=fetch.retry_failed,
            report=_report_crawl,
            stopped=stopped,
        )
    return _end_crawl(summary, fetch.into)


@click.command("import", cls=VerbCommand, context_settings=HELP)
@click.argument(
    "listed", metavar="URLS.parquet", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--url-column", default="url", help="Column of the addresses.")
@click.option("--caption-column", default="caption", help="Column of the alt texts.")
@fetching
def import_(
    listed: Path,
    url_column: str,
    caption_column: str,
    fetch: FetchOptions,
) -> int:
    """Fetch the images of a Parquet list, as politely as a crawl; for millions see docs/data.md."""
    from colorify.dataset import crawl as crawling
    from colorify.dataset.parquet_lists import read_list

    _quiet_libvips()
    with stop_on_signals() as stopped:
        summary = crawling.fetch(
            read_list(listed, url_column=url_column, caption_column=caption_column),
            fetch.into,
            fetch.policy(),
            limits=fetch.limits(),
            retry_failed=fetch.retry_failed,
            report=_report_crawl,
            stopped=stopped,
        )
    return _end_crawl(summary, fetch.into)


@click.command(cls=VerbCommand, context_settings=HELP)
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("-o", "--output", type=FILE, required=True, help="The Parquet file.")
@click.option("--all", "everything", is_flag=True, help="All rows, not only the images that were stored.")
@click.option("-f", "--force", is_flag=True, help="Overwrite.")
def export(folder: Path, output: Path, everything: bool, force: bool) -> None:
    """Write the catalogue of a crawl as Parquet, in the columns of img2dataset."""
    from colorify.dataset.parquet_lists import export_list

    count = export_list(folder, output, everything=everything, overwrite=force)
    print_line(f"{folder} -> {output}  ({count} images)", err=True)


def _quiet_libvips() -> None:
    """Keep libvips' warnings off the screen: its damaged files are in the catalogue."""
    import logging

    logging.getLogger("pyvips").setLevel(logging.ERROR)


def _report_crawl(now: "CrawlProgress") -> None:
    if sys.stderr.isatty():
        print_line(f"pages {_statuses(now.pages)}; images {_statuses(now.images)}", err=True)


def _statuses(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {status}" for status, count in counts.items()) or "none"


def _end_crawl(summary: "CrawlSummary", into: Path) -> int:
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
        return ExitCode.INTERRUPTED
    return ExitCode.FAILED if summary.faults or summary.left or summary.private else ExitCode.DONE
