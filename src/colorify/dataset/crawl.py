"""`crawl`: gather photos from web sites, politely. Needs the extra `crawl` (Scrapy).

Every setting that makes the crawler polite stands in `polite_settings`, whatever Scrapy's defaults are; those
ignore robots.txt, do not throttle, and do not check certificates.
"""

import asyncio
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from colorify.dataset.catalogue import KINDS, Catalogue, Link, host_of
from colorify.dataset.frontier import CrawlLimits, Frontier, Hosts
from colorify.dataset.storage import disk_errors
from colorify.errors import SetupError, UsageError
from colorify.extras import describe_extra

LOG: Final = "crawl.log"
ENDS: Final = ("finished", "shutdown", "closespider_timeout")  # of Scrapy; any other is an error's message
REPORT_EVERY: Final = 5.0  # s
STOP_EVERY: Final = 0.1  # s between two questions whether to stop
CONTACT: Final = re.compile(r"https?://[^\s()]+\.[^\s()]+|[^@\s()]+@[^@\s()]+\.[^@\s()]+")


@dataclass(frozen=True)
class CrawlPolicy:
    """How a crawl behaves."""

    contact: str  # an address that a site's owner can write to, or a page about the crawl
    delay: float = 1.0  # s between two requests to a host, at least
    concurrency: int = 2  # requests at a time a host
    timeout: float = 60.0  # s for one answer, body and all
    program: str = "Colorify"  # name and version, as sites see them
    allow_private: bool = False  # connect to this machine and to networks that are not public, too

    def user_agent(self) -> str:
        """Return the honest name of the crawler. Raises UsageError without a contact."""
        if not CONTACT.fullmatch(self.contact):
            raise UsageError(
                f"contact {self.contact!r}: expected an e-mail address or the URL of a page about you, so "
                "that a site's owner can reach you. Type: --contact you@example.org"
            )
        return f"{self.program} (+{self.contact})"


@dataclass(frozen=True)
class CrawlSummary:
    """How the catalogue stands after a crawl, and why the crawl ended."""

    pages: dict[str, int]  # status -> rows
    images: dict[str, int]  # status -> rows
    left: dict[str, str]  # hosts left for another crawl -> why
    offsite: tuple[str, ...]  # hosts that pictures are on but that were not allowed
    private: tuple[str, ...] = ()  # hosts that were refused, being on networks that are not public
    reached: str | None = None  # the limit that was reached
    interrupted: bool = False
    faults: int = 0  # errors of our own; the log has them

    @property
    def is_finished(self) -> bool:
        """Say whether nothing is left to fetch."""
        return not any(
            counts.get(status) for counts in (self.pages, self.images) for status in ("pending", "taken")
        )


@dataclass(frozen=True)
class CrawlProgress:
    """How the catalogue stands."""

    pages: dict[str, int] = field(default_factory=dict)
    images: dict[str, int] = field(default_factory=dict)


def crawl(
    seeds: Sequence[str],
    folder: Path,
    policy: CrawlPolicy,
    *,
    limits: CrawlLimits | None = None,
    domains: Iterable[str] = (),
    retry_failed: bool = False,
    report: Callable[[CrawlProgress], None] = lambda progress: None,
    stopped: Callable[[], bool] = lambda: False,
) -> CrawlSummary:
    """Crawl from `seeds` into `folder`, or go on with the crawl that is there.

    Once a process, as a Twisted reactor cannot be started again. `domains`: allowed beside the hosts of
    `seeds`, each with its subdomains; pictures elsewhere are written down, not fetched. `stopped`: asked some
    times a second whether to end here. Raises UsageError for options that make no sense, SetupError without
    Scrapy or on a full disk.
    """
    roots = [_seed(url) for url in seeds]  # before a folder is made for them
    settings = polite_settings(policy, limits or CrawlLimits(), folder)
    allowed = frozenset({host_of(url) for url in roots} | {domain.lower().strip(".") for domain in domains})
    catalogue = Catalogue(folder, write=True)
    try:
        hosts = Hosts(policy.concurrency, allowed, policy.allow_private)
        for url in roots:
            catalogue.add_page(url, depth=0, status="pending")
        _reopen(catalogue, hosts, retry_failed)
        catalogue.reopen_deep((limits or CrawlLimits()).depth)
        return _run(settings, catalogue, hosts, limits or CrawlLimits(), report, stopped)
    finally:
        catalogue.close()


