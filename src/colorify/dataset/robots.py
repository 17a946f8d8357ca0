"""robots.txt, whatever is in it or comes in its place."""

import re
from typing import Final

from scrapy import Spider
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from scrapy.http import Request, Response
from scrapy.robotstxt import ProtegoRobotParser

from colorify.dataset.tdm_rights import AGENT

MAX_ROBOTS_BYTES: Final = 1_000_000  # RFC 9309, 2.5: at least 500 KiB must be read
AGENT_LINE: Final = re.compile(r"\s*+user(?:-|\s*+)agent\s*+:?+([^#]*)", re.IGNORECASE)


class OwnRules(ProtegoRobotParser):
    """Scrapy's parser, given the rules of all other agents as those of one.

    It copies every rule to every agent of its group, so that a megabyte with half of its lines agents and the
    other half rules would take minutes.
    """

    def __init__(self, robotstxt_body: bytes, spider: Spider | None) -> None:
        text = robotstxt_body.decode("utf-8-sig", "ignore")
        super().__init__("\n".join(map(_rewrite, text.splitlines())).encode(), spider)


def _rewrite(line: str) -> str:
    """Return a line; one that names an agent which is neither us nor all names "-" in its place."""
    found = AGENT_LINE.match(line)
    if found is None:
        return line
    name = found[1].strip().lower()
    plain = name.replace("*", "")  # as Protego reads it
    is_ours = name == "*" or (plain != "" and plain in AGENT)
    return f"User-agent: {('*' if name == '*' else plain) if is_ours else '-'}"


class Decompression(HttpCompressionMiddleware):
    """Scrapy's, which would say of too large a body that robots.txt forbids it.

    And of a robots.txt that cannot be unpacked, that there is none: then all would be allowed.
    """

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        try:
            return super().process_response(request, response)
        except IgnoreRequest as error:
            if request.meta.get("row") is None:
                return self._without_body(request)
            raise DownloadCancelledError(str(error)) from error
        except Exception:  # each of the compressions has errors of its own
            if request.meta.get("row") is None:
                return self._without_body(request)
            raise

    @staticmethod
    def _without_body(request: Request) -> Response:
        """Return what stands for a robots.txt, or the like, that cannot be had."""
        return Response(request.url, status=503)
