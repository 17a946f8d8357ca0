"""Requests that no client library would send, given to the application itself."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Answer:
    """What came back; `text` of the body."""

    status: int
    headers: dict[str, str]
    text: str


def ask(app: Any, method: str, path: str, headers: Headers, body: bytes = b"", query: bytes = b"") -> Answer:
    """Send one request to an ASGI application. Raises what the application raises."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query,
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    said: list[dict[str, Any]] = []
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if parts:
            return parts.pop()
        await asyncio.Event().wait()  # a client that stays
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    asyncio.run(app(scope, receive, send))
    start, *rest = said
    return Answer(
        start["status"],
        {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]},
        b"".join(part.get("body", b"") for part in rest).decode("utf-8", "replace"),
    )


def kind(answer: Answer) -> str:
    """Return the name of the problem that an answer is."""
    return str(json.loads(answer.text)["type"]).removeprefix("urn:colorify:")
