"""Packs shards of photos into parts for a machine that takes files in small portions.

    pack.py INTO --small SHARD... --large SHARD... [--quota SET=SHARE...]

INTO/NN/pNN-K-KIND.npz hold the files of photos as WebP, one after another: `data`, uint8; `lengths`, int64;
`names`, the photos' keys. A folder NN is one portion. `small` photos get 160 px on the short side, `large` ones 336
(those with fewer than 300 are left out), no longer than 3 : 2. The small ones come first, so that training can begin
with the first portion. The first portion is smaller, as the program and its weights travel with it.
"""

import argparse
import hashlib
import io
import itertools
import tarfile
from collections.abc import Iterable, Iterator
from multiprocessing import Pool
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

FIRST_BYTES, PORTION_BYTES = 45_000_000, 64_000_000
NAME_BYTES = 110  # that a photo's key and length take, at most
LONGEST = 1.5  # long side over short side


class Kind(NamedTuple):
    name: str
    short: int  # px
    least: int  # px, short side of a photo that is taken
    quality: int  # of WebP


SMALL = Kind("small", 160, 128, 60)
LARGE = Kind("large", 336, 300, 55)


def is_drawn(key: str, quota: dict[str, float]) -> bool:
    """Whether a photo belongs to the share that its set is cut to; the same at every call."""
    share = quota.get(key.rpartition("-")[0], 1.0)
    return int(hashlib.sha1(key.encode()).hexdigest()[:8], 16) / 2**32 < share


def encode(image: Image.Image, kind: Kind) -> bytes:
    """Return `image` cut to LONGEST, reduced, as WebP."""
    width, height = image.size
    short = min(width, height)
    long = min(max(width, height), round(LONGEST * short))
    if width > height:
        image = image.crop(((width - long) // 2, 0, (width - long) // 2 + long, short))
    else:
        image = image.crop((0, 0, short, long))  # the top: heads are there
    if short > kind.short:
        scale = kind.short / short
        size = round(image.width * scale), round(image.height * scale)
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    file = io.BytesIO()
    image.save(file, "WEBP", quality=kind.quality, method=2)
    return file.getvalue()


def pack_shard(job: tuple[Path, Kind, dict[str, float]]) -> list[tuple[str, bytes]]:
    shard, kind, quota = job
    photos = []
    with tarfile.open(shard) as tar:
        for member in tar:
            key, _, ending = member.name.rpartition(".")
            stream = tar.extractfile(member) if member.isfile() and ending in ("jpg", "webp", "png") else None
            if stream is None or not is_drawn(key, quota):
                continue
            image = Image.open(io.BytesIO(stream.read())).convert("RGB")
            if min(image.size) >= kind.least:
                photos.append((f"large_{key}" if kind is LARGE else key, encode(image, kind)))
    return photos


def write_part(into: Path, portion: int, number: int, kind: Kind, photos: list[tuple[str, bytes]]) -> None:
    folder = into / f"{portion:02d}"
    folder.mkdir(parents=True, exist_ok=True)
    names, files = zip(*photos, strict=True)
    np.savez(
        folder / f"p{portion:02d}-{number}-{kind.name}.npz",
        names=np.array(names),
        lengths=np.array([len(file) for file in files], np.int64),
        data=np.frombuffer(b"".join(files), np.uint8),
    )


def write_portions(into: Path, groups: Iterable[tuple[Kind, Iterator[tuple[str, bytes]]]]) -> None:
    portion = number = room = 0
    room = FIRST_BYTES
    for kind, photos in groups:
        part: list[tuple[str, bytes]] = []
        for key, file in photos:
            if room < len(file) + NAME_BYTES:
                write_part(into, portion, number, kind, part)
                print(f"portion {portion}: {len(part)} {kind.name} photos last")
                portion, number, room, part = portion + 1, 0, PORTION_BYTES, []
            part.append((key, file))
            room -= len(file) + NAME_BYTES
        if part:
            write_part(into, portion, number, kind, part)
            number += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("into", type=Path)
    parser.add_argument("--small", type=Path, nargs="+", default=[])
    parser.add_argument("--large", type=Path, nargs="*", default=[])
    parser.add_argument("--quota", nargs="*", default=[], help="SET=SHARE: how many of a set's photos, 0..1")
    options = parser.parse_args()
    quota = {name: float(share) for name, _, share in (entry.partition("=") for entry in options.quota)}
    with Pool() as pool:
        groups = [
            (kind, itertools.chain.from_iterable(pool.imap(pack_shard, [(shard, kind, quota) for shard in shards])))
            for kind, shards in ((SMALL, options.small), (LARGE, options.large))
        ]
        write_portions(options.into, groups)


if __name__ == "__main__":
    main()
