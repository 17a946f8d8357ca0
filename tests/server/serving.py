"""A real server on a real port, in a process of its own, with the tests' tiny generator."""

import io
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import httpx
import numpy as np
import pyvips
from PIL import Image

from changed_command import Change, changed_command, leave_unchanged
from waiting import PATIENCE

PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Server:
    """One that runs."""

    process: subprocess.Popen[str]
    url: str
    client: httpx.Client
    log: IO[str]  # what it writes to stderr

    @property
    def said(self) -> str:
        """All that it has written to stderr."""
        return os.pread(self.log.fileno(), 2**24, 0).decode()

    @property
    def host(self) -> str:
        """What a client calls it."""
        return self.url.removeprefix("http://")

    @property
    def port(self) -> int:
        """The one that it listens on."""
        return int(self.url.rpartition(":")[2])

    def connect(self, data: bytes = b"") -> socket.socket:
        """Open a connection and send `data`, which no client library has a say in."""
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        raw.sendall(data)
        return raw

    def figure(self, name: str) -> float:
        """Return one of its figures of the moment.

        Over a connection of its own: one that was kept may be closed by the server just then. And a server
        that is short of patience may take a slow machine for a slow client: then it is asked again.
        """
        while True:
            with suppress(httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
                text = httpx.get(f"{self.url}/metrics", timeout=PATIENCE, trust_env=False).text
                return float(text.partition(f"\ncolorify_{name} ")[2].split()[0])

    @property
    def memory_mb(self) -> float:
        """Resident set, as the kernel counts it."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@contextmanager
def running(
    weights: Path, *options: str, change: Change = leave_unchanged, given: tuple[Any, ...] = ()
) -> Iterator[Server]:
    """Start `colorify serve` on a free port, after `change(*given)`, and stop it at the end."""
    words = ("serve", "--port", "0", "-m", str(weights), *options)
    command = changed_command(change, *words, given=given)
    with (
        TemporaryFile("a+") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip().partition("/#")[0].replace("0.0.0.0", "127.0.0.1")
            log.seek(0)
            assert url, log.read()
            with httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False) as client:
                yield Server(process, url, client, log)
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)


def answer_of(raw: socket.socket) -> bytes:
    """Return all that comes until the server closes the connection."""
    parts = []
    while part := raw.recv(2**16):
        parts.append(part)
    return b"".join(parts)


def picture(width: int = 96, height: int = 64, suffix: str = ".jpg", depth: int = 8) -> bytes:
    """Return the content of a grey picture file: a gradient with a dark square and a little grain."""
    x = np.linspace(0.15, 0.85, width)
    scene = np.random.default_rng(0).normal(0, 0.01, (height, width)) + x
    scene[height // 4 : height // 2, width // 4 : width // 2] = 0.1
    kind = np.uint8 if depth == 8 else np.uint16
    image = pyvips.Image.new_from_array(np.rint(np.clip(scene, 0, 1) * np.iinfo(kind).max).astype(kind))
    if depth == 16:
        image = image.copy(interpretation="grey16")
    return bytes(image.write_to_buffer(suffix))


def pages_of(data: bytes) -> list[bytes]:
    """Return each page as a PNG."""
    found = []
    with Image.open(io.BytesIO(data)) as file:
        for number in range(file.n_frames):
            file.seek(number)
            memory = io.BytesIO()
            file.copy().save(memory, "png")
            found.append(memory.getvalue())
    return found


def several(*sizes: tuple[int, int], located: bool = False) -> bytes:
    """Return a TIFF of grey pages, each with its name."""
    pages = []
    for number, size in enumerate(sizes, 1):
        page = Image.open(io.BytesIO(picture(*size, suffix=".png")))
        page.load()
        tags: dict[int, object] = {270: f"sheet {number}"}
        if located:
            tags[700] = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>48'
        page.encoderinfo = {"tiffinfo": tags}  # type: ignore[attr-defined]
        pages.append((page, tags))
    memory = io.BytesIO()
    first, tags = pages[0]
    first.save(memory, "tiff", save_all=True, append_images=[page for page, _ in pages[1:]], tiffinfo=tags)
    return memory.getvalue()


def opened(data: bytes) -> pyvips.Image:
    return pyvips.Image.new_from_buffer(data, "")


def colorfulness(data: bytes) -> float:
    """Return how much the a and b of a picture vary."""
    a, b = opened(data).colourspace("lab").bandsplit()[1:3]
    return float(a.deviate() + b.deviate() + abs(a.avg()) + abs(b.avg()))


def new_session(server: Server, data: bytes | None = None, name: str = "grandma.jpg") -> dict[str, Any]:
    answer = server.client.post("/v1/sessions", files={"image": (name, data or picture())})
    assert answer.status_code == 201, answer.text
    session: dict[str, Any] = answer.json()
    return session


def problem(answer: Any, status: int, kind: str) -> str:
    """Check that `answer` is the problem `kind`, and return its detail."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail"}
    assert (body["type"], body["status"]) == (f"urn:colorify:{kind}", status)
    assert body["detail"].endswith(".")
    return str(body["detail"])
