"""An endless stream of photos out of shards, in constant memory, that goes on exactly where it was.

In every pass the shards are shuffled and dealt out to the processes. What a process reads is shuffled in
blocks of `buffer` photos, picture files of some 5 to 30 kB each: while one block is handed out, a photo read
for each photo given, the next one fills. A photo of a set with the weight 2.5 comes two or three times in a
pass. All that is random depends on the seed and on where the stream stands, so that where it stands is a few
numbers: the place at which the block began, and how many of it have been taken.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colorify.errors import UsageError
from colorify.training.data.photo_source import Photo, PhotoSource
from colorify.training.distributed import Workers


class Place(NamedTuple):
    """Where a photo is read."""

    turn: int  # passes over all shards before
    shard: int  # number in this process's order of the shards of the pass
    member: int  # number in the shard
    copy: int  # number of the same photo in this pass


class Position(NamedTuple):
    """Where a stream stands: `taken` photos into the block that began at `start`."""

    start: Place = Place(0, 0, 0, 0)
    taken: int = 0

    def to_numbers(self) -> list[int]:
        return [*self.start, self.taken]

    @classmethod
    def from_numbers(cls, numbers: list[int]) -> "Position":
        """Take what `to_numbers` gave."""
        return cls(Place(*numbers[:4]), numbers[4])

    def next_pass(self) -> "Position":
        return Position(Place(self.start.turn + 1, 0, 0, 0))


class DrawnPhoto(NamedTuple):
    """A photo, and where the stream stands when it has been taken."""

    photo: Photo
    position: Position


class _ReadPhoto(NamedTuple):
    place: Place
    photo: Photo


@dataclass(frozen=True)
class PhotoStream:
    """The photos of one process, shuffled."""

    source: PhotoSource
    by_set: Mapping[str, float]  # how often a photo of a set comes in a pass; others 1
    buffer: int  # photos that are shuffled together
    seed: int
    workers: Workers

    def photos(self, position: Position) -> Iterator[DrawnPhoto]:
        """Yield photos for ever, from `position` on, which is that of a photo drawn, or Position().

        Raises UsageError where the shards hold no photo that may be drawn; PhotoError.
        """
        filling = _Filling(self._read(position.start), self.buffer)
        start, block, taken = position.start, filling.take_block(), position.taken
        while True:
            order = self._rng(*start, self.workers.rank).permutation(len(block))
            for number, chosen in enumerate(order, 1):
                filling.take_photo()
                photo = block.pop(chosen).photo
                if number > taken:
                    yield DrawnPhoto(photo, Position(start, number))
            start, block, taken = filling.next_start(), filling.take_block(), 0

    def _read(self, start: Place) -> Iterator[_ReadPhoto]:
        """Yield this process's photos in the order of the shards, pass after pass, from `start` on."""
        for turn in itertools.count(start.turn):
            found = False
            for shard, number in enumerate(self._order(turn)):
                if (turn, shard) < start[:2]:
                    continue
                for read in self._read_shard(turn, shard, number):
                    found = True
                    if read.place >= start:
                        yield read
            if not found and turn > start.turn:
                raise UsageError("The shards hold no photo that may be drawn. Look at the recipe's [sets].")

    def _read_shard(self, turn: int, shard: int, number: int) -> Iterator[_ReadPhoto]:
        rng = self._rng(turn, number)
        for member, photo in enumerate(self.source.read(number)):
            copies = set_weight(photo[0], self.by_set) + rng.random()
            for copy in range(int(copies)):
                yield _ReadPhoto(Place(turn, shard, member, copy), photo)

    def _order(self, turn: int) -> NDArray[np.int64]:
        """The shards of this process in a pass."""
        order = self._rng(turn).permutation(len(self.source.names))
        mine: NDArray[np.int64] = order[self.workers.rank :: self.workers.count]
        return mine

    def _rng(self, *numbers: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *numbers])


class _Filling:
    """The next block, which fills while another one is handed out. A block ends with its pass."""

    def __init__(self, photos: Iterator[_ReadPhoto], size: int) -> None:
        self._photos, self._size = photos, size
        self._block: list[_ReadPhoto] = []
        self._next = next(photos)

    def take_photo(self) -> bool:
        """Read one more photo, and say whether there was room for it."""
        full = len(self._block) == self._size
        if full or (self._block and self._next.place.turn != self._block[0].place.turn):
            return False
        self._block.append(self._next)
        self._next = next(self._photos)
        return True

    def next_start(self) -> Place:
        return self._block[0].place if self._block else self._next.place

    def take_block(self) -> dict[int, _ReadPhoto]:
        """Read what is missing, and return the block."""
        while self.take_photo():
            pass
        block, self._block = dict(enumerate(self._block)), []
        return block


def set_weight(key: str, by_set: Mapping[str, float]) -> float:
    """Look up the weight of the set that a photo is of: the part of its key before the last "-"."""
    return by_set.get(key.rpartition("-")[0], 1.0)
