"""Scrapy downloader middlewares: the politeness that Scrapy lacks.

Scrapy obeys robots.txt and throttles. Beyond that, a host that answers 429 or 503 gets the pause it asks for
(Retry-After, RFC 9110 section 10.2.3). A robots.txt that cannot be had forbids everything (RFC 9309, section
2.3.1.4). Its Crawl-delay counts, and so does the TDM file at the origin.
"""

import asyncio
import logging
import time
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Request, Response
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import RobotParser

from colorify.dataset.catalogue import Row, host_of
from colorify.dataset.encoding import decode_text
from colorify.dataset.frontier import Hosts
from colorify.dataset.network import refusal_behind_proxy
from colorify.dataset.robots import MAX_ROBOTS_BYTES
from colorify.dataset.tdm_rights import AGENT, OriginRules, read_origin_rules

LOGGER: Final = logging.getLogger(__name__)
FETCH_ERRORS: Final = (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    OSError,
    ResponseDataLossError,
)
BUSY: Final = (429, 503)  # HTTP: too many requests, service unavailable
DEFAULT_PAUSE: Final = 10.0  # s, where a busy host names none
LONGEST_PAUSE: Final = 300.0  # s; a host that asks for more is left for another crawl
STOP_CHECK_S: Final = 0.25  # s between two looks whether the crawl is to end
ROBOTS_CLOSED: Final = b"User-agent: *\nDisallow: /\n"
RULES_MAX_BYTES: Final = 1_000_000


class AddressReserved(IgnoreRequest):
    """The origin's TDM file reserves the address."""


class CrawlStopping(IgnoreRequest):
    """The crawl ends while a request still waits for its turn."""


class PrivateAddress(IgnoreRequest):
    """The host is on this machine or in a network that is not public."""


