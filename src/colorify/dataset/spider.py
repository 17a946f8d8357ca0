"""The spider: takes rows of the catalogue, fetches them, writes down what it learned."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from scrapy import Spider
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, DownloadCancelledError, IgnoreRequest
from scrapy.http import HtmlResponse, Request, Response
from twisted.python.failure import Failure

from colorify.dataset.catalogue import Catalogue, Row, host_of
from colorify.dataset.encoding import decode_text
from colorify.dataset.frontier import CrawlLimits, Frontier, Hosts
from colorify.dataset.links import clean_url
from colorify.dataset.middlewares import BUSY, AddressReserved, CrawlStopping, PrivateAddress, describe
from colorify.dataset.page import PageTrapError
from colorify.dataset.page_facts import PageFacts, read_page
from colorify.dataset.storage import store_image
from colorify.dataset.tdm_rights import NO_LINKS, find_opt_out, read_directives
from colorify.errors import PhotoError, SetupError

MAX_HOPS: Final = 5  # redirects
MAX_PAGE_BYTES: Final = 5_000_000
ACCEPT: Final = {
    "pages": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1",
    "images": "image/jpeg,image/png,image/webp,image/avif,image/tiff,*/*;q=0.1",
}


class PhotoSpider(Spider):
    """Follows links, stores pictures. All it knows is in the catalogue; it yields nothing."""

    name = "colorify"

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        limits: CrawlLimits,
        hosts: Hosts,
        frontier: Frontier,
        report: Callable[[], None],
    ) -> None:
        super().__init__()
        self.catalogue, self.limits, self.hosts, self.frontier = catalogue, limits, hosts, frontier
        self.report = report

    def request(self, row: Row) -> Request:
        """Return the request for `row`."""
        page = row.kind == "pages"
        meta = {
            "row": row,
            "dont_redirect": True,  # where it leads is a row of its own
            "download_maxsize": MAX_PAGE_BYTES if page else self.limits.image_bytes,
        }
        return Request(
            row.url,
            callback=self.on_page if page else self.on_image,
            errback=self.on_failure,
            headers={"Accept": ACCEPT[row.kind]},
            meta=meta,
            dont_filter=True,
        )

    async def on_page(self, response: Response) -> None:
        row: Row = response.meta["row"]
        values = {"http_status": response.status}
        if self._is_settled(row, response):
            pass
        elif isinstance(response, HtmlResponse):
            await self._read(row, response)
        elif _header(response, "Content-Type").startswith("image/"):
            self._finish(row, "redirected", "a picture, not a page", values)
            self._add_image_like(row, row.url)
        else:
            kind = _header(response, "Content-Type")[:80] or "nothing"
            self._finish(row, "rejected", f"expected HTML, found {kind}", values)
        self.report()

    async def on_image(self, response: Response) -> None:
        row: Row = response.meta["row"]
        if not self._is_settled(row, response):
            reason = find_opt_out(_robots(response), _tdm(response))
            if reason:
                self._finish(row, "reserved", reason, {"http_status": response.status})
            else:
                await self._store(row, response)
        self.report()

    def on_failure(self, failure: Failure) -> None:
        """Write down why a request brought no answer."""
        row: Row = failure.request.meta["row"]  # type: ignore[attr-defined]  # set by Scrapy
        error = failure.value or Exception(str(failure))
        if isinstance(error, CrawlStopping) or row.host in self.hosts.left:
            self.catalogue.release(row)
        elif isinstance(error, PrivateAddress):
            self._finish(row, "private", str(error))
        elif isinstance(error, AddressReserved):
            self._finish(row, "reserved", "tdmrep.json")
        elif isinstance(error, IgnoreRequest):
            self._finish(row, "forbidden", "robots.txt")
        elif isinstance(error, DownloadCancelledError):
            limit = MAX_PAGE_BYTES if row.kind == "pages" else self.limits.image_bytes
            self._finish(row, "rejected", f"larger than {limit:,} bytes")
        else:
            self.hosts.failed(row.host, describe(error))
            self._finish(row, "failed", describe(error))
        self.report()

    def _is_settled(self, row: Row, response: Response) -> bool:
        """Deal with every answer that is not the thing itself."""
        values = {"http_status": response.status}
        if 300 <= response.status < 400:
            self._redirect(row, response)
        elif response.status in BUSY:
            self.hosts.skip_host(row.host, f"still answers {response.status} after pauses")
            self.catalogue.release(row)
        elif response.status != 200:
            self._finish(row, "failed", f"HTTP {response.status}", values)
        else:
            return False
        return True

    def _redirect(self, row: Row, response: Response) -> None:
        values = {"http_status": response.status}
        location = _header(response, "Location")
        target = clean_url(location, response.url) if location else None
        if target is None or target == row.url:
            self._finish(row, "failed", "redirects to nowhere", values)
        elif row.hops >= MAX_HOPS:
            self._finish(row, "failed", f"more than {MAX_HOPS} redirects", values)
        else:
            with self.catalogue.transaction():
                if row.kind == "pages":
                    status = self._page_status(target, row.depth)
                    self.catalogue.add_page(target, depth=row.depth, status=status, hops=row.hops + 1)
                else:
                    self._add_image_like(row, target)
                self._finish(row, "redirected", target, values)
            self.frontier.note([host_of(target)])

    def _add_image_like(self, row: Row, url: str) -> None:
        """Write down an image at `url`, with the words of the row that led there."""
        link, page = self.catalogue.link_of(row, url)
        status = "pending" if self.hosts.allows(host_of(url)) else "offsite"
        self.catalogue.add_image(link, page_url=page, depth=row.depth, status=status, hops=row.hops + 1)
        self.frontier.note([host_of(url)])

    async def _read(self, row: Row, response: HtmlResponse) -> None:
        try:  # in a thread: the other hosts need not wait for a long page
            facts = await asyncio.to_thread(_facts, response)
        except PageTrapError as error:
            self._finish(row, "rejected", str(error), {"http_status": response.status})
            return
        robots = facts.robots | _robots(response)
        reserved = find_opt_out(robots, None) or find_opt_out(frozenset(), facts.tdm_reservation)
        reserved = reserved or find_opt_out(frozenset(), _tdm(response))
        if response.meta.get("reserved"):
            reserved = "tdmrep.json"
        with self.catalogue.transaction():
            if not robots & NO_LINKS:
                self._add_links(row, facts)
            for link in facts.images:
                status = "pending" if self.hosts.allows(host_of(link.url)) else "offsite"
                self.catalogue.add_image(
                    link,
                    page_url=row.url,
                    depth=row.depth,
                    status="reserved" if reserved else status,
                    reason=reserved,
                )
                self.frontier.note([host_of(link.url)])
            self._finish(row, "done", reserved or facts.left_out, {"http_status": response.status})

    def _add_links(self, row: Row, facts: PageFacts) -> None:
        for url in facts.links:
            status = self._page_status(url, row.depth + 1)
            if status != "offsite":  # the rest of the web is not written down
                self.catalogue.add_page(url, depth=row.depth + 1, status=status)
                self.frontier.note([host_of(url)])

    def _page_status(self, url: str, depth: int) -> str:
        if not self.hosts.allows(host_of(url)):
            return "offsite"
        return "pending" if depth <= self.limits.depth else "deep"

    async def _store(self, row: Row, response: Response) -> None:
        values: dict[str, Any] = {"http_status": response.status, "bytes": len(response.body)}
        try:
            stored = await asyncio.to_thread(
                store_image, response.body, self.catalogue.folder, max_pixels=self.limits.image_pixels
            )
        except PhotoError as error:
            self._finish(row, "rejected", str(error), values)
            return
        except SetupError as error:
            self.catalogue.release(row)
            raise CloseSpider(str(error)) from error  # a full disk is no fault of the picture
        self.frontier.saved(stored.bytes)
        self._finish(row, "saved", None, {**values, **vars(stored)})

    def _finish(
        self, row: Row, status: str, reason: str | None, values: dict[str, Any] | None = None
    ) -> None:
        self.catalogue.finish(row, status, reason=reason, values=values)


def _facts(response: HtmlResponse) -> PageFacts:
    return read_page(decode_text(response), response.url)


def _header(response: Response, name: str) -> str:
    return (response.headers.get(name) or b"").decode("latin-1")


def _robots(response: Response) -> frozenset[str]:
    return read_directives(value.decode("latin-1") for value in response.headers.getlist("X-Robots-Tag"))


def _tdm(response: Response) -> str | None:
    value = response.headers.get("TDM-Reservation")
    return None if value is None else value.decode("latin-1")


class CatalogueScheduler(BaseScheduler):
    """Hands Scrapy the rows of the frontier. In memory are only the requests that are to be tried again."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._again: list[Request] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "CatalogueScheduler":
        return cls(crawler)

    def open(self, spider: Spider) -> None:
        if not isinstance(spider, PhotoSpider):
            raise TypeError(f"expected a PhotoSpider, found {spider!r}")
        self._spider = spider

    def enqueue_request(self, request: Request) -> bool:
        """Keep a request that a middleware wants to try again."""
        self._again.append(request)
        return True

    def next_request(self) -> Request | None:
        spider = self._spider
        while self._again:
            request = self._again.pop(0)
            if host_of(request.url) not in spider.hosts.left:
                return request
            spider.catalogue.release(request.meta["row"])
        row = spider.frontier.take(self._active())
        return None if row is None else spider.request(row)

    def has_pending_requests(self) -> bool:
        return bool(self._again) or not self._spider.frontier.is_empty()

    def _active(self) -> Counter[str]:
        engine = self._crawler.engine
        return Counter(host_of(request.url) for request in engine.downloader.active) if engine else Counter()


class Reporter:
    """Calls `report` now and then."""

    def __init__(self, report: Callable[[], None], *, every: float) -> None:
        self._report, self._every, self._last = report, every, time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._last >= self._every:
            self._last = time.monotonic()
            self._report()
