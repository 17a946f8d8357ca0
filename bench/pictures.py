"""Make the pictures of the README and the training log from the samples that the repository ships.

python bench/pictures.py           # writes docs/images/before-after.jpg and faded.jpg
"""

from pathlib import Path
from unittest import mock

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorify import Colorizer
from colorify.images.photo import open_photo
from colorify.model import generator
from colorify.pixels import to_rgb8

Pixels = NDArray[np.uint8]

ROOT = Path(__file__).parent.parent
SAMPLES = ("astronaut", "camera", "chelsea")
HEIGHT = 300  # px of a picture
GAP = 6  # px of white between pictures


FADES = ((1.0, 0), (0.35, 0), (0.5, 127))  # of codes: contrast, black; as it is, dark, pale


def main() -> None:
    """Write them."""
    colorizer = Colorizer()
    write("before-after", [[gray, colorizer.colorize(gray)] for gray in map(shrunk, SAMPLES)])
    prints = [np.rint(shrunk("astronaut") * contrast + black).astype(np.uint8) for contrast, black in FADES]
    fresh = [colorizer.colorize(gray) for gray in prints]
    with mock.patch.object(generator, "normalize_luminance", lambda L: L):
        faded = [colorizer.colorize(gray) for gray in prints]
    write("faded", [list(column) for column in zip(prints, faded, fresh, strict=True)])


def shrunk(name: str) -> Pixels:
    """Return a sample, HEIGHT px high, grey if it has no colour, as RGB."""
    photo = open_photo(ROOT / "samples" / f"{name}.jpg")
    return to_rgb8(photo.shrink(round(photo.size[0] * HEIGHT / photo.size[1]), HEIGHT))


def write(name: str, columns: list[list[Pixels]]) -> None:
    """Write pictures of one size a column, side by side, with white between."""
    stacked = [np.concatenate([with_gap(picture, 0) for picture in column])[:-GAP] for column in columns]
    row = np.concatenate([with_gap(column, 1) for column in stacked], axis=1)[:, :-GAP]
    target = ROOT / "docs" / "images" / f"{name}.jpg"
    target.parent.mkdir(parents=True, exist_ok=True)
    pyvips.Image.new_from_array(row, interpretation="srgb").jpegsave(str(target), Q=88)


def with_gap(picture: Pixels, axis: int) -> Pixels:
    """Add GAP px of white below or to the right."""
    margins = [(0, GAP if side == axis else 0) for side in range(3)]
    return np.pad(picture, margins, constant_values=255)


if __name__ == "__main__":
    main()
