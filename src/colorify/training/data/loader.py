"""An endless supply of batches: streamed from shards, or cut from photos that are kept on the device."""

import itertools
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Final, NamedTuple

import torch

from colorify.dataset.shard_reader import Sample
from colorify.training.data.batches import Batch, Zones, cut_batch
from colorify.training.data.decoding import decode
from colorify.training.data.device_dataset import DeviceDataset
from colorify.training.data.photo_source import Photo, PhotoSource
from colorify.training.data.photo_stream import DrawnPhoto, PhotoStream, Position
from colorify.training.distributed import Workers
from colorify.training.recipe import Phase, Recipe

PREFETCH: Final = 4  # steps whose batches are made ahead
SAMPLES_PER_ARRIVAL: Final = 256  # photos that are put onto the device at a time

CROP_RNG, DAMAGE_RNG, GAN_RNG = range(3)  # what randomness is for


class StepBatches(NamedTuple):
    """What one step learns from: `accumulate` batches, on the device."""

    batches: list[Batch]
    position: Position  # of the stream after them


class DecodedPhoto(NamedTuple):
    """A photo, and where the stream stands when it has been taken."""

    sample: Sample
    position: Position


class BatchLoader(ABC):
    """The photos of this process, and the batches that each step of a run takes from them."""

    def __init__(
        self, recipe: Recipe, source: PhotoSource, device: torch.device, workers: Workers, decoders: int
    ) -> None:
        """`decoders`: processes that decode; 0: this one."""
        self.recipe, self.source, self.device, self.workers = recipe, source, device, workers
        self.decoders = decoders if source.encoded else 0
        self.zones = Zones(recipe.zone, recipe.scale)
        self.opened = ExitStack()

    @abstractmethod
    def batches(self, phase: Phase, step: int) -> Generator[StepBatches, None, None]:
        """Yield what every step from `step` on learns from. Close it before another one is asked for.

        The first call waits until there are photos to begin with.
        """

    def close(self) -> None:
        """End the processes."""
        self.opened.close()

    def first_samples(self, count: int) -> Iterator[Sample]:
        """Decode up to `count` photos of this process, each once, whatever the recipe says of its set."""
        stream = PhotoStream(self.source, {}, self.recipe.buffer, self.recipe.seed, self.workers)
        photos = itertools.takewhile(lambda drawn: drawn.position.start.turn == 0, stream.photos(Position()))
        with ExitStack() as opened:
            wanted = (drawn.photo for drawn in itertools.islice(photos, count))
            yield from decode(wanted, self.decoders, opened)

    def rng(self, step: int, purpose: int, number: int) -> torch.Generator:
        """Randomness of its own for every batch, so that a resumed run draws what an unbroken one does.

        `number`: of the batch in its step. Those of all processes count on from each other, so that two
        processes draw what one does that accumulates two batches.
        """
        everywhere = number * self.workers.count + self.workers.rank
        seed = (self.recipe.seed << 48) + (everywhere << 36) + (purpose << 32) + step
        return torch.Generator(self.rng_device()).manual_seed(seed)

    def rng_device(self) -> torch.device:
        """Where random numbers are drawn: on the CPU, as photos are cut there."""
        return torch.device("cpu")


