"""The head of an answer, bounded: a server could send header after header, and all would be kept in memory.

Scrapy bounds a body, and Twisted the length of one line; how many lines there are nobody counts.
"""

from typing import Any, Final

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS

# of a head and what of the body comes with it; those of the web have a few kB, and a read is of 64 kB at most
MOST_BYTES: Final = 2**18


class EndlessHeadError(Exception):
    """The head of an answer does not end."""


class BoundedHeadHandler(HTTP11DownloadHandler):
    """Scrapy's own way to fetch, but that an answer whose head is too long is given up."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        factory: Any = self._pool._factory

        class BoundedFactory(factory):  # type: ignore[misc]
            noisy = False

            def buildProtocol(self, addr: Any) -> Any:
                return _bound_heads(super().buildProtocol(addr))

        self._pool._factory = BoundedFactory


def _bound_heads(protocol: Any) -> Any:
    """Count what comes over a connection for each head; those of 1xx, which may come before one, included."""
    receive, request = protocol.dataReceived, protocol.request
    count = 0

    def ask(*arguments: Any) -> Any:
        nonlocal count
        count = 0
        return request(*arguments)

    def hear(data: bytes) -> None:
        nonlocal count
        parser = protocol._parser
        if parser is not None and parser.state in (STATUS, HEADER):
            count += len(data)
        if count > MOST_BYTES:
            error = EndlessHeadError(f"its head has more than {MOST_BYTES:,} bytes")
            protocol._giveUp(Failure(error))  # type: ignore[no-untyped-call]
            return
        receive(data)
        if parser is not None and parser.state not in (STATUS, HEADER):
            count = 0

    protocol.request, protocol.dataReceived = ask, hear
    return protocol
