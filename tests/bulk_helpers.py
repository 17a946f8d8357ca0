"""Photos to colour in bulk, and a worker that dies of some of them."""

import io
import os
import signal
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyvips

from colorify.batch.bulk.worker import ChunkWorker
from colorify.colorizer import Colorizer

DEADLY = 13  # brightness of a photo of which a `DeadlyWorker` dies, each time
ONCE = 14  # the same, but the first time alone
CROWDED = 15  # the same, but never where no other worker is at work: as of want of memory, which others have


def make_photo(level: int) -> bytes:
    """Return a small grey PNG of one brightness."""
    data: bytes = pyvips.Image.new_from_array(np.full((24, 32), level, np.uint8)).pngsave_buffer()
    return data


def write_photos(folder: Path, levels: dict[str, int]) -> None:
    for name, level in levels.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(make_photo(level))


def write_shard(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def is_colored(data: bytes) -> bool:
    pixels = pyvips.Image.new_from_buffer(data, "").numpy()
    return bool(pixels.ndim == 3 and np.ptp(pixels[..., :3].astype(int), axis=2).max() > 3)


@dataclass
class DeadlyWorker(ChunkWorker):
    """Dies where it meets certain photos, as of a crash in a decoder or of want of memory."""

    marker: Path = Path()  # exists from the first death of `ONCE` on

    def load(self) -> Colorizer:
        return _Deadly(super().load(), self)  # type: ignore[return-value]


class _Deadly:
    def __init__(self, colorizer: Colorizer, worker: DeadlyWorker) -> None:
        self._colorizer, self._worker = colorizer, worker

    def colorize_source(self, content: bytes, *arguments: Any) -> Any:
        level = int(pyvips.Image.new_from_buffer(content, "").avg())
        deadly = {
            DEADLY: True,
            ONCE: not self._worker.marker.exists(),
            CROWDED: not self._worker.alone,
        }
        if deadly.get(level):
            if level == ONCE:
                self._worker.marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return self._colorizer.colorize_source(content, *arguments)


# photos of two chunks of four: what comes of them is the same on each engine
PERILOUS = {f"{n:02d}.png": 60 + n for n in range(8)} | {"03.png": DEADLY, "05.png": CROWDED, "06.png": ONCE}
