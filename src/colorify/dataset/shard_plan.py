"""Which photo goes into which shard: decided before anything is written, and the same at every run.

There is no random state: the order is that of a hash of seed and path. So a packing that was ended goes on,
and the same photos and options always make the same shards.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from colorify.dataset.near_duplicates import MAX_BITS, group_near_duplicates
from colorify.dataset.sources import Source
from colorify.errors import UsageError

FORMATS: Final = ("webp", "jpeg")
SPLITS: Final = ("train", "validation")


@dataclass(frozen=True)
class Packing:
    """How photos are packed."""

    short_side: int = 256  # px; smaller photos keep their size
    format: str = "webp"
    quality: int = 90  # 1..100
    per_shard: int = 1000  # photos, at most; shards of a split differ by one photo at most
    validation: float = 0.02  # share of the photos, 0..1
    seed: int = 1

    def check(self) -> None:
        """Raise UsageError for options that make no sense."""
        if self.format not in FORMATS:
            raise UsageError(f"format {self.format!r}: expected {' or '.join(FORMATS)}.")
        if not (self.short_side >= 16 and 1 <= self.quality <= 100 and self.per_shard >= 1):
            raise UsageError(
                f"short side {self.short_side} px, quality {self.quality}, {self.per_shard} photos a shard: "
                "expected at least 16 px, 1 to 100, and at least 1."
            )
        if not 0 <= self.validation < 1:
            raise UsageError(f"validation {self.validation:g}: expected a share from 0 to below 1.")


@dataclass(frozen=True)
class Item:
    """One photo's place."""

    key: str
    source: Source


@dataclass(frozen=True)
class ShardPlan:
    """What goes into one shard."""

    name: str  # without .tar
    split: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class PackingPlan:
    """All shards, and a fingerprint of everything that they depend on."""

    shards: tuple[ShardPlan, ...]
    fingerprint: str


def plan_shards(sources: Sequence[Source], hashes: Sequence[int], packing: Packing) -> PackingPlan:
    """Divide photos into train and validation shards; no family of near-duplicates is divided.

    `hashes`: of each photo, as screening measured them. Raises UsageError where there are no photos.
    """
    packing.check()
    if not sources:
        raise UsageError("nothing was kept by the screening: see screen/report.jsonl for the reasons.")
    keys = _keys(sources)
    held_out = _validation(sources, group_near_duplicates(hashes, bits=MAX_BITS), packing)
    shards: list[ShardPlan] = []
    for split in SPLITS:
        mine = [i for i in range(len(sources)) if (i in held_out) == (split == "validation")]
        mine.sort(key=lambda i: _draw(packing.seed, sources[i].path))
        pieces = np.array_split(np.array(mine, dtype=np.intp), max(1, -(-len(mine) // packing.per_shard)))
        for number, piece in enumerate(pieces if mine else ()):
            items = tuple(Item(keys[i], sources[i]) for i in piece)
            shards.append(ShardPlan(f"{split}-{number:06d}", split, items))
    return PackingPlan(tuple(shards), _fingerprint(shards, hashes, packing))


def _keys(sources: Sequence[Source]) -> list[str]:
    """Number the photos of each set. WebDataset ends a key at the first dot, so there is none in it."""
    count: Counter[str] = Counter()
    keys = []
    for source in sources:
        name = "".join(c if c.isalnum() and c.isascii() else "_" for c in source.set_name)
        keys.append(f"{name}-{count[name]:07d}")
        count[name] += 1
    return keys


def _validation(sources: Sequence[Source], family_of: Sequence[int], packing: Packing) -> set[int]:
    """Draw whole families until there are enough photos; one that would be too many is passed over."""
    members: dict[int, list[int]] = {}
    for i, family in enumerate(family_of):
        members.setdefault(family, []).append(i)
    wanted = round(packing.validation * len(sources))
    held_out: set[int] = set()
    # the split and the order within a shard must not be one draw
    for group in sorted(
        members.values(), key=lambda group: _draw(packing.seed, f"split|{sources[group[0]].path}")
    ):
        if len(held_out) + len(group) <= wanted:
            held_out.update(group)
    return held_out


def _draw(seed: int, path: str) -> bytes:
    return hashlib.sha256(f"{seed}|{path}".encode()).digest()


def _fingerprint(shards: Sequence[ShardPlan], hashes: Sequence[int], packing: Packing) -> str:
    content = {
        "packing": asdict(packing),
        "hashes": sorted(f"{value:016x}" for value in hashes),
        "shards": [[shard.name, [[item.key, item.source.path] for item in shard.items]] for shard in shards],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
