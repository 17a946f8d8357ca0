"""Memory and time from 10 megapixels to a gigapixel: the first must be flat, the second a straight line.

python bench/size.py                # 10, 30, 100 and 300 megapixels; 2 GB of disk in the temporary folder
python bench/size.py --large        # also 1 gigapixel; 6 GB of disk
python bench/size.py --turned       # of photos that EXIF turns by 90 degrees; half as much disk again
python bench/size.py --against ../other/src     # also by another tree, in turn: a ratio in one run

Grey TIFF of 8 bits in, colour TIFF out, each in a process of its own. The source is written by libvips strip
after strip, so that making it needs no memory either.
"""

import resource
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import pyvips
from chart import Panel, draw
from clock import peak_mb, print_machine
from photo import command, enlarge

HERE: Final = Path(__file__).parent.parent / "src"
MEGAPIXELS: Final = (10, 30, 100, 300)
LARGE: Final = 1000
ASPECT: Final = 4 / 3
ON_ITS_SIDE: Final = 6  # EXIF
BYTES_A_PIXEL: Final = 1 + 3 + 1  # of source, result and tiles, were none of them compressed


@dataclass(frozen=True)
class Row:
    """What one photo took."""

    megapixels: int
    seconds: float  # wall clock
    processor: float  # s, all cores together: does not depend on what else the machine does
    peak: float  # MB


@click.command()
@click.option("-m", "--weights", type=click.Path(path_type=Path), help="Default: the embedded ones.")
@click.option("--most", default=300, show_default=True, help="The largest, in megapixels.")
@click.option("--large", is_flag=True, help="Also a gigapixel.")
@click.option("--turned", is_flag=True, help="Photos that EXIF turns.")
@click.option("--against", type=click.Path(exists=True, path_type=Path), help="Folder `src` of another tree.")
@click.option("--curve", type=click.Path(path_type=Path), help="Also draw the curves, as this PNG.")
def main(
    weights: Path | None, most: int, large: bool, turned: bool, against: Path | None, curve: Path | None
) -> None:
    """Time and weigh photos of growing size."""
    print_machine()
    trees = {"this tree": HERE, **({"the other": against.resolve()} if against else {})}
    rows = []
    print("megapixels   seconds   CPU seconds   CPU seconds a megapixel   peak memory, MB")
    for megapixels in [size for size in MEGAPIXELS if size <= most] + [LARGE] * large:
        with photo(megapixels, turned) as source:
            measured = {name: measure(source, megapixels, weights, tree) for name, tree in trees.items()}
        rows.append(measured["this tree"])
        for name, row in measured.items():
            each = f"{row.processor / megapixels:25.3f} {row.peak:17.0f}   {name if against else ''}"
            print(f"{megapixels:10} {row.seconds:9.1f} {row.processor:13.1f} {each}".rstrip(), flush=True)
        if curve is not None:
            draw_curves(rows, curve)


@contextmanager
def photo(megapixels: int, turned: bool) -> Iterator[Path]:
    """Give a grey photo, alone in a folder that goes."""
    width = round((megapixels * 1e6 * ASPECT) ** 0.5)
    height = round(megapixels * 1e6 / width)
    with tempfile.TemporaryDirectory() as folder:
        needed, free = megapixels * 1e6 * BYTES_A_PIXEL, shutil.disk_usage(folder).free
        if needed > free:
            raise click.ClickException(f"{folder}: {needed / 1e9:.1f} GB needed, {free / 1e9:.1f} GB free.")
        source = Path(folder) / "grey.tif"
        image = enlarge((width, height)).cast("uchar").copy()
        image.set_type(pyvips.GValue.gint_type, "orientation", ON_ITS_SIDE if turned else 1)
        image.write_to_file(str(source), compression="none", bigtiff=True)
        yield source


def measure(source: Path, megapixels: int, weights: Path | None, tree: Path) -> Row:
    """Colour one photo in a process of its own, by the Colorify in the folder `tree`."""
    started, used = time.perf_counter(), processor_seconds()
    peak = peak_mb(command(source, source.with_name("color.tif"), weights), tree)
    return Row(megapixels, time.perf_counter() - started, processor_seconds() - used, peak)


def processor_seconds() -> float:
    """Return the time that processes which have ended have had, on all cores together."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def draw_curves(rows: Sequence[Row], target: Path) -> None:
    """Draw memory and time over megapixels."""
    sizes = [row.megapixels for row in rows]
    memory = Panel("peak memory, MB", sizes, [row.peak for row in rows])
    seconds = Panel("CPU seconds, all cores together", sizes, [row.processor for row in rows])
    draw([memory, seconds], target, below="megapixels")


if __name__ == "__main__":
    main()
