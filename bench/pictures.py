"""Make the pictures of the README and the model card from the samples that the repository ships.

python bench/pictures.py           # writes docs/images/before-after.jpg
"""

from pathlib import Path

import numpy as np
import pyvips

from colorify import Colorizer
from colorify.photo import open_photo
from colorify.sheet import as_rgb

ROOT = Path(__file__).parent.parent
SAMPLES = ("astronaut", "camera", "chelsea")
HEIGHT = 300  # px of a picture
GAP = 6  # px of white between pictures


def main() -> None:
    """Each sample, grey on top and coloured below."""
    colorizer = Colorizer()
    columns = []
    for name in SAMPLES:
        photo = open_photo(ROOT / "samples" / f"{name}.jpg")
        gray = as_rgb(photo.shrunk(round(photo.size[0] * HEIGHT / photo.size[1]), HEIGHT))
        columns.append(
            np.concatenate([gray, np.full((GAP, *gray.shape[1:]), 255, np.uint8), colorizer.colorize(gray)])
        )
        columns.append(np.full((2 * HEIGHT + GAP, GAP, 3), 255, np.uint8))
    target = ROOT / "docs" / "images" / "before-after.jpg"
    target.parent.mkdir(parents=True, exist_ok=True)
    pyvips.Image.new_from_array(np.concatenate(columns[:-1], axis=1), interpretation="srgb").jpegsave(
        str(target), Q=88
    )


if __name__ == "__main__":
    main()
