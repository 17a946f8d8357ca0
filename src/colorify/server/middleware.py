"""What every request passes before anything is done for it: host, site, token, size; and what answers say.

The page and the API are for this computer alone unless somebody says otherwise. A web site that is open in
the same browser could still send requests here; it is told by its `Origin`, and one that pretends that its
own name leads to this computer by its `Host`.
"""

import asyncio
import hmac
import re
import time
from typing import Final
from urllib.parse import SplitResult, urlsplit

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from colorify.server.problems import (
    BAD_REQUEST,
    FORBIDDEN,
    LENGTH_NEEDED,
    MISDIRECTED,
    NO_TOKEN,
    TOO_MANY_BYTES,
    TOO_SLOW,
    RefusalError,
    problem,
)
from colorify.server.prometheus import Metrics
from colorify.server.settings import JSON_BYTES, Settings

PRIVATE: Final = ("/v1", "/metrics")  # what a token is for
# what takes a photo or a film; all else is JSON, and small, whatever a client calls it
UPLOADS: Final = re.compile(r"/v1/(colorize|sessions|films|sessions/[^/]+/match)")
FORM_BYTES: Final = 64 * 1024  # of a form beside its picture
MAX_DRAINED_FACTOR: Final = (
    4  # times the limit; a browser shows our answer only once it has sent all of its body
)
DRAIN_SECONDS: Final = 20.0
MAX_DIGITS: Final = 19  # of a length that are read: it is too large anyhow, and Python refuses thousands
UNSAFE: Final = {"POST", "PUT", "PATCH", "DELETE"}

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class RequestChecks:
    """ASGI middleware around the application."""

    def __init__(self, app: ASGIApp, *, settings: Settings, metrics: Metrics) -> None:
        self._app, self._settings, self._metrics = app, settings, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._pass(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.count(route, _known(scope["method"]), status, time.perf_counter() - started)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        try:
            self._check_host(headers)
            self._check_site(scope, headers)
            self._check_token(scope, headers)
            self._check_size(scope, headers)
        except RefusalError as refusal:
            if refusal.kind is TOO_MANY_BYTES and "expect" not in headers:
                await self._drain(receive)
            answer = problem(refusal.kind, str(refusal))
            await answer(scope, receive, send)
            return
        await self._app(scope, self._in_time(receive), send)

    def _in_time(self, receive: Receive) -> Receive:
        """Give a body so long to arrive, whoever reads it."""
        end, whole = asyncio.get_running_loop().time() + self._settings.upload_seconds, False

        async def next_part() -> Message:
            nonlocal whole
            if whole:  # what comes now is the end of the connection, which may take as long as it likes
                return await receive()
            try:
                async with asyncio.timeout_at(end):
                    message = await receive()
            except TimeoutError as error:
                detail = f"The body did not arrive within {self._settings.upload_seconds:g} s"
                # FastAPI lets this one alone through; the rest of the body is not waited for
                raise HTTPException(TOO_SLOW.status, detail, headers={"Connection": "close"}) from error
            whole = not message.get("more_body", False)
            return message

        return next_part

    def _check_host(self, headers: Headers) -> None:
        host = _split(f"//{headers.get('host', '')}")
        if self._settings.hosts and (host is None or host.hostname not in self._settings.hosts):
            raise RefusalError(MISDIRECTED, "Open it as 127.0.0.1, or start the server with --host.")
        if host is None:
            raise RefusalError(BAD_REQUEST, "Host: expected NAME or NAME:PORT.")

    def _check_site(self, scope: Scope, headers: Headers) -> None:
        origin = headers.get("origin")
        if scope["method"] not in UNSAFE or origin is None or origin in self._settings.origins:
            return
        site = _split(origin)
        if site is None or site.netloc != headers.get("host"):
            raise RefusalError(FORBIDDEN, "Allow it with --allow-origin where the server is started.")

    def _check_token(self, scope: Scope, headers: Headers) -> None:
        token = self._settings.token
        if token is None or not scope["path"].startswith(PRIVATE):
            return
        given = headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), token.encode()):
            raise RefusalError(NO_TOKEN, "Send the header Authorization: Bearer TOKEN.")

    def _check_size(self, scope: Scope, headers: Headers) -> None:
        if scope["method"] not in UNSAFE - {"DELETE"}:
            return
        length = headers.get("content-length", "")
        # a body in chunks may come with a length, too, which then means nothing (RFC 9112, section 6.3)
        if "transfer-encoding" in headers or not (length.isascii() and length.isdecimal()):
            raise RefusalError(LENGTH_NEEDED, "Send a Content-Length; a body in chunks is not taken.")
        form = UPLOADS.fullmatch(scope["path"]) and headers.get("content-type", "").lower().startswith(
            "multipart/"
        )
        limit = self._settings.max_bytes + FORM_BYTES if form else JSON_BYTES
        size = int(length.lstrip("0")[:MAX_DIGITS] or "0")
        if size > limit:
            most = f"{self._settings.max_bytes / 2**20:g} MB" if form else f"{JSON_BYTES // 1024} kB"
            raise RefusalError(TOO_MANY_BYTES, f"Expected at most {most}, found {size / 2**20:.1f} MB.")

    async def _drain(self, receive: Receive) -> None:
        """Read a body of bearable size and forget it."""
        left = MAX_DRAINED_FACTOR * self._settings.max_bytes
        end = time.monotonic() + DRAIN_SECONDS
        while left > 0:
            try:
                message = await asyncio.wait_for(receive(), max(0.0, end - time.monotonic()))
            except TimeoutError:
                return
            left -= len(message.get("body", b""))
            if not message.get("more_body", False):
                return


def _split(address: str) -> SplitResult | None:
    """Return the parts of an address; None where it is none, such as half of one in IPv6."""
    try:
        parts = urlsplit(address)
        _ = parts.port  # which is read only now, and may be no number
    except ValueError:
        return None
    return parts


def _known(method: str) -> str:
    """Keep what a client makes up out of the metrics."""
    return method if method in {"GET", "HEAD", "OPTIONS", *UNSAFE} else "other"