def fetch(
    links: Iterable[Link],
    folder: Path,
    policy: CrawlPolicy,
    *,
    limits: CrawlLimits | None = None,
    retry_failed: bool = False,
    report: Callable[[CrawlProgress], None] = lambda progress: None,
    stopped: Callable[[], bool] = lambda: False,
) -> CrawlSummary:
    """Fetch a list of images into `folder`, with the policy of a crawl, or go on. Once a process."""
    settings = polite_settings(policy, limits or CrawlLimits(), folder)
    catalogue = Catalogue(folder, write=True)
    try:
        catalogue.add_images(links, page_url="")
        hosts = Hosts(policy.concurrency, None, policy.allow_private)
        _reopen(catalogue, hosts, retry_failed)
        return _run(settings, catalogue, hosts, limits or CrawlLimits(), report, stopped)
    finally:
        catalogue.close()


def polite_settings(policy: CrawlPolicy, limits: CrawlLimits, folder: Path) -> dict[str, Any]:
    """Return Scrapy's settings. Raises UsageError for policy that are none, SetupError without Scrapy."""
    try:
        import scrapy  # noqa: F401
    except ModuleNotFoundError as error:
        cure = describe_extra("crawl")
        raise SetupError(
            f"crawling needs the package scrapy, which is not installed. Type: {cure}"
        ) from error
    user_agent = policy.user_agent()  # refused before a folder is made
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return {
        "USER_AGENT": user_agent,
        "ROBOTSTXT_OBEY": True,
        "ROBOTSTXT_USER_AGENT": "Colorify",
        "ROBOTSTXT_PARSER": "colorify.dataset.robots.OwnRules",
        "DOWNLOAD_DELAY": policy.delay,
        "CONCURRENT_REQUESTS_PER_DOMAIN": policy.concurrency,
        "CONCURRENT_REQUESTS": 16,  # over all hosts
        "AUTOTHROTTLE_ENABLED": True,
        "AUTOTHROTTLE_START_DELAY": policy.delay,
        "AUTOTHROTTLE_MAX_DELAY": 60.0,  # s
        "AUTOTHROTTLE_TARGET_CONCURRENCY": 1.0,  # on average; slower servers are asked less often
        "RETRY_ENABLED": True,
        "RETRY_TIMES": 2,
        "RETRY_HTTP_CODES": [429, 500, 502, 503, 504, 522, 524],
        "REDIRECT_MAX_TIMES": 5,  # of robots.txt; those of pages and images are rows of the catalogue
        "METAREFRESH_ENABLED": False,  # the same
        "COOKIES_ENABLED": False,
        "DOWNLOAD_TIMEOUT": policy.timeout,
        "DOWNLOAD_MAXSIZE": limits.image_bytes,  # each request says its own
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_FAIL_ON_DATALOSS": True,  # a body shorter than announced is no picture
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        # the web only: a page must not make us open the files of this machine
        "DOWNLOAD_HANDLERS": {
            **dict.fromkeys(("http", "https"), "colorify.dataset.response_head.BoundedHeadHandler"),
            **dict.fromkeys(("file", "data", "ftp", "s3")),
        },
        "HTTPERROR_ALLOW_ALL": True,  # the spider writes down every answer
        "CLOSESPIDER_TIMEOUT": limits.minutes * 60,
        "SCHEDULER": "colorify.dataset.spider.CatalogueScheduler",
        "DOWNLOADER_MIDDLEWARES": {
            "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # Hosts.allows decides
            "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
            "colorify.dataset.robots.Decompression": 590,  # in its place
            "colorify.dataset.middlewares.TdmMiddleware": 120,  # after robots.txt
            "colorify.dataset.middlewares.DelayMiddleware": 800,  # next to the download
        },
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "LOG_FILE": str(folder / LOG),
        "LOG_LEVEL": "INFO",
    }


