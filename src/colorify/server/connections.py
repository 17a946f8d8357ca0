"""Connections: so many at a time, and none for ever.

A client that connects and says nothing, says half of it, or does not read its answer costs a descriptor and
memory. uvicorn bounds the time between two requests alone. Here a head has its time, an answer has to be
read at some pace, and when all places are taken the connection that was longest silent makes room; where
each is at work, a newcomer is told so.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import H11Protocol

from colorify.errors import SetupError
from colorify.server.problems import FULL, TOO_SLOW, problem

IDLE_SECONDS: Final = 15.0  # until the first byte of a request
HEAD_SECONDS: Final = 10.0  # from there to the end of its head
READ_SECONDS: Final = 20.0  # in which READ_BYTES of an answer are read, or all of it
READ_BYTES: Final = 64 * 1024
LEAVING_SECONDS: Final = 3.0  # the same two, and for a body to go on, once the server is to end
TICK_SECONDS: Final = 0.5

ACCEPT_BATCH: Final = 8  # connections that asyncio accepts in one go
ACCEPT_AHEAD: Final = 6  # times so many are accepted before the first of them is counted
MAX_LINGERING: Final = 16  # connections that are to be told that there is no room, and have not spoken yet
LINGER_SECONDS: Final = 1.0
SPARE_DESCRIPTORS: Final = 32  # descriptors for files, libraries and threads
MIN_CONNECTIONS: Final = 16  # connections with which a page works
DESCRIPTORS_FOLDER: Final = Path("/dev/fd")  # a name for each descriptor of this process


def room(wanted: int) -> int:
    """Return how many connections this process has descriptors for, at most `wanted`. Raises SetupError."""
    limit = _descriptors()
    used = len(list(DESCRIPTORS_FOLDER.iterdir())) if DESCRIPTORS_FOLDER.is_dir() else SPARE_DESCRIPTORS
    free = limit - used - ACCEPT_AHEAD * ACCEPT_BATCH - MAX_LINGERING - SPARE_DESCRIPTORS
    if free < MIN_CONNECTIONS:
        needed = limit - free + MIN_CONNECTIONS
        raise SetupError(f"this process may open {limit} files and needs {needed}. Type: ulimit -n 1024")
    return min(wanted, free)


def _descriptors() -> int:
    try:
        import resource
    except ImportError:  # on Windows, where sockets are not counted among files
        return 2**20
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 2**20 if limit == resource.RLIM_INFINITY else limit


class Connections:
    """All that are open. Belongs to one event loop."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.on_leave: Callable[[], None] = lambda: None  # called once, when the server is to end
        self._open: set[Connection] = set()
        self._turned_away: set[Connection] = set()
        self._timer: asyncio.TimerHandle | None = None
        self.refused = 0  # since the start
        self.leaving = False

    def __len__(self) -> int:
        return len(self._open)

    def protocol(self) -> "type[Connection]":
        """Return the class of connections that belong here, as uvicorn wants one."""

        class Bound(Connection):
            registry = self

        return Bound

    def admit(self, connection: "Connection") -> bool:
        """Take a connection in; False: there is no room, and it has to be told so."""
        self._look_later()
        if len(self._open) < self._most or self._make_room():
            self._open.add(connection)
            return True
        self.refused += 1
        if len(self._turned_away) < MAX_LINGERING:
            self._turned_away.add(connection)
        return False

    def lingers(self, connection: "Connection") -> bool:
        """Say whether there is time to hear a connection before it is told that there is no room."""
        return connection in self._turned_away

    def forget(self, connection: "Connection") -> None:
        """Count a connection no more."""
        self._open.discard(connection)
        self._turned_away.discard(connection)

    def begin_to_leave(self) -> None:
        """Have less patience from now on: the server is to end."""
        if not self.leaving:
            self.leaving = True
            self.on_leave()

    def _make_room(self) -> bool:
        silent = [each for each in self._open if each.silent]
        if not silent:
            return False
        oldest = min(silent, key=lambda each: each.since)
        self.forget(oldest)
        oldest.transport.close()
        return True

    def _look_later(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK_SECONDS, self._look)

    def _look(self) -> None:
        self._timer = None
        for connection in [*self._open, *self._turned_away]:
            connection.look()
        if self._open or self._turned_away:
            self._look_later()


