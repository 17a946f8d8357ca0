"""Decodes photos as they come: decode.py PARTS READY PROCESSES. Parts of `pack.py` become arrays; runs until killed."""

import io
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

PHOTOS = 500  # of an array file


def decode(ready: Path, name: str, number: int, members: list[tuple[str, bytes]]) -> None:
    """Write file `number` of the part `name`: `pixels`, (n, 3) RGB, photos end to end; `sizes`, (N, 2); `names`."""
    names, sizes, pixels = [], [], []
    for key, data in members:
        rgb = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        names.append(key)
        sizes.append(rgb.shape[:2])
        pixels.append(rgb.reshape(-1, 3))
    target = ready / f"{name}-{number:03d}.npz"
    part = target.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(file, pixels=np.concatenate(pixels), sizes=np.array(sizes, np.int64), names=np.array(names))
    part.rename(target)


def read_part(part: Path) -> Iterator[tuple[str, int, list[tuple[str, bytes]]]]:
    """Yield the photos of a part: `names`, `lengths`, and their files one after another in `data`."""
    with np.load(part) as arrays:
        names, lengths, data = (arrays[name] for name in ("names", "lengths", "data"))
    ends = lengths.cumsum()
    parts = zip(names.tolist(), ends - lengths, ends, strict=True)
    members = [(name, data[start:end].tobytes()) for name, start, end in parts]
    for number, start in enumerate(range(0, len(members), PHOTOS)):
        yield part.stem, number, members[start : start + PHOTOS]


def main(parts: Path, ready: Path, processes: int) -> None:
    ready.mkdir(parents=True, exist_ok=True)
    seen: set[Path] = set()
    with ProcessPoolExecutor(processes, initializer=os.nice, initargs=(5,)) as pool:
        while True:
            for part in sorted(set(parts.glob("*.npz")) - seen):
                seen.add(part)
                for job in read_part(part):
                    pool.submit(decode, ready, *job)
            time.sleep(0.5)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
