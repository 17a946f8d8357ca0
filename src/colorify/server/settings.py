"""How much the server takes on: every limit in one place, each with its unit."""

from dataclasses import dataclass, field
from os import cpu_count
from pathlib import Path
from typing import Final

from colorify.model.devices import AUTO

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
PREVIEW_SIDE: Final = 1600  # px; longest side of what the page shows while somebody works on a photo
JSON_BYTES: Final = 256 * 1024  # of a body that carries options and no picture
MAX_HINTS: Final = 1000  # for one photo
REFERENCE_HINTS: Final = 500  # of those, that another photo may give
SUGGESTIONS: Final = 5  # colours for one place
MAX_FILMS: Final = 4  # at work, waiting, or done and not fetched
MAX_FILM_PIXELS: Final = 8192 * 4320  # of a frame
ALTERNATIVES: Final = 4  # colourings of one photo


@dataclass(frozen=True)
class Settings:
    """What `colorify serve` was told."""

    version: str = "0"  # of Colorify, for the API's description
    weights: Path | None = None  # None: the embedded ones
    device: str = AUTO  # one of `model.devices.DEVICE_NAMES`
    workers: int = 2  # photos coloured at a time
    waiting: int = 16  # requests that may wait for a worker; one more is refused with 503
    max_bytes: int = 64 * 2**20  # of an upload
    max_pixels: int = 100_000_000  # of a photo; checked on its header
    seconds: float = 60.0  # for one piece of work, its wait included
    upload_seconds: float = 60.0  # for a body to arrive
    connections: int = 256  # at a time, if the system lets this process have so many
    grace_seconds: float = 20.0  # for the photos at work when the server is told to end
    sessions: int = 32  # photos kept for interactive work
    session_bytes: int = 512 * 2**20  # of all of them together
    session_seconds: float = 30 * 60.0  # that one is kept without being used
    film_seconds: float = 5 * 60.0  # that a film at work is kept when its page does not ask about it
    film_result_seconds: float = 30 * 60.0  # the same of one that is done: a phone's page may sleep
    token: str | None = None  # wanted as `Authorization: Bearer`; None: no token is wanted
    hosts: frozenset[str] = LOOPBACK  # names under which the server answers; empty: any
    origins: tuple[str, ...] = field(default=())  # other sites that may use the API (CORS)

    @property
    def threads(self) -> int:
        """Cores for one photo, when all workers are busy."""
        return max(1, (cpu_count() or 1) // self.workers)