class DelayMiddleware:
    """Next to the downloader: every request waits until its host may be asked again."""

    def __init__(self, crawler: Crawler, hosts: Hosts) -> None:
        self._crawler, self._hosts = crawler, hosts
        crawler.signals.connect(self.robots_read, signals.robots_parsed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "DelayMiddleware":
        return cls(crawler, crawler.spider.hosts)  # type: ignore[union-attr]  # a PhotoSpider

    def robots_read(self, robotparser: RobotParser, request: Request) -> None:
        delay = robotparser.crawl_delay(AGENT)
        host = host_of(request.url)
        if delay and delay > LONGEST_PAUSE:
            self._hosts.skip_host(host, f"robots.txt asks for {delay:.0f} s between two requests")
        elif delay:
            self._hosts.interval[host] = delay

    async def process_request(self, request: Request) -> None:
        host = host_of(request.url)
        if request.meta.get("row") is not None and host in self._hosts.left:
            raise CrawlStopping  # its robots.txt, which came meanwhile, asked for too much
        if request.meta.get("proxy") and not self._hosts.allow_private:
            address = refusal_behind_proxy(host)
            if address is not None:
                self._hosts.private[host] = address
                raise PrivateAddress(address)
        while (left := self._hosts.next_time.get(host, 0.0) - time.monotonic()) > 0:
            if not self._crawler.engine or not self._crawler.engine.running:
                raise CrawlStopping
            await asyncio.sleep(min(left, STOP_CHECK_S))
        if host in self._hosts.interval:
            self._hosts.next_time[host] = time.monotonic() + self._hosts.interval[host]

    def process_response(self, request: Request, response: Response) -> Response:
        host = host_of(request.url)
        self._hosts.answered(host)
        if response.status in BUSY:
            pause = seconds_asked(response.headers.get("Retry-After"), time.time())
            if pause is not None and pause > LONGEST_PAUSE:
                self._hosts.skip_host(host, f"asks for a pause of {pause:.0f} s")
                request.meta["dont_retry"] = True
            else:
                until = time.monotonic() + (DEFAULT_PAUSE if pause is None else pause)
                self._hosts.next_time[host] = max(until, self._hosts.next_time.get(host, 0.0))
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Say why a host was not found where `PublicResolver` hid its addresses; nobody is to try again."""
        host = host_of(request.url)
        # where robots.txt is redirected to such a host, it cannot be had, which is another thing
        redirected = is_robots(request) and origin_host(request) != host
        if isinstance(exception, CannotResolveHostError) and host in self._hosts.private and not redirected:
            raise PrivateAddress(self._hosts.private[host]) from exception


def seconds_asked(retry_after: bytes | None, now: float) -> float | None:
    """Read Retry-After, seconds or a date; None where it says nothing. `now`: seconds since 1970."""
    text = (retry_after or b"")[:100].decode("latin-1").strip()
    if text.isdecimal():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (TypeError, ValueError, OverflowError):
        return None


class TdmMiddleware:
    """Next to the engine: what the origin allows, where its rules are missing as where they are there."""

    def __init__(self, crawler: Crawler, hosts: Hosts) -> None:
        self._crawler, self._hosts = crawler, hosts
        self._origins: dict[str, asyncio.Task[OriginRules]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "TdmMiddleware":
        return cls(crawler, crawler.spider.hosts)  # type: ignore[union-attr]  # a PhotoSpider

    async def process_request(self, request: Request) -> None:
        row: Row | None = request.meta.get("row")
        if row is None:
            if is_robots(request):
                request.meta["download_maxsize"] = MAX_ROBOTS_BYTES
            return
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._origins:
            self._origins[origin] = asyncio.create_task(self._read(origin))
        if (await asyncio.shield(self._origins[origin])).reserve(request.url):
            if row.kind == "images":
                raise AddressReserved
            request.meta["reserved"] = True  # its links may be followed; nothing else is read

    def process_response(self, request: Request, response: Response) -> Response:
        """See the robots.txt that retries did not bring: not "no rules", but "come back later"."""
        if is_robots(request) and (response.status >= 500 or response.status == 429):
            self._hosts.skip_host(origin_host(request), f"robots.txt answers {response.status}")
            return response.replace(body=ROBOTS_CLOSED)
        if is_robots(request) and response.status >= 400:
            return response.replace(
                body=b""
            )  # there is none (RFC 9309, 2.3.1.3), whatever the error page says
        return response

    def process_exception(self, request: Request, exception: Exception) -> Response | None:
        if not is_robots(request):
            return None
        self._hosts.skip_host(origin_host(request), f"robots.txt cannot be had ({describe(exception)})")
        return Response(request.url, status=503, body=ROBOTS_CLOSED)

    async def _read(self, origin: str) -> OriginRules:
        request = Request(
            f"{origin}/.well-known/tdmrep.json",
            callback=NO_CALLBACK,
            meta={"download_maxsize": RULES_MAX_BYTES, "max_retry_times": 1},
        )
        engine = self._crawler.engine
        if engine is None:
            raise CrawlStopping
        try:
            response = await engine.download_async(request)
        except FETCH_ERRORS as error:  # no answer is no reservation; what the origin has fails by itself
            LOGGER.info("%s: no TDM file (%s)", origin, describe(error))
            return OriginRules()
        return read_origin_rules(decode_text(response) if response.status == 200 else "")


def is_robots(request: Request) -> bool:
    """Say whether this is the request for a robots.txt, redirected or not."""
    return request.meta.get("row") is None and urlsplit(_first(request)).path == "/robots.txt"


def origin_host(request: Request) -> str:
    return host_of(_first(request))


def _first(request: Request) -> str:
    urls: list[str] = request.meta.get("redirect_urls") or [request.url]
    return urls[0]


def describe(error: BaseException) -> str:
    """Say in a few words what went wrong."""
    words = str(error).strip().split("\n")[0]
    return f"{type(error).__name__}: {words}"[:200] if words else type(error).__name__
