"""Batches from shards: the same whoever decodes them, on from anywhere, an error where a decoder dies."""

import dataclasses
import io
import itertools
import multiprocessing
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
import pyvips
import torch

from colorify.errors import PhotoError, SetupError, UsageError
from colorify.training.data.loader import PREFETCH, BatchLoader, StepBatches, make_loader
from colorify.training.data.photo_source import PhotoSource, source_of_shards
from colorify.training.data.photo_stream import Position
from colorify.training.distributed import Workers
from colorify.training.recipe import Phase, Recipe

CPU = torch.device("cpu")


def write_shard(path: Path, keys: list[str], data: bytes | None = None) -> str:
    """A shard of pictures each of one colour, which its key decides."""
    with tarfile.open(path, "w") as tar:
        for number, key in enumerate(keys):
            color = np.random.default_rng(sum(key.encode()) + number).integers(40, 200, 3)
            pixels = np.full((48, 64, 3), color, np.uint8)
            content = data or pyvips.Image.new_from_array(pixels).pngsave_buffer()
            entry = tarfile.TarInfo(f"{key}.png")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return str(path)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("shards")
    return [
        write_shard(folder / f"{shard}.tar", [f"set{shard % 2}-{shard}{member}" for member in range(12)])
        for shard in range(4)
    ]


@pytest.fixture(scope="module")
def source(shards: list[str]) -> PhotoSource:
    return source_of_shards(shards)[0]


@pytest.fixture
def streaming(recipe: Recipe) -> Recipe:
    return dataclasses.replace(recipe, buffer=7, sets={"set1": 1.5}, accumulate=2)


@contextmanager
def loading(
    recipe: Recipe, source: PhotoSource, position: Position | None = None, decoders: int = 0
) -> Iterator[BatchLoader]:
    with closing(make_loader(recipe, source, CPU, Workers(), decoders=decoders, position=position)) as loader:
        yield loader


def take(loader: BatchLoader, phase: Phase, step: int, count: int) -> list[StepBatches]:
    with closing(loader.batches(phase, step)) as batches:
        return list(itertools.islice(batches, count))


def same(one: list[StepBatches], other: list[StepBatches]) -> bool:
    return len(one) == len(other) and all(
        torch.equal(a, b)
        for left, right in zip(one, other, strict=True)
        for lefts, rights in zip(left.batches, right.batches, strict=True)
        for a, b in zip(lefts, rights, strict=True)
    )


def test_the_first_photos_of_the_last_shard_are_held_out(shards: list[str]) -> None:
    source, held_out = source_of_shards(shards)
    assert [sample.key for sample in held_out] == ["set1-30"]  # a tenth of 12
    assert [key for key, _ in source.read(3)] == [f"set1-3{member}" for member in range(1, 12)]
    assert len(list(source.read(0))) == 12
    assert source.names == ("0.tar", "1.tar", "2.tar", "3.tar")


def test_too_few_to_hold_one_out_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="found 1 photo, expected 2"):
        source_of_shards([write_shard(tmp_path / "a.tar", ["one-1"])])


def test_any_address_of_fsspec_streams(source: PhotoSource, shards: list[str], recipe: Recipe) -> None:
    elsewhere, _ = source_of_shards([f"file://{shard}" for shard in shards])
    with loading(recipe, source) as one, loading(recipe, elsewhere) as other:
        assert same(take(one, recipe.phases[0], 0, 3), take(other, recipe.phases[0], 0, 3))


def test_processes_decode_the_same_batches(streaming: Recipe, source: PhotoSource) -> None:
    phase = streaming.phases[0]
    with loading(streaming, source) as here, loading(streaming, source, decoders=2) as beside:
        assert same(take(here, phase, 0, 6), take(beside, phase, 0, 6))
    assert not multiprocessing.active_children()


def test_another_loader_goes_on_where_one_stopped(streaming: Recipe, source: PhotoSource) -> None:
    phase = streaming.phases[0]
    with loading(streaming, source) as loader:
        whole = take(loader, phase, 0, 12)
    for stop in (1, 5, 11):
        with loading(streaming, source, whole[stop - 1].position) as loader:
            assert same(take(loader, phase, stop, 12 - stop), whole[stop:])


def test_a_new_phase_takes_the_photos_that_were_made_ready_for_the_old_one(
    streaming: Recipe, source: PhotoSource
) -> None:
    first, second = streaming.phases[0], Phase(until=1.0, size=64, batch=3)
    with loading(streaming, source) as loader:
        before, after = take(loader, first, 0, 2), take(loader, second, 2, PREFETCH + 3)
    with loading(streaming, source, before[-1].position) as loader:
        assert same(take(loader, second, 2, PREFETCH + 3), after)


def test_a_killed_decoder_is_an_error_and_no_wait(streaming: Recipe, source: PhotoSource) -> None:
    with loading(streaming, source, decoders=2) as loader:
        batches = loader.batches(streaming.phases[0], 0)
        next(batches)
        for process in multiprocessing.active_children():
            process.kill()
        with pytest.raises(SetupError, match=r"memory\. Give fewer --decoders"):
            list(itertools.islice(batches, PREFETCH + 3))
        batches.close()
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("decoders", [0, 1])
def test_a_damaged_photo_is_an_error(recipe: Recipe, tmp_path: Path, decoders: int) -> None:
    whole = write_shard(tmp_path / "b.tar", ["b-1", "b-2", "b-3"])
    broken, _ = source_of_shards(
        [write_shard(tmp_path / "a.tar", ["a-1"], b"\x89PNG\r\n\x1a\n no more"), whole]
    )
    with loading(recipe, broken, decoders=decoders) as loader, pytest.raises(PhotoError, match="a-1"):
        take(loader, recipe.phases[0], 0, 3)


def test_the_first_samples_are_each_photo_once(streaming: Recipe, source: PhotoSource) -> None:
    with loading(streaming, source, decoders=1) as loader:
        keys = [sample.key for sample in loader.first_samples(1000)]
        assert len(keys) == len(set(keys)) == 4 * 12 - 1
        assert len(list(loader.first_samples(5))) == 5
