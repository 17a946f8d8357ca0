"""The page of `ablations.py`: a table, a strip of pictures, and for each ablation what it changed."""

import datetime
import platform
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorify.colorizer import Colorizer
from colorify.images.photo import open_photo
from colorify.pixels import to_rgb8

SAMPLES = Path(__file__).parent.parent / "samples"
NAMES = ("astronaut", "camera", "chelsea")
PAGE_WIDTH = 116  # characters of a line
HEIGHT = 150  # px of a picture of the strip; it is square
GAP = 4  # px of white
# heading, name among the scores, digits behind the point
COLUMNS = (
    ("steps", "steps", 0),
    ("samples", "samples", 0),
    ("minutes", "minutes", 1),
    ("PSNR (dB)", "psnr", 2),
    ("dE (CIE76)", "delta_e", 2),
    ("colourfulness", "colorfulness", 1),
    ("LPIPS", "lpips", 4),
    ("set distance", "mmd_alexnet", 0),
)


@dataclass(frozen=True)
class Row:
    """One ablation."""

    name: str  # of its recipe
    against: str | None  # the run that it is compared with
    question: str


def write_page(
    page: Path,
    rows: Sequence[Row],
    scores: Mapping[str, Mapping[str, float]],
    weights: Mapping[str, Path],
    *,
    budget: str,
    photos: int,
) -> None:
    """Write `page` and the strip beside it, in `images/`."""
    strip = page.parent / "images" / "ablations.jpg"
    strip.parent.mkdir(parents=True, exist_ok=True)
    write_strip(strip, [weights[row.name] for row in rows])
    truth = scores[rows[0].name]["true_colorfulness"]
    text = f"""# Ablations: what each part of the training is worth

Made by `python bench/ablations.py`, {datetime.date.today()}, {platform.machine()}; do not edit. All runs have
the same budget: {budget}; those from `longer` on start from the result of `base`. They are **small runs,
one of each**: differences are a hint, and small ones may be chance. Scores are means over {photos} colour
photos that were not trained on, whose colourfulness is {truth:.1f}; of LPIPS and the set distance less is
better. Minutes are wall clock, whatever else the machine did.

{table(rows, scores)}

From left to right: grey, {", ".join(f"`{row.name}`" for row in rows)}.

![three samples, coloured by each run](images/{strip.name})
"""
    for row in rows:
        if row.against is not None:
            change = difference(scores[row.name], scores[row.against])
            words = textwrap.fill(f"{row.question} Against `{row.against}`: {change}.", PAGE_WIDTH)
            text += f"\n## {row.name}\n\n{words}\n"
    page.write_text(text, encoding="utf-8")


def table(rows: Sequence[Row], scores: Mapping[str, Mapping[str, float]]) -> str:
    columns = [column for column in COLUMNS if column[1] in scores[rows[0].name]]
    lines = [["run", *(heading for heading, _, _ in columns)], ["---"] * (len(columns) + 1)]
    for row in rows:
        found = scores[row.name]
        lines.append([f"`{row.name}`", *(f"{found[name]:,.{digits}f}" for _, name, digits in columns)])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def difference(one: Mapping[str, float], other: Mapping[str, float]) -> str:
    """Say what changed, with signs."""
    measures = [column for column in COLUMNS[3:] if column[1] in one]
    return ", ".join(
        f"{heading.partition(' (')[0]} {one[name] - other[name]:+,.{digits}f}"
        for heading, name, digits in measures
    )


def write_strip(path: Path, weights: Sequence[Path]) -> None:
    """A line a sample: grey, and coloured by each of `weights`."""
    columns: list[list[NDArray[np.uint8]]] = [[load(name) for name in NAMES]]
    for file in weights:
        colorizer = Colorizer(file)
        columns.append([colorizer.colorize(gray) for gray in columns[0]])
    lines = []
    for pictures in zip(*columns, strict=True):
        gap = np.full((HEIGHT, GAP, 3), 255, np.uint8)
        parts = [part for picture in pictures for part in (picture, gap)][:-1]
        lines.append(pyvips.Image.new_from_array(np.concatenate(parts, axis=1), interpretation="srgb"))
    sheet = pyvips.Image.arrayjoin(lines, across=1, shim=GAP, background=255)
    sheet.jpegsave(str(path), Q=85, strip=True)


def load(name: str) -> NDArray[np.uint8]:
    """The central square of a sample."""
    photo = open_photo(SAMPLES / f"{name}.jpg")
    pixels = to_rgb8(photo.shrink(round(photo.size[0] * HEIGHT / photo.size[1]), HEIGHT))
    left = (pixels.shape[1] - HEIGHT) // 2
    return np.ascontiguousarray(pixels[:, left : left + HEIGHT])
