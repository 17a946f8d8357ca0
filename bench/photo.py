"""A whole photo: 12-megapixel grey JPEG to colour JPEG, warm and fresh, beside decode and encode alone.

With --large, also a 16-bit grey TIFF of 100 megapixels.
"""

import sys
import tempfile
from pathlib import Path

import click
import pyvips
from clock import in_turn, peak_mb, print_machine, run

from colorify import Colorizer
from colorify.images.formats import format_named
from colorify.images.photo import open_photo
from colorify.model.generator import Generator
from colorify.model.preprocess import reduce_to_luminance

SAMPLE = Path(__file__).parent.parent / "samples" / "camera.jpg"
JPEG = (4000, 3000)  # px, 12 megapixels
TIFF = (11600, 8700)  # px, 101 megapixels
GRAIN = 4.0  # standard deviation, of 255; keeps JPEG from finding large flat areas


@click.command()
@click.option("-m", "--weights", type=click.Path(path_type=Path), help="Default: the embedded ones.")
@click.option("--repeat", default=7, show_default=True)
@click.option("--large", is_flag=True, help="Also the 16-bit TIFF of 100 megapixels.")
def main(weights: Path | None, repeat: int, large: bool) -> None:
    """Time and weigh a photo."""
    print_machine()
    with tempfile.TemporaryDirectory() as folder:
        bench_jpeg(Path(folder), weights, repeat)
        if large:
            bench_tiff(Path(folder), weights)


def bench_jpeg(folder: Path, weights: Path | None, repeat: int) -> None:
    source, target = folder / "grey.jpg", folder / "color.jpg"
    enlarge(JPEG).cast("uchar").write_to_file(str(source), Q=90)
    colorizer, generator = Colorizer(weights), Generator(weights)
    L = reduce_to_luminance(open_photo(source), generator.spec.size).L
    times = in_turn(
        {
            "decode and encode": lambda: recode(source, folder / "recoded.jpg"),
            "generator alone": lambda: generator(L),
            "Colorify, warm": lambda: colorizer.colorize_file(source, target, overwrite=True),
            "Colorify, fresh": lambda: run(command(source, target, weights)),
        },
        repeat=repeat,
    )
    print(f"JPEG, {JPEG[0]} x {JPEG[1]}, {source.stat().st_size / 1e6:.1f} MB")
    base = times["decode and encode"].median
    for name, row in times.items():
        print(f"{name:18} {row}  {row.median / base:5.2f} x decode and encode")
    rest = times["Colorify, warm"].median - times["generator alone"].median
    print(f"Colorify, warm, less the generator: {rest / base:.2f} x decode and encode (the aim: under 3)")
    print(f"peak memory, fresh {peak_mb(command(source, target, weights)):8.0f} MB\n")


def bench_tiff(folder: Path, weights: Path | None) -> None:
    source, target = folder / "grey.tif", folder / "color.tif"
    deep = (enlarge(TIFF) * 257).cast("ushort").copy(interpretation="grey16")
    deep.write_to_file(str(source), compression="none")
    print(f"TIFF, 16 bits, {TIFF[0]} x {TIFF[1]}, {source.stat().st_size / 1e6:.1f} MB")
    row = in_turn({"fresh": lambda: run(command(source, target, weights))}, repeat=1)["fresh"]
    print(f"Colorify, fresh    {row}")
    print(f"peak memory, fresh {peak_mb(command(source, target, weights)):8.0f} MB")


def enlarge(size: tuple[int, int]) -> pyvips.Image:
    """Make a grey photo of `size`, 0..255, with the forms of the sample and fine grain."""
    sample = pyvips.Image.new_from_file(str(SAMPLE))
    large = sample.resize(size[0] / sample.width, vscale=size[1] / sample.height, kernel="cubic")
    grain = pyvips.Image.gaussnoise(large.width, large.height, mean=0, sigma=GRAIN, seed=1)
    return (large + grain).copy(interpretation="b-w")


def recode(source: Path, target: Path) -> None:
    """Do only what cannot be left out: decode the grey file and encode as many pixels of three channels."""
    jpeg = format_named("jpeg")
    grey = pyvips.Image.new_from_file(str(source), access="sequential")
    colored = grey.bandjoin([grey, grey]).copy(interpretation="srgb")
    colored.write_to_file(str(target), **jpeg.settings(jpeg.quality or 0, 8))


def command(source: Path, target: Path, weights: Path | None) -> list[str]:
    own = ["-m", str(weights)] if weights else []
    return [sys.executable, "-m", "colorify", str(source), "-o", str(target), "-f", "-q", *own]


if __name__ == "__main__":
    main()
