"""Is the generator right where it says that it is sure? Its confidence against its error, over colour photos.

Each photo's colour is taken away and made anew. At the generator's own scale, a cell of its confidence map
has an error: the distance in ab (CIE76; L is the same) to the mean true colour of the cell. The cells of all
photos are sorted by confidence into bins of equal number. Calibrated means: the error falls from bin to bin.
"""

import sys
from itertools import pairwise
from pathlib import Path

import click
import numpy as np
import pyvips
from numpy.typing import NDArray

from colorify import Colorizer
from colorify.color import rgb_to_lab
from colorify.evaluation.scoring import find_photos
from colorify.images.photo import open_photo
from colorify.pixels import to_rgb8

Array = NDArray[np.float64]

PLOT = (640, 400)  # px, inside the axes
BORDER = 50  # px
AXIS, CURVE = (90, 90, 90), (180, 40, 60)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("-m", "--weights", type=click.Path(path_type=Path), help="Default: the embedded ones.")
@click.option("--bins", default=10, show_default=True, type=click.IntRange(min=2))
@click.option("--limit", type=click.IntRange(min=1), help="Photos at most.")
@click.option("--curve", type=click.Path(path_type=Path), help="A PNG to write.")
def main(folder: Path, weights: Path | None, bins: int, limit: int | None, curve: Path | None) -> None:
    """Print mean confidence and mean error of each bin; exit with 1 if the error ever rises."""
    colorizer = Colorizer(weights)
    paths = find_photos(folder)[:limit]
    pairs = [cells(colorizer, path) for path in paths]
    sure = np.concatenate([confidence for confidence, _ in pairs])
    error = np.concatenate([errors for _, errors in pairs])
    rows = binned(sure, error, bins)
    print(f"{len(paths)} photos, {len(sure)} cells, {colorizer.spec.name} {colorizer.spec.version}")
    print("confidence   mean dE")
    for confidence, mean in rows:
        print(f"{confidence:10.3f}  {mean:8.2f}")
    monotone = bool((np.diff(rows[:, 1]) < 0).all())
    print(f"the error falls from bin to bin: {'yes' if monotone else 'NO'}")
    print(f"mean of all {error.mean():.2f}")
    if curve is not None:
        draw(rows).write_to_file(str(curve))
    sys.exit(0 if monotone else 1)


def cells(colorizer: Colorizer, path: Path) -> tuple[Array, Array]:
    """Return the confidence and the error of each cell of a photo, both (n,)."""
    photo = open_photo(path)
    seen, colors = colorizer.colors(photo)
    height, width = seen.L.shape
    lab = rgb_to_lab(to_rgb8(open_photo(path).shrink(width, height)) / np.float32(255))
    stride = colorizer.spec.stride
    h, w = height // stride, width // stride  # whole cells alone
    whole = lab[: h * stride, : w * stride, 1:].reshape(h, stride, w, stride, 2)
    error = np.linalg.norm(colors.ab[:h, :w] - whole.mean(axis=(1, 3)), axis=-1)
    return colors.confidence[:h, :w].astype(np.float64).ravel(), error.astype(np.float64).ravel()


def binned(sure: Array, error: Array, bins: int) -> Array:
    """Return (bins, 2): mean confidence and mean error, from the least sure to the surest."""
    parts = np.array_split(np.argsort(sure, kind="stable"), bins)
    return np.array([(sure[part].mean(), error[part].mean()) for part in parts])


def draw(rows: Array) -> pyvips.Image:
    """Draw the curve: confidence 0..1 to the right, mean dE from 0 up."""
    bottom, right = BORDER + PLOT[1], BORDER + PLOT[0]
    plot = np.full((bottom + BORDER, right + BORDER, 3), 255, np.uint8)
    top = float(np.ceil(rows[:, 1].max() / 5) * 5)
    points = np.stack([BORDER + rows[:, 0] * PLOT[0], bottom - rows[:, 1] / top * PLOT[1]], axis=1)
    line(plot, np.array([[BORDER, BORDER], [BORDER, bottom], [right, bottom]]), AXIS)
    line(plot, points, CURVE)
    for x, y in points.round().astype(int):
        plot[y - 3 : y + 4, x - 3 : x + 4] = CURVE
    image = pyvips.Image.new_from_array(plot)
    for text, left, above in (
        ("0", BORDER, bottom + 8),
        ("confidence 1", right - 80, bottom + 8),
        (f"{top:g}", 12, BORDER),
        ("mean dE", BORDER, BORDER - 30),
    ):
        ink = 255 - pyvips.Image.text(text, dpi=90)
        image = image.insert(ink.bandjoin([ink, ink]), left, above)
    return image


def line(plot: NDArray[np.uint8], points: Array, color: tuple[int, int, int]) -> None:
    """Draw from point (x, y) to point."""
    for start, end in pairwise(points):
        x, y = np.linspace(start, end, 2000).round().astype(int).T
        plot[y, x] = color


if __name__ == "__main__":
    main()
