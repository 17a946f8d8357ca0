"""Sound requests of every route, as bytes on a connection: what the fuzzer of the server damages."""

import json
import re
from typing import Final

SESSION: Final = b"SESSION_OF_THE_FUZZER_"  # as long as the name of a session, which takes its place
_LENGTH: Final = re.compile(rb"(?i)(content-length: *)\d*")
_OPTIONS: Final = {
    "strength": 1.2,
    "vividness": 0.8,
    "hints": [{"x": 5, "y": 5, "color": "#c08060", "radius": 3}],
}


def requests(photos: dict[str, bytes]) -> dict[str, bytes]:
    """Make them all: name -> request. `photos`: small sound files, each of which is sent once."""
    session = f"/v1/sessions/{SESSION.decode()}"
    made = {
        "page": _get("/"),
        "script": _get("/page/main.js", "If-None-Match: abc", "Range: bytes=0-9"),
        "health": _get("/healthz"),
        "metrics": _get("/metrics"),
        "description": _get("/openapi.json"),
        "models": _get("/v1/models", "Origin: http://127.0.0.1", "Forwarded: for=1.2.3.4"),
        "original": _get(f"{session}/original"),
        "suggest": _post(
            f"{session}/suggest", json.dumps({"x": 3, "y": 4, "hints": _OPTIONS["hints"]}).encode()
        ),
        "preview": _post(f"{session}/colorize", json.dumps(_OPTIONS).encode()),
        "full": _post(
            f"{session}/colorize", json.dumps({**_OPTIONS, "scale": "full", "format": "png"}).encode()
        ),
        "confidence": _post(f"{session}/confidence", b"{}"),
        "alternatives": _post(f"{session}/alternatives", json.dumps({"strength": 1}).encode()),
        "end": b"DELETE /v1/sessions/none HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        "two": _get("/healthz") + _get("/v1/models"),
    }
    for name, data in photos.items():
        made[f"colorize {name}"] = _form("/v1/colorize", name, data)
    first = next(iter(photos))
    made["match"] = _form(f"{session}/match", first, photos[first])
    return made | {"open": _form("/v1/sessions", first, photos[first])}


def with_length(data: bytes) -> bytes:
    """Return a request whose first length agrees with its body."""
    head, blank, body = data.partition(b"\r\n\r\n")
    return _LENGTH.sub(rb"\g<1>%d" % len(body), head, count=1) + blank + body


def _get(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]).encode()


def _post(path: str, body: bytes, content: str = "application/json") -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content}\r\nContent-Length: {len(body)}"
    )
    return f"{head}\r\n\r\n".encode() + body


def _form(path: str, name: str, data: bytes) -> bytes:
    hints = json.dumps(_OPTIONS["hints"])
    fields = {"image": (f'; filename="{name}"', data), "hints": ("", hints.encode()), "strength": ("", b"1")}
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{key}"{more}\r\n\r\n'.encode() + value + b"\r\n"
        for key, (more, value) in fields.items()
    ]
    return _post(path, b"".join(parts) + b"--x--\r\n", "multipart/form-data; boundary=x")
