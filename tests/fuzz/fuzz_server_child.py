"""The process that answers requests which may kill it; as `fuzz_child`, but each file is what a client sends.

The whole server but its socket: uvicorn's protocol, the guard, the routes, the colorizer.
"""

import asyncio
import faulthandler
import json
import logging
import re
import resource
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import uvicorn
from fuzz_child import MAX_PIXELS, SPARE, status
from fuzz_requests import SESSION, requests

from colorify.colorizer import Colorizer
from colorify.server.app import create_app
from colorify.server.connections import Connections
from colorify.server.log import QUIET_LOGGERS
from colorify.server.settings import Settings

PATIENCE = 10.0  # s for an answer
ANEW = 100  # requests after which there is a new session


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


class Subject:
    """The server, and a session on it."""

    def __init__(self, weights: str, sound: bytes) -> None:
        settings = Settings(workers=1, max_pixels=MAX_PIXELS, sessions=4, seconds=PATIENCE)
        connections = Connections(100)
        app = create_app(settings, colorizer=Colorizer(weights, threads=1), connections=connections)
        options: dict[str, Any] = {"http": connections.protocol(), "ws": "none", "proxy_headers": False}
        self._config = uvicorn.Config(app, log_config=None, access_log=False, **options)
        self._config.load()
        self._state = uvicorn.Server(self._config).server_state
        self._opening = requests({"sound.png": sound})["open"]
        self._session, self._answered = SESSION, 0
        self._faults = Faults()
        logging.getLogger().addHandler(self._faults)
        for name in QUIET_LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL)

    async def attempt(self, data: bytes) -> str:
        """Answer one client: "done", or what should not have happened."""
        try:
            if self._answered % ANEW == 0:
                said = await self._answer(self._opening)
                found = re.search(rb'"id":"([^"]+)"', said)
                assert found is not None, said
                self._session = found[1]
            self._answered += 1
            said = await self._answer(data.replace(SESSION, self._session))
            assert not re.search(rb"^HTTP/1\.1 50[0-24-9]", said, re.MULTILINE), said[:1000]
            assert not self._faults.said, self._faults.said
        except BaseException:  # noqa: BLE001 - whatever it is, it is a finding, and this process goes on
            self._faults.said.clear()
            return traceback.format_exc()
        return "done"

    async def _answer(self, data: bytes) -> bytes:
        wire = Wire()
        loop = asyncio.get_running_loop()
        protocol: Any = self._config.http_protocol_class(
            config=self._config, server_state=self._state, app_state={}, _loop=loop
        )  # type: ignore[call-arg]
        protocol.connection_made(wire)
        for part in (data[: len(data) // 2], data[len(data) // 2 :]):
            if part and not wire.is_closing():
                protocol.data_received(part)
            await asyncio.sleep(0)
        end = loop.time() + PATIENCE
        # a client that does not send the rest of its body is not waited for: it goes
        while protocol.answering and not protocol.cycle.more_body and loop.time() < end:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0)
        protocol.connection_lost(None)
        while self._state.tasks and loop.time() < end:
            await asyncio.sleep(0.001)
        assert not self._state.tasks, "a request hangs"
        return wire.read


async def measured(subject: Subject, path: Path) -> dict[str, Any]:
    """Try one client; also say how much memory, in MB, and time of the processor it took."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, started = status("VmHWM"), time.process_time()
    outcome = await subject.attempt(path.read_bytes())
    grown = (status("VmHWM") - before) / 2**20
    return {"outcome": outcome, "memory": round(grown), "seconds": round(time.process_time() - started, 2)}


async def main() -> None:
    faulthandler.enable()
    sound = Path(sys.argv[2])
    subject = Subject(sys.argv[1], sound.read_bytes())
    for data in requests({"sound.png": sound.read_bytes()}).values():
        await subject.attempt(data)  # whatever loads late is loaded now
    limit = status("VmSize") + SPARE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for line in sys.stdin:  # nothing else is to be done meanwhile
        path = line.rstrip("\n").rpartition(" ")[0]
        sys.stdout.write(json.dumps(await measured(subject, Path(path))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