class Connection(H11Protocol):
    """One of them, with an eye on the time."""

    registry: Connections

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.since = self.loop.time()  # that it waits for what it waits for now
        self._admitted = False
        self._begun = False  # a part of a head is there
        self._unsent = 0  # bytes of the answer at `since`
        self._is_last = False  # the answer under way: what followed its request is no request

    @property
    def answering(self) -> bool:
        """A request is there whose answer is not complete."""
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def silent(self) -> bool:
        """Nothing is asked, and nothing is left to be sent."""
        return not self.answering and not self.transport.get_write_buffer_size()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take it in, or turn it away."""
        self.since = self.loop.time()
        self._admitted = self.registry.admit(self)
        if self._admitted:
            super().connection_made(transport)
            return
        self.transport = transport
        if not self.registry.lingers(self):
            self._turn_away()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more."""
        self.registry.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Hear it; its time does not begin anew with each byte of a head."""
        if not self._admitted:
            self._turn_away()
            return
        if self._is_last:
            return
        if not self.answering and not self._begun:
            self._begun, self.since = True, self.loop.time()
        super().data_received(data)
        if self.answering:
            self._begun, self.since = False, self.loop.time()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request.

        uvicorn would spoil the answer that is under way; here it goes out, and is the last.
        """
        if not self.answering or (self.cycle.more_body and not self.cycle.response_started):
            super().send_400_response(msg)
        else:
            self._is_last, self.cycle.keep_alive = True, False

    def on_response_complete(self) -> None:
        """Wait for the next request, once this answer is read."""
        self.since, self._unsent = self.loop.time(), self.transport.get_write_buffer_size()
        super().on_response_complete()
        self._begun = bool(self.conn.trailing_data[0])  # which came with the request before

    def shutdown(self) -> None:
        """Finish what is begun, with less patience."""
        self.since = self.loop.time()
        self._unsent = self.transport.get_write_buffer_size()
        self.registry.begin_to_leave()
        super().shutdown()

    def look(self) -> None:
        """End the connection if its client had time enough."""
        waited = self.loop.time() - self.since
        if not self._admitted:
            if waited > LINGER_SECONDS:
                self._turn_away()
        elif self.transport.get_write_buffer_size():
            self._look_at_reader(waited)
        elif self.transport.is_closing():
            pass
        elif self.answering:
            # whoever waits for a body has its time, but for when the server is to end
            if self.registry.leaving and self.cycle.more_body and waited > LEAVING_SECONDS:
                self.transport.abort()
        elif self._begun and waited > HEAD_SECONDS:
            self._say(problem(TOO_SLOW, "The head of the request did not arrive in time."))
        elif waited > IDLE_SECONDS:
            self.transport.close()

    def _look_at_reader(self, waited: float) -> None:
        unsent = self.transport.get_write_buffer_size()
        if waited <= (LEAVING_SECONDS if self.registry.leaving else READ_SECONDS):
            return
        if self._unsent - unsent < READ_BYTES:
            self.transport.abort()
        self.since, self._unsent = self.loop.time(), unsent

    def _turn_away(self) -> None:
        self._say(problem(FULL, "All connections are at work. Try again in 5 s.", retry_after=5))

    def _say(self, answer: Response) -> None:
        """Write an answer that no request was read for, and end the connection."""
        headers = [*answer.raw_headers, (b"connection", b"close")]
        head = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        status = HTTPStatus(answer.status_code)
        first = f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode()
        self.transport.write(first + head + b"\r\n" + bytes(answer.body))
        self.transport.close()
