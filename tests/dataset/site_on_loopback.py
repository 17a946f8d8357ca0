"""A web site on loopback whose pages, faults and delays a test lays down."""

import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from waiting import PATIENCE

Route = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Site:
    """Answers what `routes` and `fallback` say; remembers who asked for what, and when."""

    routes: dict[str, Route] = field(default_factory=dict)
    fallback: Callable[[str], Route | None] = lambda path: None
    hits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    agents: set[str] = field(default_factory=set)
    port: int = 0
    held_from: float = math.inf  # number of the request from which on none is answered until `go_on`
    go_on: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    @property
    def asked(self) -> int:
        """How many requests there were."""
        return sum(len(times) for times in list(self.hits.values()))

    def html(self, path: str, body: str, *, headers: Mapping[str, str] | None = None) -> None:
        text = f"<html><head><title>{path}</title></head><body>{body}</body></html>"
        self.routes[path] = send(text.encode(), "text/html; charset=utf-8", headers=headers)

    def image(self, path: str, data: bytes, *, headers: Mapping[str, str] | None = None) -> None:
        self.routes[path] = send(data, "image/jpeg", headers=headers)


def send(
    body: bytes, mime: str = "text/html", *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Route:
    """A route that answers with `body`."""

    def route(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", mime)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return route


def redirect(target: str, *, status: int = 302) -> Route:
    return send(b"", status=status, headers={"Location": target})


def drip(body: bytes, mime: str, *, seconds: float) -> Route:
    """A route that sends a byte, then waits."""

    def route(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", mime)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        for i in range(len(body)):
            handler.wfile.write(body[i : i + 1])
            time.sleep(seconds)

    return route


def lie(body: bytes, mime: str, *, announced: int | None) -> Route:
    """A route that announces another length than it sends; None: none at all."""

    def route(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", mime)
        if announced is not None:
            handler.send_header("Content-Length", str(announced))
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = True

    return route


def die(handler: BaseHTTPRequestHandler) -> None:
    """A route that hangs up without an answer."""
    handler.close_connection = True
    handler.connection.close()


def head_without_end(sent: list[int], most: int) -> Route:
    """A route that sends headers, `most` bytes of them; `sent` is told how many were taken."""

    def route(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        line = b"X-More: " + b"x" * 8000 + b"\r\n"
        for number in range(most // len(line)):
            handler.wfile.write(line)
            sent.append(number * len(line))

    return route


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """Serve `site` on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.hits[self.path].append(time.monotonic())
            site.agents.add(self.headers.get("User-Agent", ""))
            if site.asked >= site.held_from:
                site.go_on.wait(PATIENCE)
            route = (
                site.routes.get(self.path) or site.fallback(self.path) or send(b"no such page", status=404)
            )
            try:
                route(self)
            except OSError:
                self.close_connection = True  # the crawler hung up, as it should on huge and slow files

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *args: None  # type: ignore[method-assign]
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
