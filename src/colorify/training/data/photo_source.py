"""Where a run's photos are: in shards that are read again in every pass, or in memory, if they are few."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from colorify.dataset.shard_reader import Sample, decode_photos, read_members
from colorify.errors import UsageError, spell_count
from colorify.pixels import LabBytes

Photo = tuple[str, bytes | LabBytes]  # key, and a picture file or what it was decoded to
MOST_HELD_OUT: Final = 256  # photos
HELD_OUT_SHARE: Final = 0.1  # of the shard that they are taken from, at most


@dataclass(frozen=True)
class PhotoSource:
    """Shards, numbered from 0. `read` yields the photos of one, always in the same order."""

    names: tuple[str, ...]  # of the shards, without their folders, which may move
    read: Callable[[int], Iterator[Photo]]
    encoded: bool = True  # whether the photos are picture files that have yet to be decoded


def source_of_samples(samples: Sequence[Sample], parts: int = 1) -> PhotoSource:
    """Make a source of photos in memory. `parts`: shards, of which every process needs one."""

    def read(part: int) -> Iterator[Photo]:
        for sample in samples[part::parts]:
            yield sample.key, sample.lab

    return PhotoSource(tuple(f"part-{part}" for part in range(parts)), read, encoded=False)


def source_of_shards(addresses: Sequence[str]) -> tuple[PhotoSource, list[Sample]]:
    """Make a source of WebDataset shards, and hold out the first photos of the last one.

    `addresses`: paths, or whatever fsspec opens. Returns it and the photos held out, which it leaves out.
    Raises UsageError where the last shard has too few photos to hold one out.
    """
    last = list(read_members(addresses[-1]))
    if len(last) < 2:
        raise UsageError(
            f"{addresses[-1]}: found {spell_count(len(last), 'photo')}, expected 2 or more: one to hold out."
        )
    held_out = min(MOST_HELD_OUT, max(1, int(HELD_OUT_SHARE * len(last))))

    def read(number: int) -> Iterator[Photo]:
        left_out = held_out if number == len(addresses) - 1 else 0
        yield from itertools.islice(read_members(addresses[number]), left_out, None)

    names = tuple(PurePosixPath(address).name for address in addresses)
    return PhotoSource(names, read), decode_photos(last[:held_out])
