"""Make the pictures of the README, docs/trouble.md and the training log, from the samples of the repository.

python bench/pictures.py           # writes before-after.jpg, trouble-*.jpg and faded.jpg into docs/images
"""

from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorify import Colorizer, Hint
from colorify.images.photo import open_photo
from colorify.model import generator
from colorify.options import ColorOptions
from colorify.pixels import to_rgb8

Pixels = NDArray[np.uint8]

ROOT = Path(__file__).parent.parent
HERO = (
    "kitchen",
    "corn",
    "house",
    "fourth-of-july",
)  # of samples/old; the last one fails: its flag stays grey
FAILURE = (178, 34, 34)  # RGB of the frame around what failed
BLUE = Hint("22%", "42%", "#3a55a0")
HEIGHT = 260  # px of a picture
GAP = 6  # px of white between pictures


# of samples/old: what the columns of a picture of docs/trouble.md are coloured with, as that page says
TROUBLE: dict[str, tuple[str, list[ColorOptions]]] = {
    "trouble-lake": (
        "camp",
        [
            ColorOptions(),
            ColorOptions(vividness=0.5),
            ColorOptions(hints=(Hint.neutral("70%", "27%"),)),
            ColorOptions(hints=(Hint("70%", "27%", "#a08a5a"),)),
        ],
    ),
    "trouble-bleeding": (
        "float",
        [
            ColorOptions(),
            ColorOptions(hints=(BLUE,)),
            ColorOptions(
                hints=(
                    BLUE,
                    Hint.neutral("42%", "20%"),
                    Hint.neutral("36%", "60%"),
                )
            ),
        ],
    ),
    "trouble-grey": (
        "fourth-of-july",
        [
            ColorOptions(),
            ColorOptions(vividness=1.6),
            ColorOptions(hints=(Hint("63%", "33%", "#b22234"),)),
        ],
    ),
    "trouble-vivid": (
        "corn",
        [ColorOptions(), ColorOptions(vividness=0.4), ColorOptions(strength=0.6)],
    ),
}

# of a face that is small in its photo: what that is coloured with; left, top, width and height, px
FACE: tuple[str, list[dict[str, object]]] = ("stream", [{}, {"detail": "fine"}, {"size": 640}])
FACE_PX = (100, 210, 190, 150)

FADES = ((1.0, 0), (0.35, 0), (0.5, 127))  # of codes: contrast, black; as it is, dark, pale


def main() -> None:
    """Write them."""
    colorizer = Colorizer()
    columns = [[gray, colorizer.colorize(gray)] for gray in (shrunk(f"old/{name}") for name in HERO)]
    columns[-1][-1] = framed(columns[-1][-1])
    write("before-after", columns)
    for name, (sample, options) in TROUBLE.items():
        gray = shrunk(f"old/{sample}")
        write(name, [[gray], *([colored(colorizer, gray, option)] for option in options)])
    write("trouble-face", [[picture] for picture in faces(colorizer)])
    prints = [np.rint(shrunk("astronaut") * contrast + black).astype(np.uint8) for contrast, black in FADES]
    fresh = [colorizer.colorize(gray) for gray in prints]
    with mock.patch.object(generator, "normalize_luminance", lambda L: L):
        faded = [colorizer.colorize(gray) for gray in prints]
    write("faded", [list(column) for column in zip(prints, faded, fresh, strict=True)])


def shrunk(name: str) -> Pixels:
    """Return a sample, HEIGHT px high, grey if it has no colour, as RGB."""
    photo = open_photo(ROOT / "samples" / f"{name}.jpg")
    return to_rgb8(photo.shrink(round(photo.size[0] * HEIGHT / photo.size[1]), HEIGHT))


def colored(colorizer: Colorizer, gray: Pixels, chosen: ColorOptions) -> Pixels:
    """Return a picture in colour."""
    return colorizer.colorize(gray, hints=chosen.hints, strength=chosen.strength, vividness=chosen.vividness)


def faces(colorizer: Colorizer) -> Iterator[Pixels]:
    """Yield a face, HEIGHT px high: grey, and as the whole photo was coloured each time."""
    name, options = FACE
    data = (ROOT / "samples" / "old" / f"{name}.jpg").read_bytes()
    for each in (data, *(colorizer.colorize(data, **option) for option in options)):
        picture = pyvips.Image.new_from_buffer(each, "").colourspace("srgb").crop(*FACE_PX)
        yield picture.resize(HEIGHT / FACE_PX[3], kernel="cubic").numpy()


def framed(picture: Pixels) -> Pixels:
    """Return a picture with a frame, as large as before: it shows a failure."""
    inside = picture[GAP:-GAP, GAP:-GAP]
    return np.stack(
        [np.pad(inside[..., band], GAP, constant_values=value) for band, value in enumerate(FAILURE)], axis=-1
    )


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
