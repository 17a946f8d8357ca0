"""The server on a port, until it is told to stop; then it finishes what it has begun."""

import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

import pyvips
import uvicorn

from colorify.errors import SetupError
from colorify.images.vips import redirect_glib_log
from colorify.server import log
from colorify.server.app import create_app
from colorify.server.connections import ACCEPT_BATCH, IDLE_SECONDS, LEAVING_SECONDS, Connections, room
from colorify.server.job_queue import THREADS
from colorify.server.settings import Settings

# Ctrl-Break is Windows' own
SIGNALS: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name)
)
BACKLOG: Final = 128  # connections that the system keeps until they are accepted
# a file system in memory, on Linux; what is put there has no name
MEMORY_FOLDER: Final = Path("/dev/shm")  # noqa: S108
MAX_PIXEL_BYTES: Final = 8  # for one pixel: 4 bands of 16 bits


class Ended(NamedTuple):
    """How it ended: by which signal, and how many threads are inside a call that cannot be stopped."""

    signal: int | None
    threads: int


def serve(settings: Settings, *, host: str, port: int, started: Callable[[int], None]) -> Ended:
    """Listen on `host`:`port` (0: any free port) until SIGINT or SIGTERM. `started` is told the port.

    Photos at work then have `settings.grace_seconds`, and clients that neither send nor read LEAVING_SECONDS.
    Raises SetupError where the port or descriptors are not to be had, WeightsError.
    """
    _prepare_libvips()
    keep_in_memory(settings)
    with _listen(host, port) as bound:
        connections = Connections(room(settings.connections))
        config = uvicorn.Config(
            create_app(settings, connections=connections),
            loop="asyncio",
            http=connections.protocol(),
            ws="none",
            lifespan="on",
            log_config=log.CONFIG,
            log_level="error",  # what clients do wrong is in the metrics
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,  # no address of a client is used, and so none is believed
            backlog=ACCEPT_BATCH,
            timeout_keep_alive=round(IDLE_SECONDS),
            timeout_graceful_shutdown=round(settings.grace_seconds + LEAVING_SECONDS),
        )
        server = _Server(config)
        started(bound.getsockname()[1])
        server.run(sockets=[bound])
    return Ended(server.told, _threads_left(LEAVING_SECONDS))


class _Server(uvicorn.Server):
    """uvicorn's, but that it does not signal itself when it has ended, and has a longer backlog."""

    told: int | None = None  # the signal that ended it

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end, or end at once after a second Ctrl-C."""
        self.told = sig
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Hear signals for as long as the body lasts. A signal that was obeyed is not raised again."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen. For asyncio the backlog is how many it accepts in one go, which is to be few."""
        await super().startup(sockets)
        for bound in sockets or []:
            bound.listen(BACKLOG)


def _threads_left(seconds: float) -> int:
    """Return how many workers are still inside a call that cannot be stopped, after so many seconds."""
    end = time.monotonic() + seconds
    workers = [thread for thread in threading.enumerate() if thread.name.startswith(THREADS)]
    for thread in workers:
        thread.join(max(0.0, end - time.monotonic()))
    return sum(thread.is_alive() for thread in workers)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Unix keeps a port for a minute after its server has gone, if it is not told otherwise. On Windows
        # the same option would give one port to two servers, and another one forbids that.
        exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR if exclusive is None else exclusive, 1)
        bound.bind((host, port))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        reason = error.strerror or str(error)
        raise SetupError(f"cannot listen on {host}:{port} ({reason}). Try --port {port + 1}.") from error
    return bound


def keep_in_memory(settings: Settings) -> None:
    """Put the nameless files of `images.tile_cache` into memory, not onto a disk, where there is room."""
    needed = settings.workers * settings.max_pixels * MAX_PIXEL_BYTES
    if (
        MEMORY_FOLDER.is_dir()
        and os.access(MEMORY_FOLDER, os.W_OK)
        and shutil.disk_usage(MEMORY_FOLDER).free >= needed
    ):
        tempfile.tempdir = str(MEMORY_FOLDER)


def _prepare_libvips() -> None:
    """Keep strangers' photos out of libvips' cache and off the disk, and its untested loaders shut."""
    os.environ.setdefault("VIPS_DISC_THRESHOLD", "16g")  # bytes; what is smaller is decoded in memory
    pyvips.cache_set_max(0)
    redirect_glib_log()
    if pyvips.at_least_libvips(8, 13):
        pyvips.block_untrusted_set(True)
