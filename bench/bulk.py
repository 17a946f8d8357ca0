"""What an engine of `colorify bulk` costs beside the plain loop, and how it grows with photos and workers.

python bench/bulk.py                             # 1,000 photos, 1 and 2 workers, the local engine; minutes
python bench/bulk.py --engine ray                # the same on a Ray cluster of this machine
python bench/bulk.py --copy --count 10000        # the engine alone, at length

The plain loop is one process that reads, colours and writes each photo with the same `Colorizer`, one thread.
A run is timed whole: its start, the plan, the loading of the generator by each worker, and the report; what
the workers spent on their chunks is said apart, so that the rest is start and engine. Beside the clock, for
the local engine, stands processor time of this process and of those that it started: on a machine that others
load it can still be compared. Ray's actors are no children of this process. `--tiny` takes a generator that
does next to nothing (tests/tiny.py), `--copy` workers whose results are the photos as they are, so that what
the engine costs is not lost in the noise. Ray's workers run as nice as this process: by themselves they would
give way to whatever else runs.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Final

import click
import pyvips
from clock import print_machine

from colorify.batch.bulk import bulk_run
from colorify.batch.bulk.engines import ENGINES
from colorify.batch.bulk.source import HOME
from colorify.batch.bulk.worker import ChunkWorker
from colorify.colorizer import Colorizer
from colorify.options import ColorOptions, SaveOptions

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from tiny import write_tiny_generator

SAMPLE: Final = Path(__file__).parent.parent / "samples" / "camera.jpg"
WIDTH: Final = 320  # px, of a photo
ASPECT: Final = 3 / 4  # height by width
LOOP_PHOTOS: Final = 200  # by the plain loop, before and after each run


@click.command()
@click.option("-m", "--weights", type=click.Path(path_type=Path), help="Default: the embedded ones.")
@click.option("--tiny", is_flag=True, help="A generator that does next to nothing.")
@click.option("--copy", is_flag=True, help="Nothing is coloured: the engine alone.")
@click.option("--engine", type=click.Choice(sorted(ENGINES)), default="local", show_default=True)
@click.option("--count", default=1000, show_default=True, help="Photos.")
@click.option("--width", default=WIDTH, show_default=True, help="Of a photo, in px.")
@click.option("--workers", multiple=True, type=int, default=(1, 2), show_default=True)
def main(
    weights: Path | None,
    tiny: bool,
    copy: bool,
    engine: str,
    count: int,
    width: int,
    workers: tuple[int, ...],
) -> None:
    """Time runs beside the plain loop."""
    os.environ.setdefault("RAY_worker_niceness", "0")  # 15 in Ray
    print_machine()
    print(f"load of the last minute: {os.getloadavg()[0]:.1f}")
    if copy:
        bulk_run.ChunkWorker = CopyWorker  # type: ignore[misc]
    with tempfile.TemporaryDirectory() as place:
        if tiny:
            weights = write_tiny_generator(Path(place) / "tiny.onnx")
        source = Path(place) / "in"
        make_photos(source, count, width)
        for number in workers:
            dest = Path(place) / f"out-{number}"
            before = time_loop(source, weights, copy=copy)
            run = Lap()
            report = bulk_run.color_bulk(
                str(source), str(dest), engine=engine, workers=number, weights=weights
            )
            seconds, processor = run.take()
            after = time_loop(source, weights, copy=copy)
            loop, loop_processor = ((first + last) / 2 for first, last in zip(before, after, strict=True))
            kept = sum(path.stat().st_size for path in (dest / HOME).rglob("*") if path.is_file())
            if report.colored != count:
                raise click.ClickException(f"{report.colored} of {count} photos were coloured.")
            print(
                f"{engine}, {number} workers, {count} photos, {seconds:.0f} s: "
                f"{count / seconds:.1f} photos/s, plain loop {1 / loop:.1f}; "
                f"{count * loop / seconds / number:.2f} of it a worker; "
                f"load {os.getloadavg()[0]:.1f}"
            )
            print(
                f"    ms a photo: {seconds * number / count * 1e3:.1f} of a worker's time, of which "
                f"{report.worker_seconds / count * 1e3:.1f} at its chunks and "
                f"{report.generator_seconds / count * 1e3:.1f} in the colorizer; plain loop {loop * 1e3:.1f}"
            )
            print(f"    {kept / count:.0f} bytes of records a photo")
            if engine == "local":
                print(
                    f"    processor, ms a photo: {processor / count * 1e3:.1f}; plain loop "
                    f"{before[1] * 1e3:.1f} before, {after[1] * 1e3:.1f} after; "
                    f"{(processor / count - loop_processor) * 1e3:+.1f}",
                    flush=True,
                )


class Lap:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._clock, self._processor = time.perf_counter(), processor_seconds()

    def take(self) -> tuple[float, float]:
        """Return those of the clock and those of the processor."""
        return time.perf_counter() - self._clock, processor_seconds() - self._processor


def processor_seconds() -> float:
    """Return those of this process and of what it started and has seen end."""
    return sum(os.times()[:4])


class Copier:
    """A colorizer that does nothing."""

    def colorize_source(self, content: bytes, *options: object) -> SimpleNamespace:
        return SimpleNamespace(data=content)


class CopyWorker(ChunkWorker):
    """Its results are the photos as they are."""

    def load(self) -> Copier:  # type: ignore[override]
        return Copier()


def make_photos(folder: Path, count: int, width: int) -> None:
    """Write the same photo under many names."""
    folder.mkdir()
    small = pyvips.Image.thumbnail(str(SAMPLE), width, height=round(width * ASPECT), size="force")
    data = small.jpegsave_buffer(Q=90)
    for number in range(count):
        (folder / f"{number:06d}.jpg").write_bytes(data)


def time_loop(folder: Path, weights: Path | None, *, copy: bool) -> tuple[float, float]:
    """Return the seconds a photo of a plain loop, the generator loaded, by the clock and of the processor."""
    colorizer = Copier() if copy else Colorizer(weights, threads=1)
    paths = sorted(folder.iterdir())[:LOOP_PHOTOS]
    with tempfile.TemporaryDirectory() as out:
        lap = Lap()
        for path in paths:
            report = colorizer.colorize_source(path.read_bytes(), None, ColorOptions(), SaveOptions())
            assert report.data is not None
            (Path(out) / path.name).write_bytes(report.data)
        seconds, processor = lap.take()
        return seconds / len(paths), processor / len(paths)


if __name__ == "__main__":
    main()
