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

from colorify.batch.bulk.plan import find_pending, make_plan
from colorify.batch.bulk.store import Store
from colorify.batch.bulk.worker import ChunkWorker
from colorify.colorizer import Colorizer
from colorify.options import ColorOptions, SaveOptions

DEADLY = 13  # brightness of a photo of which a `DeadlyWorker` dies, each time
ONCE = 14  # the same, but the first time alone


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
        return _Deadly(super().load(), self.marker)  # type: ignore[return-value]


class _Deadly:
    def __init__(self, colorizer: Colorizer, marker: Path) -> None:
        self._colorizer, self._marker = colorizer, marker

    def colorize_source(self, content: bytes, *arguments: Any) -> Any:
        level = int(pyvips.Image.new_from_buffer(content, "").avg())
        if level == DEADLY or (level == ONCE and not self._marker.exists()):
            self._marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return self._colorizer.colorize_source(content, *arguments)


def plan_deadly_run(tmp_path: Path, weights: Path, levels: dict[str, int]) -> tuple[DeadlyWorker, list[int]]:
    """Write photos, plan their colouring, and return who does it and the numbers of the chunks."""
    write_photos(tmp_path / "in", levels)
    dest = Store(str(tmp_path / "out"))
    plan = make_plan(dest, str(tmp_path / "in"), {}, size=4)
    worker = DeadlyWorker(dest, "files", ColorOptions(), SaveOptions(), weights, marker=tmp_path / "died")
    return worker, find_pending(dest, plan)
