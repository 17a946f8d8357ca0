"""The page, and what machines ask about the server. No path from a client reaches the file system:
the files of the page are a table that is read when the server starts."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from colorify.server import prometheus
from colorify.server.problems import FULL, problem

PAGE: Final = Path(__file__).parent / "page"
MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".jpg": "image/jpeg",
}
FRONT: Final = {"/": "index.html", "/docs": "docs.html"}


def page_routes() -> APIRouter:
    """Return a route for each file of the page."""
    router = APIRouter(include_in_schema=False)
    for path in sorted(PAGE.iterdir()):
        if path.suffix in MEDIA_TYPES and path.suffix != ".html":
            router.add_api_route(f"/page/{path.name}", _file(path), methods=["GET", "HEAD"])
    for route, name in FRONT.items():
        router.add_api_route(route, _file(PAGE / name), methods=["GET", "HEAD"])
    return router


def health_routes(ready: Callable[[], bool], figures: Callable[[], str]) -> APIRouter:
    """Return the routes for machines. `ready`: could a photo be taken now? `figures`: the metrics."""
    router = APIRouter(include_in_schema=False)

    async def healthz() -> Response:
        return PlainTextResponse("ok\n")

    async def readyz() -> Response:
        if ready():
            return PlainTextResponse("ready\n")
        return problem(FULL, "All places are taken.", retry_after=1)

    async def measures() -> Response:
        return Response(figures(), media_type=prometheus.MEDIA_TYPE)

    router.add_api_route("/healthz", healthz, methods=["GET", "HEAD"])
    router.add_api_route("/readyz", readyz, methods=["GET", "HEAD"])
    router.add_api_route("/metrics", measures, methods=["GET"])
    return router


def _file(path: Path) -> Callable[[Request], Response]:
    content = path.read_bytes()
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}

    def answer(request: Request) -> Response:
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=MEDIA_TYPES[path.suffix], headers=headers)

    return answer