class StreamLoader(BatchLoader):
    """Photos that stream, decoded and cut ahead of the steps that learn from them."""

    def __init__(
        self,
        recipe: Recipe,
        source: PhotoSource,
        device: torch.device,
        workers: Workers,
        decoders: int,
        position: Position,
    ) -> None:
        """`position`: where to begin."""
        super().__init__(recipe, source, device, workers, decoders)
        self._stream = PhotoStream(source, recipe.sets, recipe.buffer, recipe.seed, workers)
        self._position = position
        self._read: deque[Position] = deque()  # of the photos that are being decoded
        self._decoded: Iterator[Sample] | None = None
        self._returned: deque[DecodedPhoto] = deque()  # that were taken for steps of a phase that is over

    def batches(self, phase: Phase, step: int) -> Generator[StepBatches, None, None]:
        if self._decoded is None:
            photos = self._note_positions(self._stream.photos(self._position))
            self._decoded = decode(photos, self.decoders, self.opened)
            self._returned.append(self._next_photo())  # a block has been read when the first photo comes
        return self._make_batches(phase, step)

    def _make_batches(self, phase: Phase, step: int) -> Generator[StepBatches, None, None]:
        ahead: deque[Future[tuple[list[list[DecodedPhoto]], list[Batch]]]] = deque()
        with ThreadPoolExecutor(1) as pool:
            try:
                for now in itertools.count(step):
                    ahead.append(pool.submit(self._draw, phase, now))
                    if len(ahead) > PREFETCH:
                        photos_of_step, batches = ahead[0].result()
                        ahead.popleft()
                        position = photos_of_step[-1][-1].position
                        yield StepBatches([batch.to(self.device) for batch in batches], position)
            finally:
                drawn = [future.result()[0] for future in ahead if future.exception() is None]
                self._returned.extendleft(
                    photo
                    for step_ in reversed(drawn)
                    for batch in reversed(step_)
                    for photo in reversed(batch)
                )

    def _draw(self, phase: Phase, step: int) -> tuple[list[list[DecodedPhoto]], list[Batch]]:
        numbers = range(self.recipe.accumulate)
        photos = [[self._next_photo() for _ in range(phase.batch)] for _ in numbers]
        batches = [
            cut_batch(
                [photo.sample for photo in photos[number]],
                phase.size,
                self.rng(step, CROP_RNG, number),
                self.zones,
            )
            for number in numbers
        ]
        if self.device.type == "cuda":
            batches = [Batch(*(tensor.pin_memory() for tensor in batch)) for batch in batches]
        return photos, batches

    def _next_photo(self) -> DecodedPhoto:
        if self._returned:
            return self._returned.popleft()
        assert self._decoded is not None
        sample = next(self._decoded)
        return DecodedPhoto(sample, self._read.popleft())

    def _note_positions(self, drawn: Iterator[DrawnPhoto]) -> Iterator[Photo]:
        for photo, position in drawn:
            self._read.append(position)
            yield photo


class ResidentLoader(BatchLoader):
    """Photos decoded once and kept on the device, where they are cut: for a GPU."""

    def __init__(
        self, recipe: Recipe, source: PhotoSource, device: torch.device, workers: Workers, decoders: int
    ) -> None:
        super().__init__(recipe, source, device, workers, decoders)
        self._dataset = DeviceDataset(recipe.sets, device)
        self._pool: ThreadPoolExecutor | None = None
        self._arriving: Future[list[Sample]] | None = None

    def batches(self, phase: Phase, step: int) -> Generator[StepBatches, None, None]:
        if self._pool is None:
            self._pool = self.opened.enter_context(ThreadPoolExecutor(1))
            self._decoded = decode(self._own_photos(), self.decoders, self.opened)
            self._arriving = self._pool.submit(self._next_samples)
            self._take_in()
        return self._make_batches(phase, step)

    def _make_batches(self, phase: Phase, step: int) -> Generator[StepBatches, None, None]:
        for now in itertools.count(step):
            self._take_in()
            batches = [
                self._dataset.draw_batch(phase.size, phase.batch, self.rng(now, CROP_RNG, number), self.zones)
                for number in range(self.recipe.accumulate)
            ]
            yield StepBatches(batches, Position())

    def rng_device(self) -> torch.device:
        """Where random numbers are drawn: on the device, so that nothing has to cross to it."""
        return self.device

    def _take_in(self) -> None:
        """Put onto the device what has been decoded; wait for it where there is not enough to begin with."""
        enough = self.recipe.min_photos
        while self._arriving is not None:
            begun = enough and len(self._dataset) >= enough
            if begun and not self._arriving.done():
                return
            samples, self._arriving = self._arriving.result(), None
            if samples and self._pool is not None:
                self._dataset.add_samples(samples)
                self._arriving = self._pool.submit(self._next_samples)

    def _next_samples(self) -> list[Sample]:
        return list(itertools.islice(self._decoded, SAMPLES_PER_ARRIVAL))

    def _own_photos(self) -> Iterator[Photo]:
        """The photos of this process, each once: the shards are dealt out as they were named."""
        for number in range(self.workers.rank, len(self.source.names), self.workers.count):
            yield from self.source.read(number)


def make_loader(
    recipe: Recipe,
    source: PhotoSource,
    device: torch.device,
    workers: Workers,
    *,
    decoders: int = 0,
    position: Position | None = None,
) -> BatchLoader:
    """Make what the recipe says. `position`: of a stream that is gone on with."""
    if recipe.resident:
        return ResidentLoader(recipe, source, device, workers, decoders)
    return StreamLoader(recipe, source, device, workers, decoders, position or Position())