def _seed(text: str) -> str:
    from colorify.dataset.links import clean_url

    url = clean_url(text, "")
    if url is None:
        raise UsageError(f"{text!r}: expected the address of a page, like https://example.org/photos/.")
    return url


def _reopen(catalogue: Catalogue, hosts: Hosts, retry_failed: bool) -> None:
    """Make pending what an earlier crawl with narrower options left out."""
    for kind in KINDS:
        for host in catalogue.hosts(kind, status="offsite"):
            if hosts.allows(host):
                catalogue.reopen(kind, "offsite", host=host)
        if retry_failed:
            catalogue.reopen(kind, "failed")
        if hosts.allow_private:
            catalogue.reopen(kind, "private")


def _run(
    settings: dict[str, Any],
    catalogue: Catalogue,
    hosts: Hosts,
    limits: CrawlLimits,
    report: Callable[[CrawlProgress], None],
    stopped: Callable[[], bool],
) -> CrawlSummary:
    from scrapy.crawler import AsyncCrawlerProcess

    from colorify.dataset.network import PublicResolver
    from colorify.dataset.spider import PhotoSpider, Reporter

    frontier = Frontier(catalogue, limits, hosts)

    def tell() -> None:
        report(CrawlProgress(catalogue.counts("pages"), catalogue.counts("images")))

    process = AsyncCrawlerProcess({**settings, "TWISTED_DNS_RESOLVER": partial(PublicResolver, hosts)})
    crawler = process.create_crawler(PhotoSpider)
    task = process.crawl(
        crawler,
        catalogue=catalogue,
        limits=limits,
        hosts=hosts,
        frontier=frontier,
        report=Reporter(tell, every=REPORT_EVERY),
    )
    _run_reactor(process, crawler, stopped)
    if task.done() and not task.cancelled() and (error := task.exception()):
        raise error
    stats = crawler.stats.get_stats() if crawler.stats else {}
    reason = str(stats.get("finish_reason"))
    if reason not in ENDS:
        raise SetupError(reason)
    return CrawlSummary(
        pages=catalogue.counts("pages"),
        images=catalogue.counts("images"),
        left=dict(hosts.left),
        offsite=tuple(catalogue.hosts("images", status="offsite")),
        private=tuple(sorted({host for kind in KINDS for host in catalogue.hosts(kind, status="private")})),
        reached=frontier.reached()
        or (f"the limit of {limits.minutes:g} minutes" if reason == "closespider_timeout" else None),
        interrupted=reason == "shutdown",
        faults=int(stats.get("spider_exceptions/count", 0)),
    )


def _run_reactor(process: Any, crawler: Any, stopped: Callable[[], bool]) -> None:
    """Run the reactor until the crawl is over, or `stopped`.

    Signals are the caller's: an exception of theirs, raised somewhere in Twisted, may end nothing, or leave
    threads behind that Python waits for at its end, for ever.
    """
    from twisted.internet import reactor
    from twisted.internet.task import LoopingCall

    stopping: list[asyncio.Future[None]] = []  # held, or it might be collected before it is done

    def look() -> None:
        if stopped() and not stopping and _is_running(crawler):
            stopping.append(asyncio.ensure_future(process.stop()))

    reactor.callWhenRunning(LoopingCall(look).start, STOP_EVERY)
    try:
        process.start(install_signal_handlers=False)
    finally:
        pool = reactor.threadpool
        if pool is not None:
            pool.stop()


def _is_running(crawler: Any) -> bool:
    """Say whether a crawl can be stopped; a wish that comes before, Scrapy would forget."""
    try:
        return bool(crawler.crawling and crawler.engine.running)
    except RuntimeError:  # there is no engine yet
        return False
