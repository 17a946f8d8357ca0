"""What an engine of `colorify bulk` costs beside the plain loop, and how it grows with photos and workers.

python bench/bulk.py                             # 1,000 photos, 1 and 2 workers, the local engine; minutes
python bench/bulk.py --engine ray                # the same on a Ray cluster of this machine
python bench/bulk.py --count 10000               # at length

The plain loop is one process that reads, colours and writes each photo with the same `Colorizer`, one thread.
A run is timed whole: its start, the plan, the loading of the generator by each worker, and the report.
"""

import tempfile
import time
from pathlib import Path
from typing import Final

import click
import pyvips
from clock import print_machine

from colorify.batch.bulk.engines import ENGINES
from colorify.batch.bulk.run import color_bulk
from colorify.batch.bulk.source import HOME
from colorify.colorizer import Colorizer
from colorify.options import ColorOptions, SaveOptions

SAMPLE: Final = Path(__file__).parent.parent / "samples" / "camera.jpg"
SIZE: Final = (320, 240)  # px, of a photo
LOOP_PHOTOS: Final = 200  # by the plain loop, before and after each run


@click.command()
@click.option("-m", "--weights", type=click.Path(path_type=Path), help="Default: the embedded ones.")
@click.option("--engine", type=click.Choice(sorted(ENGINES)), default="local", show_default=True)
@click.option("--count", default=1000, show_default=True, help="Photos.")
@click.option("--workers", multiple=True, type=int, default=(1, 2), show_default=True)
def main(weights: Path | None, engine: str, count: int, workers: tuple[int, ...]) -> None:
    """Time runs beside the plain loop."""
    print_machine()
    with tempfile.TemporaryDirectory() as place:
        source = Path(place) / "in"
        make_photos(source, count)
        for number in workers:
            dest = Path(place) / f"out-{number}"
            before = time_loop(source, weights)
            began = time.perf_counter()
            report = color_bulk(str(source), str(dest), engine=engine, workers=number, weights=weights)
            seconds = time.perf_counter() - began
            loop = (before + time_loop(source, weights)) / 2
            kept = sum(path.stat().st_size for path in (dest / HOME).rglob("*") if path.is_file())
            if report.colored != count:
                raise click.ClickException(f"{report.colored} of {count} photos were coloured.")
            rate = count / seconds
            print(
                f"{engine}, {number} workers, {count} photos: {rate:.1f} photos/s; plain loop {1 / loop:.1f}"
            )
            print(
                f"    {rate * loop / number:.2f} of the plain loop a worker; {kept / count:.0f} bytes a photo"
            )


def make_photos(folder: Path, count: int) -> None:
    """Write the same photo under many names."""
    folder.mkdir()
    small = pyvips.Image.thumbnail(str(SAMPLE), SIZE[0], height=SIZE[1], size="force")
    data = small.jpegsave_buffer(Q=90)
    for number in range(count):
        (folder / f"{number:06d}.jpg").write_bytes(data)


def time_loop(folder: Path, weights: Path | None) -> float:
    """Return the seconds a photo of a plain loop, the generator loaded."""
    colorizer = Colorizer(weights, threads=1)
    paths = sorted(folder.iterdir())[:LOOP_PHOTOS]
    with tempfile.TemporaryDirectory() as out:
        began = time.perf_counter()
        for path in paths:
            report = colorizer.colorize_source(path.read_bytes(), None, ColorOptions(), SaveOptions())
            assert report.data is not None
            (Path(out) / path.name).write_bytes(report.data)
        return (time.perf_counter() - began) / len(paths)


if __name__ == "__main__":
    main()
