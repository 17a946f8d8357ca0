"""The stream: every photo as often as its set says, in constant memory, and on from anywhere."""

import itertools
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest

from colorify.errors import UsageError
from colorify.training.data.photo_source import Photo, PhotoSource
from colorify.training.data.photo_stream import PhotoStream, Place, Position
from colorify.training.distributed import Workers

SHARDS, MEMBERS = 6, 10
ALL = SHARDS * MEMBERS


def make_source(shards: int = SHARDS, members: int = MEMBERS, read: list[int] | None = None) -> PhotoSource:
    """Shards whose photos are of the set a or b in turn; `read` is told each shard that is opened."""

    def photos(number: int) -> Iterator[Photo]:
        if read is not None:
            read.append(number)
        for member in range(members):
            yield f"{'ab'[member % 2]}-{number:02d}{member:02d}", b"picture"

    return PhotoSource(tuple(f"{number}.tar" for number in range(shards)), photos)


def make_stream(
    source: PhotoSource | None = None,
    *,
    buffer: int = 16,
    seed: int = 3,
    workers: Workers | None = None,
    **by_set: float,
) -> PhotoStream:
    return PhotoStream(source or make_source(), by_set, buffer, seed, workers or Workers())


def take_keys(stream: PhotoStream, count: int, position: Position | None = None) -> list[str]:
    drawn = itertools.islice(stream.photos(position or Position()), count)
    return [photo.photo[0] for photo in drawn]


def test_a_pass_has_every_photo_once_and_the_next_one_in_another_order() -> None:
    keys = take_keys(make_stream(), 2 * ALL)
    first, second = keys[:ALL], keys[ALL:]
    assert len(set(first)) == len(set(second)) == ALL
    assert first != second
    assert first != sorted(first)


@pytest.mark.parametrize("buffer", [1, 7, 16, 1000])
@pytest.mark.parametrize("taken", [0, 1, 15, 16, 17, ALL - 1, ALL, ALL + 5, 3 * ALL + 11])
def test_it_goes_on_exactly_where_it_was(buffer: int, taken: int) -> None:
    stream = make_stream(buffer=buffer, a=2.5, b=0.4)
    drawn = list(itertools.islice(stream.photos(Position()), taken + 50))
    position = drawn[taken - 1].position if taken else Position()
    assert Position.from_numbers(position.to_numbers()) == position
    assert (
        list(itertools.islice(make_stream(buffer=buffer, a=2.5, b=0.4).photos(position), 50)) == drawn[taken:]
    )


def test_sets_come_as_often_as_the_recipe_says() -> None:
    keys = take_keys(make_stream(a=2.5, b=0.25), 40 * (75 + 7))
    counts = Counter(key[0] for key in keys)
    assert counts["a"] / counts["b"] == pytest.approx(10, rel=0.15)
    assert len({key for key in keys if key[0] == "b"}) == ALL // 2  # rare ones are no fixed choice
    assert all(key[0] == "a" for key in take_keys(make_stream(b=0.0), 100))


def test_no_more_than_the_buffer_is_held_and_the_next_block_fills_meanwhile() -> None:
    source = make_source(shards=100)
    read = 0

    def count(number: int) -> Iterator[Photo]:
        nonlocal read
        for photo in source.read(number):
            read += 1
            yield photo

    stream = make_stream(PhotoSource(source.names, count), buffer=50)
    held = [read - number for number, _ in zip(range(1, 900), stream.photos(Position()), strict=False)]
    assert max(held) <= 50 + 1
    assert min(held) >= 49


def test_photos_are_mixed_across_shards() -> None:
    keys = take_keys(make_stream(buffer=30), 10)
    assert len({key[2:4] for key in keys}) > 2


@pytest.mark.parametrize("count", [2, 3])
def test_processes_share_each_pass_without_overlap(count: int) -> None:
    for turn in range(3):
        each = [
            take_keys(make_stream(workers=Workers(rank, count)), ALL // count, Position(Place(turn, 0, 0, 0)))
            for rank in range(count)
        ]
        keys = [key for keys in each for key in keys]
        assert len(set(keys)) == len(keys) == ALL
    shards = [{key[2:4] for key in keys} for keys in each]
    assert not set.intersection(*shards)


def test_shards_are_dealt_out_anew_in_every_pass() -> None:
    stream = make_stream(workers=Workers(0, 2))
    dealt = {frozenset(stream._order(turn).tolist()) for turn in range(8)}
    assert len(dealt) > 4


def test_the_seed_decides() -> None:
    assert take_keys(make_stream(), 30) == take_keys(make_stream(), 30)
    assert take_keys(make_stream(), 30) != take_keys(make_stream(seed=4), 30)


def test_shards_before_the_position_are_not_opened() -> None:
    read: list[int] = []
    stream = make_stream(make_source(read=read))
    next(stream.photos(Position(Place(0, 4, 0, 0))))
    assert read == stream._order(0)[4:].tolist()


@pytest.mark.parametrize("by_set", [{"a": 0.0, "b": 0.0}, {}])
def test_no_photo_to_draw_is_an_error_and_no_endless_search(by_set: dict[str, float]) -> None:
    source = make_source() if by_set else make_source(members=0)
    with pytest.raises(UsageError, match="no photo"):
        take_keys(make_stream(source, **by_set), 1)


def test_arrays_pass_through() -> None:
    source = PhotoSource(
        ("part-0",), lambda _: iter([("own-1", np.zeros((2, 2, 3), np.uint8))]), encoded=False
    )
    (drawn,) = itertools.islice(make_stream(source).photos(Position()), 1)
    assert isinstance(drawn.photo[1], np.ndarray)
