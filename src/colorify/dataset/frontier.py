"""What a crawl fetches next: the hosts in turn, and of each its pictures first, then its shallowest pages."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from colorify.dataset.catalogue import Catalogue, Kind, Row

MAX_FAILURES: Final = 5  # in a row, after which a host is left alone for this crawl


@dataclass(frozen=True)
class CrawlLimits:
    """Where a crawl ends. All but `minutes` count what earlier crawls into the same folder did, too."""

    depth: int = 5  # links from the addresses given
    pages: int = 10_000
    image_bytes: int = 20_000_000  # of one file
    total_bytes: int = 20_000_000_000  # of all images together
    image_pixels: int = 200_000_000
    minutes: float = 0.0  # wall clock; 0: no limit


@dataclass
class Hosts:
    """How the hosts are to be treated; times are of time.monotonic, in seconds."""

    concurrency: int  # requests at a time a host
    domains: frozenset[str] | None  # allowed, with their subdomains; None: all
    allow_private: bool = False  # addresses of this machine and of networks that are not public
    private: dict[str, str] = field(default_factory=dict)  # host -> the address it was refused for
    interval: dict[str, float] = field(default_factory=dict)  # s between two requests, by robots.txt
    next_time: dict[str, float] = field(default_factory=dict)  # no request before that
    left: dict[str, str] = field(default_factory=dict)  # left alone for this crawl -> why
    failures: Counter[str] = field(default_factory=Counter)  # in a row

    def allows(self, host: str) -> bool:
        """Say whether `host` is, or is under, an allowed domain."""
        if self.domains is None:
            return True
        parts = host.split(".")
        return any(".".join(parts[start:]) in self.domains for start in range(len(parts)))

    def skip_host(self, host: str, why: str) -> None:
        """Leave `host` alone until the next crawl; its rows stay pending."""
        self.left.setdefault(host, why)

    def failed(self, host: str, why: str) -> None:
        """Count a failure of the connection; too many in a row, and the host is left alone."""
        self.failures[host] += 1
        if self.failures[host] >= MAX_FAILURES:
            self.skip_host(host, f"failed {MAX_FAILURES} times in a row ({why})")

    def answered(self, host: str) -> None:
        self.failures.pop(host, None)


class Frontier:
    """The pending rows of a catalogue, in the order of fetching. Memory: the names of the hosts."""

    def __init__(self, catalogue: Catalogue, limits: CrawlLimits, hosts: Hosts) -> None:
        self._catalogue, self._limits, self._hosts = catalogue, limits, hosts
        self._ring: deque[str] = deque()
        self._known: set[str] = set()
        self._pages_left = limits.pages - catalogue.pages_read()
        self._bytes_left = limits.total_bytes - catalogue.bytes_saved()
        for kind in ("images", "pages"):
            self.note(catalogue.hosts(kind))

    def note(self, hosts: Iterable[str]) -> None:
        """Learn that there may be pending rows of these hosts."""
        for host in hosts:
            if host not in self._known:
                self._known.add(host)
                self._ring.append(host)

    def take(self, active: Mapping[str, int]) -> Row | None:
        """Take the next row; `active`: how many requests of each host are under way."""
        for _ in range(len(self._ring)):
            host = self._ring[0]
            self._ring.rotate(-1)
            if host in self._hosts.left or active.get(host, 0) >= self._hosts.concurrency:
                continue
            for kind in self._kinds():
                row = self._catalogue.take(kind, host)
                if row is not None:
                    self._pages_left -= kind == "pages"
                    return row
            if not active.get(host, 0):  # what is under way may yet lead to more
                self._ring.pop()
                self._known.discard(host)
        return None

    def is_empty(self) -> bool:
        """Say whether nothing is left that this crawl may fetch."""
        kinds = self._kinds()
        hosts = [host for host in self._ring if host not in self._hosts.left]
        return not any(self._catalogue.has(kind, host) for host in hosts for kind in kinds)

    def saved(self, size: int) -> None:
        """Count a stored image of `size` bytes against the limit."""
        self._bytes_left -= size

    def reached(self) -> str | None:
        """Name the limit that keeps pending rows from being fetched, if one does."""
        if self._bytes_left <= 0 and (self._catalogue.hosts("images") or self._catalogue.hosts("pages")):
            return f"the limit of {self._limits.total_bytes:,} bytes"
        if self._pages_left <= 0 and self._catalogue.hosts("pages"):
            return f"the limit of {self._limits.pages:,} pages"
        return None

    def _kinds(self) -> tuple[Kind, ...]:
        if self._bytes_left <= 0:
            return ()
        return ("images", "pages") if self._pages_left > 0 else ("images",)
