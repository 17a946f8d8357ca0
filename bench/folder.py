"""A folder of many small photos: as fast as the generator alone? And does memory stay flat?

python bench/folder.py                          # 1,000 photos; a minute or two
python bench/folder.py --count 10000            # the claim; ten minutes and more, 1 GB of disk
python bench/folder.py --curve folder.png       # also draw memory over time

The generator alone runs before and after, on the same cores in as many threads, on the same sizes of L; it
decodes and encodes nothing. What libvips takes to decode and encode the photos, and nothing else, is measured
too: on cores that the generator fills by itself both must be paid for, one after the other. The folder is
coloured by the command `colorify`, its start included.
"""

import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Final

import click
import pyvips
from chart import Panel, draw
from clock import KILO, print_machine

from colorify.cli.run_photos import DEFAULT_JOBS, threads_per_photo
from colorify.images.formats import format_named
from colorify.images.photo import open_photo
from colorify.model.generator import Generator
from colorify.model.preprocess import reduce_to_luminance

SAMPLE: Final = Path(__file__).parent.parent / "samples" / "camera.jpg"
SIZE: Final = (320, 240)  # px, of a photo
ALONE: Final = 15.0  # s that the generator runs alone, before and after
CODED: Final = 1000  # photos that are only decoded and encoded, at most
PAUSE: Final = 0.25  # s between two looks at the memory


@dataclass(frozen=True)
class Memory:
    """The resident set of a process over time."""

    seconds: list[float]  # since its start
    megabytes: list[float]

    def at(self, part: float) -> float:
        """Return the largest within a tenth of the run that ends at `part`, 0..1, of it."""
        end, tenth = part * self.seconds[-1], 0.1 * self.seconds[-1]
        return max(
            mb
            for second, mb in zip(self.seconds, self.megabytes, strict=True)
            if end - tenth <= second <= end
        )


@click.command()
@click.option("-m", "--weights", type=click.Path(path_type=Path), help="Default: the embedded ones.")
@click.option("--count", default=1000, show_default=True, help="Photos in the folder.")
@click.option("-j", "--jobs", default=DEFAULT_JOBS, show_default=True, help="Photos at a time.")
@click.option("--curve", type=click.Path(path_type=Path), help="Also draw the memory, as this PNG.")
def main(weights: Path | None, count: int, jobs: int, curve: Path | None) -> None:
    """Time and weigh a folder."""
    print_machine()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "album"
        make(folder, count)
        first = min(folder.rglob("*.jpg"))
        print(f"{count} photos of {SIZE[0]} x {SIZE[1]} px, JPEG, {jobs} at a time")
        before = alone(weights, first, jobs)
        seconds, memory = coloured(folder, Path(place) / "out", weights, jobs)
        after = alone(weights, first, jobs)
        coded = codec(folder, Path(place) / "coded", jobs)
        written = sum(1 for _ in (Path(place) / "out").rglob("*.jpg"))
        if written != count:
            raise click.ClickException(f"{written} of {count} photos were written.")
    rate, limit = count / seconds, mean([before, after])
    print(f"the generator alone  {before:7.1f} photos/s before, {after:.1f} after")
    both = 1 / (1 / limit + 1 / coded)
    print(f"decoding, encoding   {coded:7.1f} photos/s; after the generator on the same cores {both:.1f}")
    shares = f"{rate / limit:.0%} of the generator, {rate / both:.0%} of both"
    print(f"the folder           {rate:7.1f} photos/s: {shares} ({seconds:.0f} s)")
    parts = ", ".join(f"{memory.at(part):.0f} MB at {part:.0%}" for part in (0.1, 0.25, 0.5, 0.75, 1))
    print(f"resident memory      {parts}; peak {max(memory.megabytes):.0f} MB")
    if curve is not None:
        draw([Panel("resident memory, MB", memory.seconds, memory.megabytes)], curve, below="seconds")


def make(folder: Path, count: int) -> None:
    """Write photos, each another part of the sample, a hundred a folder."""
    sample = pyvips.Image.new_from_file(str(SAMPLE))
    wide, high = sample.width - SIZE[0], sample.height - SIZE[1]
    for number in range(count):
        left, top = number * 37 % wide, number * 53 % high
        path = folder / f"{number // 100:03}" / f"{number:05}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        sample.crop(left, top, *SIZE).write_to_file(str(path), Q=88)


def alone(weights: Path | None, photo: Path, jobs: int) -> float:
    """Return how many photos a second the generator does by itself."""
    generator = Generator(weights, threads=threads_per_photo(jobs))
    light = reduce_to_luminance(open_photo(photo), generator.spec.size).L
    generator(light)
    end = time.monotonic() + ALONE

    def work() -> int:
        runs = 0
        while time.monotonic() < end:
            generator(light)
            runs += 1
        return runs

    started = time.monotonic()
    with ThreadPoolExecutor(jobs) as pool:
        runs = sum(future.result() for future in [pool.submit(work) for _ in range(jobs)])
    return runs / (time.monotonic() - started)


def codec(folder: Path, out: Path, jobs: int) -> float:
    """Return how many photos a second libvips decodes and encodes again, in colour as Colorify does."""
    out.mkdir()
    jpeg = format_named("jpeg")
    settings = jpeg.settings(jpeg.quality or 0, 8)

    def work(photo: Path) -> None:
        image = pyvips.Image.new_from_file(str(photo), access="sequential").colourspace("srgb")
        image.jpegsave(str(out / photo.name), **settings)

    photos = sorted(folder.rglob("*.jpg"))[:CODED]
    started = time.monotonic()
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(work, photos))
    return len(photos) / (time.monotonic() - started)


def coloured(folder: Path, out: Path, weights: Path | None, jobs: int) -> tuple[float, Memory]:
    """Colour the folder in a process of its own; return its seconds and its memory."""
    words = [sys.executable, "-m", "colorify", str(folder), "-o", str(out), "-q", "-j", str(jobs)]
    memory = Memory([], [])
    started = time.monotonic()
    with subprocess.Popen([*words, *(["-m", str(weights)] if weights else [])]) as process:
        while process.poll() is None:
            memory.seconds.append(time.monotonic() - started)
            memory.megabytes.append(resident(process.pid))
            time.sleep(PAUSE)
    if process.returncode:
        raise click.ClickException(f"colorify ended with {process.returncode}.")
    return time.monotonic() - started, memory


def resident(process: int) -> float:
    """Return the resident set of a process in MB; 0 when it has just ended."""
    found = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(process)], capture_output=True, text=True, check=False
    )
    return float(found.stdout.strip() or 0) / KILO


if __name__ == "__main__":
    main()
