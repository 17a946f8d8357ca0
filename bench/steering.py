"""What strength, vividness and alternatives do to the colours of a folder of photos.

python bench/steering.py photos         # a minute or two for 50 photos on two cores

Colourfulness is M3 of Hasler and Süsstrunk, 2003. A photo that has colour (sepia counts) loses it first,
and shows how far the first colouring and the best of the alternatives are from the truth, on average in ab.
"""

from collections.abc import Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import Final

import click
import numpy as np
from numpy.typing import NDArray
from reference import read

from colorify import Colorizer
from colorify.color import colorfulness
from colorify.evaluation.scoring import find_photos
from colorify.options import ColorOptions
from colorify.pixels import pixels_to_lab
from colorify.session import Session

Pixels = NDArray[np.uint8]

STEPS: Final = (0.0, 0.5, 1.0, 1.5, 2.0)
ALTERNATIVES: Final = 4
FOLDER: Final = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command()
@click.argument("folders", nargs=-1, required=True, type=FOLDER)
@click.option("-m", "--weights", type=click.Path(path_type=Path), help="Default: the embedded ones.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="Photos a folder.")
def main(folders: Sequence[Path], weights: Path | None, limit: int) -> None:
    """Print how colourful each step is, and what the alternatives are worth."""
    colorizer = Colorizer(weights)
    photos = [read(path) for folder in folders for path in find_photos(folder)[:limit]]
    sessions = [colorizer.open(photo) for photo in photos]
    print(f"{len(photos)} photos, {colorizer.spec.name} {colorizer.spec.version}")
    print("strength ", steps([[colorfulness(s.preview(strength=step)) for step in STEPS] for s in sessions]))
    print("vividness", steps([[colorfulness(s.preview(vividness=step)) for step in STEPS] for s in sessions]))
    counts = [sum(1 for _ in islice(session.colorings(ColorOptions()), ALTERNATIVES)) for session in sessions]
    print(f"alternatives: {ALTERNATIVES} or more in {counts.count(ALTERNATIVES)} photos")
    colored = [
        errors(session, photo, count)
        for session, photo, count in zip(sessions, photos, counts, strict=True)
        if session.was_colored
    ]
    if colored:
        first, best = np.mean([[distances[0], min(distances)] for distances in colored], axis=0)
        print(f"distance from the truth in {len(colored)} photos: the first {first:.1f}, the best {best:.1f}")


def steps(rows: list[list[float]]) -> str:
    """Spell the mean of each step, and in how many photos every step is more colourful than the last."""
    rising = sum(all(one < other for one, other in pairwise(row)) for row in rows)
    return f"{', '.join(f'{mean:.1f}' for mean in np.mean(rows, axis=0))}; rising in {rising} of {len(rows)}"


def errors(session: Session, truth: Pixels, count: int) -> list[float]:
    """Return the mean distance in ab of each alternative from the truth."""
    ab = pixels_to_lab(truth)[:, :, 1:]
    made = (session.preview(alternative=number) for number in range(1, count + 1))
    return [float(np.linalg.norm(pixels_to_lab(pixels)[:, :, 1:] - ab, axis=2).mean()) for pixels in made]


if __name__ == "__main__":
    main()
