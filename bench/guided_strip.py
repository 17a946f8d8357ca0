"""Make the pictures of docs/guided.md from samples/astronaut.jpg (NASA, public domain).

guided-strength.jpg: strength 0, 0.5, 1, 1.5, 2. guided-vividness.jpg: the same of it.
guided-hints.jpg: grey; as guessed; the suit told to be green, and the flag not; how sure the guess was.
guided-click.jpg, with --samples: old photographs of the Library of Congress, each with one click.
guided-alternatives.jpg: the first alternatives. confidence-legend.png: what the greys of the map mean.
"""

from pathlib import Path

import click
import numpy as np
import pyvips
from numpy.typing import NDArray

from colorify import Colorizer, Hint

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "samples" / "astronaut.jpg"
STEPS = (0.0, 0.5, 1.0, 1.5, 2.0)
SIDE_PX = 300  # px, of one picture
GAP = 6  # px of white
ALTERNATIVES = 4
RAMP = (512, 32)  # px
TICKS = ("0  no idea", "0.25", "0.5", "0.75", "certain  1")
# a hint on each part of the suit that edges cut off from the others
PLACES = ((100, 470), (85, 300), (130, 270), (180, 460), (305, 290), (280, 420))
SUIT = tuple(Hint(x, y, "#4c7a4a", 12) for x, y in PLACES)
# and one that keeps the green off the flag, which is as bright
HINTS = (*SUIT, Hint(40, 205, "#d8c8b0", 4))
# a photo, and one hint on it
CLICKS = (
    ("pg_three_peasant_girls.jpg", Hint("45%", "60%", "green")),
    ("lc_usw3_008462.jpg", Hint("20%", "62%", "firebrick")),
)


@click.command()
@click.option("-m", "--weights", type=click.Path(path_type=Path), help="Default: the embedded ones.")
@click.option("--into", type=click.Path(path_type=Path), default=ROOT / "docs" / "images", show_default=True)
@click.option("--samples", type=click.Path(path_type=Path), help="A folder with the photos of CLICKS.")
def main(weights: Path | None, into: Path, samples: Path | None) -> None:
    """Write the strips."""
    colorizer = Colorizer(weights)
    if samples is not None:
        write_clicks(colorizer, samples, into / "guided-click.jpg")
    session = colorizer.open(SAMPLE, preview=SIDE_PX)
    write([session.preview(strength=step) for step in STEPS], into / "guided-strength.jpg")
    write([session.preview(vividness=step) for step in STEPS], into / "guided-vividness.jpg")
    sure = np.rint(session.confidence() * 255).astype(np.uint8)
    small = pyvips.Image.new_from_array(sure).thumbnail_image(SIDE_PX).numpy().reshape(SIDE_PX, SIDE_PX, 1)
    told = [session.preview(strength=0), session.preview(), session.preview(hints=HINTS)]
    write([*told, np.repeat(small, 3, axis=2)], into / "guided-hints.jpg")
    others = [session.preview(alternative=number) for number in range(1, ALTERNATIVES + 1)]
    write(others, into / "guided-alternatives.jpg")
    legend().write_to_file(str(into / "confidence-legend.png"))


def write_clicks(colorizer: Colorizer, samples: Path, path: Path) -> None:
    """Write each photo of CLICKS as guessed and with its hint, cut to one height."""
    pictures = []
    for name, hint in CLICKS:
        session = colorizer.open(samples / name, preview=SIDE_PX)
        pictures += [session.preview(), session.preview(hints=[hint])]
    height = min(len(picture) for picture in pictures)
    write([picture[(len(picture) - height) // 2 :][:height] for picture in pictures], path)


def legend() -> pyvips.Image:
    """Draw a ramp from 0 to 1, and the values below it."""
    width, height = RAMP
    ramp = np.tile(np.linspace(0, 255, width).round().astype(np.uint8), (height, 1))
    image = pyvips.Image.new_from_array(ramp).embed(GAP, GAP, width + 2 * GAP, 2 * height, extend="white")
    for number, text in enumerate(TICKS):
        ink = 255 - pyvips.Image.text(text, dpi=90)
        center = GAP + width * number / (len(TICKS) - 1)
        left = min(max(0, round(center - ink.width / 2)), width + 2 * GAP - ink.width)
        image = image.insert(ink, left, height + 2 * GAP)
    return image


def write(pictures: list[NDArray[np.uint8]], path: Path) -> None:
    """Write pictures of one height beside each other."""
    gap = np.full((pictures[0].shape[0], GAP, 3), 255, np.uint8)
    parts = [part for picture in pictures for part in (picture, gap)][:-1]
    pyvips.Image.new_from_array(np.concatenate(parts, axis=1)).write_to_file(str(path), Q=85, strip=True)
    print(path)


if __name__ == "__main__":
    main()
