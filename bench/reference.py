"""Does a reference help where it shows the same scene, and is it harmless where it does not?

The colour of colour photos is taken away and made anew: alone, with a reference of the same scene (a cut of
50 to 70 % of the area, every second one mirrored, and L changed by up to 20 %), and with another photo of the
folder as a reference. An error is the mean distance from the true ab.
"""

from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from colorify import Colorizer
from colorify.color import lab_to_rgb, rgb_to_lab
from colorify.evaluation.scoring import find_photos
from colorify.images.photo import open_photo
from colorify.pixels import pixels_to_lab, to_rgb8

Pixels = NDArray[np.uint8]

SIDE_PX = 256  # px, of the short side


@dataclass(frozen=True)
class Row:
    """One photo: how many cells matched each reference, and the errors without and with it, in Lab units."""

    same: int
    other: int
    alone: float
    with_same: float
    with_other: float


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("-m", "--weights", type=click.Path(path_type=Path), help="Default: the embedded ones.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=2), help="Photos.")
def main(folder: Path, weights: Path | None, limit: int) -> None:
    """Print how references change the error."""
    colorizer = Colorizer(weights)
    photos = [read(path) for path in find_photos(folder)[:limit]]
    rng = np.random.default_rng(1)
    rows = []
    for number, truth in enumerate(photos):
        rows.append(measure(colorizer, truth, varied(truth, number, rng), photos[number - 1]))
    print(f"{len(rows)} photos, {colorizer.spec.name} {colorizer.spec.version}")
    for name in ("alone", "with_same", "with_other"):
        print(f"mean error {name:10} {np.mean([getattr(row, name) for row in rows]):6.2f}")
    better = sum(row.with_same < row.alone for row in rows)
    print(f"the same scene: {better} of {len(rows)} better; {spread([row.same for row in rows])} matches")
    taken = [row for row in rows if row.other]
    worst = max((row.with_other - row.alone for row in taken), default=0.0)
    print(f"unrelated: hints taken in {len(taken)} of {len(rows)}; the worst is {worst:+.2f} Lab units")


def measure(colorizer: Colorizer, truth: Pixels, same: Pixels, other: Pixels) -> Row:
    """Colour one photo without and with references."""
    ab = pixels_to_lab(truth)[:, :, 1:]

    def error(hints: tuple) -> float:  # type: ignore[type-arg]
        made = colorizer.colorize(truth, hints=hints)
        return float(np.linalg.norm(pixels_to_lab(made)[:, :, 1:] - ab, axis=2).mean())

    near, far = colorizer.match(truth, same), colorizer.match(truth, other)
    alone = error(())
    return Row(len(near), len(far), alone, error(near), error(far) if far else alone)


def varied(photo: Pixels, number: int, rng: np.random.Generator) -> Pixels:
    """Cut, mirror and brighten or darken a photo."""
    height, width = photo.shape[:2]
    scale = rng.uniform(0.7, 0.85)
    h, w = int(height * scale), int(width * scale)
    top, left = rng.integers(height - h + 1), rng.integers(width - w + 1)
    part = photo[top : top + h, left : left + w]
    lab = rgb_to_lab(np.ascontiguousarray(part[:, :: -1 if number % 2 else 1]) / np.float32(255))
    lab[:, :, 0] = np.clip(lab[:, :, 0] * rng.uniform(0.8, 1.2), 0, 100)
    return np.rint(lab_to_rgb(lab) * 255).astype(np.uint8)


def read(path: Path) -> Pixels:
    """Open a photo at SIDE_PX px on its short side, as RGB."""
    photo = open_photo(path)
    scale = SIDE_PX / min(photo.size)
    return to_rgb8(photo.shrink(*(round(side * scale) for side in photo.size)))


def spread(values: list[int]) -> str:
    """Spell the least, the median and the most."""
    return f"{min(values)} to {max(values)}, median {np.median(values):.0f},"


if __name__ == "__main__":
    main()
