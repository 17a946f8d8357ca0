"""The server as the fuzzer tries it: uvicorn's protocol, the checks, the routes; in process, and on a socket.

Colouring itself is done elsewhere (`fuzz_kinds.color`): here each photo is opened, and then another one,
small and always the same, is coloured.
"""

import asyncio
import logging
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any, Final

import uvicorn
from fuzz_kinds import MAX_PIXELS, Sample
from fuzz_mutations import damaged, draw_changes
from fuzz_requests import SESSION, requests, with_length
from fuzz_seeds import seeds

from colorify.colorizer import Colorizer
from colorify.images.metadata.location import remove_location
from colorify.images.photo import PhotoHeader, open_photo
from colorify.server import api
from colorify.server.app import create_app
from colorify.server.connections import Connections
from colorify.server.full_size import FullResult
from colorify.server.log import QUIET_LEVEL, QUIET_LOGGERS
from colorify.server.settings import Settings
from colorify.server.work import OpenPhoto
from colorify.session import Session

ANEW: Final = 100  # requests after which there is a new session
PATIENCE: Final = 600.0  # s of the clock; what takes long of the processor is ended by `fuzz_child`
A_MOMENT: Final = 0.02  # s for the first bytes of an answer, before a client says no more
SMALL: Final = ("grey.jpg", "meta-16.png", "tags.tif", "lossy.webp", "interlaced.png", "meta.avif")
_FAILED: Final = re.compile(rb"^HTTP/1\.1 50[0-24-9]", re.MULTILINE)  # 503: there is no place


class Wire(asyncio.Transport):
    """What a client reads, without a client."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 80)})
        self.read = b""
        self._closing = False

    def write(self, data: Any) -> None:
        self.read += bytes(data)

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self._closing = True

    abort = close

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Faults(logging.Handler):
    """Keeps what the server would have written to its log."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


class Unpainted(Colorizer):
    """A colorizer that looks at each photo, and then gives the session on one that it knows."""

    def __init__(self, weights: Path) -> None:
        super().__init__(weights, threads=1)
        self._known = super().open(seeds()["grey.png"])

    def open(self, photo: object, **options: Any) -> Session:
        """Open what came, so that damage is found, but not for long."""
        assert isinstance(photo, bytes | PhotoHeader)  # the first page of several is looked at by its header
        source = photo if isinstance(photo, bytes) else photo.without_content()
        open_photo(source, max_pixels=options["max_pixels"])
        return self._known


def unpainted(photo: OpenPhoto, *_: object) -> FullResult:
    """Stand in for `full_size.render_full`."""
    return FullResult(b"a picture", remove_location(open_photo(photo.data, max_pixels=MAX_PIXELS)).notes)


class Server:
    """What is shared by the server in process and the one on a socket."""

    def __init__(self, weights: Path, **options: Any) -> None:
        api.render_full = unpainted
        settings = Settings(workers=1, max_pixels=MAX_PIXELS, sessions=4, seconds=PATIENCE)
        connections = Connections(100)
        app = create_app(settings, colorizer=Unpainted(weights), connections=connections)
        options |= {"http": connections.protocol(), "ws": "none", "proxy_headers": False}
        self.config = uvicorn.Config(app, log_config=None, access_log=False, **options)
        self.config.load()
        self.server = uvicorn.Server(self.config)
        self.session, self.tried = SESSION, 0
        self.faults = Faults()
        logging.getLogger().addHandler(self.faults)
        for name in QUIET_LOGGERS:
            logging.getLogger(name).setLevel(QUIET_LEVEL)

    def check(self, said: bytes) -> None:
        """Raise where the server failed."""
        faults, self.faults.said = self.faults.said, []
        assert not _FAILED.search(said), said[:1000]
        assert not faults, faults


def awaits_answer(protocol: Any, wire: Wire) -> bool:
    """Say whether a client may still hope: not where it keeps back its body, nor once it is hung up on."""
    return protocol.answering and not (protocol.cycle.more_body or wire.is_closing())


class Requests:
    """Damaged requests, answered in process by uvicorn's own protocol."""

    name = "request"

    def __init__(self, weights: Path) -> None:
        self._weights = weights

    def sound(self) -> Mapping[str, bytes]:
        return self._sound

    def draw(self, rng: Random) -> Sample:
        name = rng.choice(sorted(self._sound))
        data = damaged(self._sound[name], draw_changes(rng), list(self._sound.values()), sums=False)
        if rng.random() < 0.5:
            data = with_length(data)
        return Sample(f"{self.name} {name.partition(' ')[0]}", data, rng)

    def attempt(self, sample: Sample) -> None:
        if self.running.tried % ANEW == 0:
            found = re.search(rb'"id":"([^"]+)"', said := self.answer(self._sound["open"], PATIENCE))
            assert found is not None, said
            self.running.session = found[1]
        self.running.tried += 1
        self.running.check(self.answer(sample.data.replace(SESSION, self.running.session)))

    def answer(self, data: bytes, _seconds: float = A_MOMENT) -> bytes:
        """Return all that a client reads who sends `data`, waits so long for an answer to begin, and goes."""
        return self._loop.run_until_complete(self._answer(data))

    @cached_property
    def _sound(self) -> Mapping[str, bytes]:
        photos = seeds()
        return requests({name: photos[name] for name in SMALL})

    @cached_property
    def running(self) -> Server:
        return Server(self._weights)

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.new_event_loop()

    async def _answer(self, data: bytes) -> bytes:
        wire, loop = Wire(), asyncio.get_running_loop()
        config, state = self.running.config, self.running.server.server_state
        kind: Any = config.http_protocol_class
        protocol = kind(config=config, server_state=state, app_state={}, _loop=loop)
        protocol.connection_made(wire)
        for part in (data[: len(data) // 2], data[len(data) // 2 :]):
            if part and not wire.is_closing():
                protocol.data_received(part)
            await asyncio.sleep(0)
        while awaits_answer(protocol, wire):  # noqa: ASYNC110 - nobody sets an event
            await asyncio.sleep(0.0005)
        await asyncio.sleep(0)
        protocol.connection_lost(None)
        while state.tasks:  # noqa: ASYNC110 - for ever, if a request hangs
            await asyncio.sleep(0.0005)
        return wire.read


class Connecting(Requests):
    """The same on a socket: what a client sends is read in pieces, and it may be gone before its answer."""

    name = "socket"

    @cached_property
    def running(self) -> Server:
        running = Server(self._weights, host="127.0.0.1", port=0, lifespan="on")
        bound = socket.socket()
        bound.bind(("127.0.0.1", 0))
        bound.listen(16)
        self._address = bound.getsockname()
        threading.Thread(target=running.server.run, kwargs={"sockets": [bound]}, daemon=True).start()
        return running

    def answer(self, data: bytes, seconds: float = A_MOMENT) -> bytes:
        assert self.running
        said = b""
        with socket.create_connection(self._address, timeout=PATIENCE) as client, suppress(ConnectionError):
            client.sendall(data)
            with waiting(client, seconds):
                said = client.recv(2**16)
            client.shutdown(socket.SHUT_WR)
            while part := client.recv(2**16):
                said += part
        return said


@contextmanager
def waiting(client: socket.socket, seconds: float) -> Iterator[None]:
    """Have less patience for as long as the body lasts."""
    client.settimeout(seconds)
    with suppress(TimeoutError):
        yield
    client.settimeout(PATIENCE)
