"""What streaming costs: python bench/streaming.py SHARDS

Memory: the resident set of a process that streams more and more photos, shards repeated as often as it
takes, some of them decoded. Speed: steps of training at 160 px, in turn on photos in memory and on
photos that stream and are decoded in a process beside, in wall clock and in the processors' time of all
processes. The latter says what the two need even where the machine has other work.
"""

import itertools
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import click
import torch
from clock import print_machine

from colorify.dataset.shard_reader import decode_photos, read_shards
from colorify.training.data.loader import StepBatches, make_loader
from colorify.training.data.photo_source import PhotoSource, source_of_samples, source_of_shards
from colorify.training.data.photo_stream import PhotoStream, Position
from colorify.training.distributed import Workers
from colorify.training.recipe import Phase, Recipe
from colorify.training.trainer import Trainer
from colorify.training.warm_start import load_generator

PHASE = Phase(until=1.0, size=160, batch=24)
RECIPE = Recipe(phases=(PHASE,), steps=10**6, norms="fixed", gradient=6.0, shown=1.0, colorful=1.0, zone=0.6)
DECODED = 100  # photos of which one is decoded while memory is looked at
TURNS = 4


@click.command()
@click.argument("shards", nargs=-1, required=True)
@click.option("--photos", default=200_000, show_default=True, help="That stream past.")
@click.option("--steps", default=4, show_default=True, help="Steps a turn; 0: memory alone.")
def main(shards: tuple[str, ...], photos: int, steps: int) -> None:
    """Measure memory, then speed."""
    print_machine()
    print_memory(shards, photos)
    if steps:
        print_speed(shards, steps)


def print_memory(shards: tuple[str, ...], count: int) -> None:
    """Stream `count` photos; say the resident set at each tenth."""
    source, _ = source_of_shards(shards)
    times = 1 + count // 1000  # shards may be small: the stream ends before its second pass
    repeated = PhotoSource(source.names * times, lambda number: source.read(number % len(source.names)))
    stream = PhotoStream(repeated, {}, RECIPE.buffer, RECIPE.seed, Workers())
    drawn = itertools.islice(stream.photos(Position()), count)
    for number, photo in enumerate(drawn, 1):
        if number % DECODED == 0:
            decode_photos([photo.photo])  # type: ignore[list-item]  # read from shards, so bytes
        if number % (count // 10) == 0:
            print(f"{number} photos: {resident_mb():.0f} MB", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak {peak:.0f} MB, a buffer of {RECIPE.buffer} photos", flush=True)


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def print_speed(shards: tuple[str, ...], steps: int) -> None:
    """Take steps on either supply in turn; compare their medians."""
    torch.set_num_threads(os.cpu_count() or 1)
    streamed, _ = source_of_shards(shards)
    memory = source_of_samples(list(itertools.islice(read_shards(shards[:1]), 1000)))
    wall: dict[str, list[float]] = {"memory": [], "stream": []}
    used: dict[str, list[float]] = {"memory": [], "stream": []}
    small = replace(RECIPE, buffer=1000)  # which fills sooner
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(RECIPE, Path(folder), memory, start=load_generator("shipped"))
        supplies = {
            "memory": make_loader(RECIPE, memory, trainer.device, Workers()),
            "stream": make_loader(small, streamed, trainer.device, Workers(), decoders=1),
        }
        with closing(supplies["memory"]), closing(supplies["stream"]):
            batches = {name: supply.batches(PHASE, 0) for name, supply in supplies.items()}
            for _ in range(1 + TURNS):  # the first is cold
                for name, steps_of in batches.items():
                    began, cpu = time.monotonic(), processor_seconds()
                    take_steps(trainer, steps_of, steps)
                    wall[name].append(time.monotonic() - began)
                    used[name].append(processor_seconds() - cpu)
            for each in batches.values():
                each.close()
    for what, found in (("wall clock", wall), ("processors", used)):
        seconds = {name: statistics.median(values[1:]) for name, values in found.items()}
        rates = {name: steps * PHASE.batch / value for name, value in seconds.items()}
        print(
            f"{what}: {rates['memory']:.2f} photos/s from memory, {rates['stream']:.2f} streamed, "
            f"ratio {rates['stream'] / rates['memory']:.3f}",
            flush=True,
        )


def take_steps(trainer: Trainer, batches: Iterator[StepBatches], steps: int) -> None:
    for step in itertools.islice(batches, steps):
        trainer.train_step(step.batches, 0.5)


def processor_seconds() -> float:
    """Of this process and of those that it has started."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    total = own.ru_utime + own.ru_stime
    for process in multiprocessing.active_children():
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


if __name__ == "__main__":
    sys.exit(main())
