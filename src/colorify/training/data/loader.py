"""An endless supply of batches, made ahead where that helps."""

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

import torch

from colorify.dataset.shard_reader import Sample
from colorify.training.data.batches import Batch, draw_batch, sampling_weights
from colorify.training.data.device_dataset import DeviceDataset
from colorify.training.distributed import Workers
from colorify.training.recipe import Phase, Recipe

PREFETCH: Final = 4  # steps whose batches are made ahead

CROP_RNG, DAMAGE_RNG, GAN_RNG = range(3)  # what randomness is for


class BatchLoader:
    """The photos of this process, and the batches that each step of a run takes from them."""

    def __init__(
        self, recipe: Recipe, samples: Sequence[Sample], device: torch.device, workers: Workers
    ) -> None:
        self.recipe, self.samples, self.device, self._workers = recipe, samples, device, workers
        self._weights = sampling_weights(samples, recipe.sets)
        self._packed = DeviceDataset(samples, self._weights, device) if recipe.resident else None

    def batches(self, phase: Phase, step: int) -> Iterator[list[Batch]]:
        """Yield what every step from `step` on learns from: `accumulate` batches, on the device."""
        if self._packed is not None:
            for now in itertools.count(step):
                yield [
                    self._packed.draw_batch(
                        phase.size, phase.batch, self.rng(now, CROP_RNG, number), zone=self.recipe.zone
                    )
                    for number in range(self.recipe.accumulate)
                ]
        with ThreadPoolExecutor(1) as pool:
            ahead: deque[Future[list[Batch]]] = deque()
            for now in itertools.count(step):
                ahead.append(pool.submit(self._draw, phase, now))
                if len(ahead) > PREFETCH:
                    yield [batch.to(self.device) for batch in ahead.popleft().result()]

    def rng(self, step: int, purpose: int, number: int) -> torch.Generator:
        """Randomness of its own for every batch, so that a resumed run draws what an unbroken one does.

        `number`: of the batch in its step. Those of all processes count on from each other, so that two
        processes draw what one does that accumulates two batches.
        """
        everywhere = number * self._workers.count + self._workers.rank
        seed = (self.recipe.seed << 48) + (everywhere << 36) + (purpose << 32) + step
        # the CPU's numbers, unless the photos are on the device: then nothing has to cross to it
        return torch.Generator(self.device if self._packed is not None else "cpu").manual_seed(seed)

    def _draw(self, phase: Phase, step: int) -> list[Batch]:
        batches = [
            draw_batch(
                self.samples,
                self._weights,
                phase.size,
                phase.batch,
                self.rng(step, CROP_RNG, number),
                zone=self.recipe.zone,
            )
            for number in range(self.recipe.accumulate)
        ]
        if self.device.type == "cuda":
            batches = [Batch(*(tensor.pin_memory() for tensor in batch)) for batch in batches]
        return batches
