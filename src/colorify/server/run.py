"""The server on a port, until it is told to stop; then it finishes what it has begun."""

import os
import shutil
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pyvips
import uvicorn

from colorify.errors import SetupError
from colorify.server.app import create_app
from colorify.server.settings import Settings

DRAIN_SECONDS: Final = 70  # a little more than a photo may take
MEMORY: Final = Path("/dev/shm")  # a file system in memory, on Linux
MOST_BYTES: Final = 8  # for one pixel: 4 bands of 16 bits
IDLE_SECONDS: Final = 15  # that a connection is kept open between two requests


def serve(settings: Settings, *, host: str, port: int, started: Callable[[int], None]) -> None:
    """Listen on `host`:`port` (0: any free port) until SIGINT or SIGTERM. `started` is told the port.

    Raises SetupError where the port is not to be had, WeightsError.
    """
    _prepare_libvips()
    keep_in_memory(settings)
    app = create_app(settings)
    with _listen(host, port) as bound:
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=True,
            lifespan="on",
            ws="none",
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
        started(bound.getsockname()[1])
        uvicorn.Server(config).run(sockets=[bound])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(128)
    except OSError as error:
        bound.close()
        reason = error.strerror or str(error)
        raise SetupError(f"cannot listen on {host}:{port} ({reason}). Try --port {port + 1}.") from error
    return bound


def keep_in_memory(settings: Settings) -> None:
    """Put the nameless files of `colorify.tiles` into memory, not onto a disk, where there is room."""
    needed = settings.workers * settings.max_pixels * MOST_BYTES
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= needed:
        tempfile.tempdir = str(MEMORY)


def _prepare_libvips() -> None:
    """Keep strangers' photos out of libvips' cache and off the disk, and its untested loaders shut."""
    os.environ.setdefault("VIPS_DISC_THRESHOLD", "16g")  # bytes; what is smaller is decoded in memory
    pyvips.cache_set_max(0)
    if pyvips.at_least_libvips(8, 13):
        pyvips.block_untrusted_set(True)
