"""Small charts, drawn with Pillow, so that the benches need no plotting library."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 420, 300  # px of a panel
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 40, 50  # px around it
INK, FAINT, LINE = "#222222", "#dddddd", "#1f77b4"
TICKS: Final = 4


@dataclass(frozen=True)
class Panel:
    """One curve; both axes begin at zero, so that flat looks flat and linear looks linear."""

    title: str
    x: Sequence[float]
    y: Sequence[float]


def draw(panels: Sequence[Panel], target: Path, *, below: str) -> None:
    """Draw panels side by side into a PNG; `below` names what runs along."""
    picture = Image.new("RGB", (WIDTH * len(panels), HEIGHT), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(13)
    for number, panel in enumerate(panels):
        _draw_panel(pen, font, panel, WIDTH * number, below)
    target.parent.mkdir(parents=True, exist_ok=True)
    picture.quantize(64).save(target, optimize=True)


def _draw_panel(
    pen: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont, panel: Panel, at: int, below: str
) -> None:
    right, up = _rounded(max(panel.x)), _rounded(max(panel.y))
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        return at + LEFT + wide * x / right, TOP + high * (1 - y / up)

    pen.text((at + LEFT, TOP / 2), panel.title, INK, font, anchor="lm")
    pen.text((at + LEFT + wide / 2, HEIGHT - 12), below, INK, font, anchor="mm")
    for tick in range(TICKS + 1):
        part = tick / TICKS
        pen.line([place(0, up * part), place(right, up * part)], FAINT)
        x, y = place(0, up * part)
        pen.text((x - 6, y), f"{up * part:g}", INK, font, anchor="rm")
        x, y = place(right * part, 0)
        pen.text((x, y + 6), f"{right * part:g}", INK, font, anchor="mt")
    points = [place(x, y) for x, y in zip(panel.x, panel.y, strict=True)]
    pen.line(points, LINE, 2)
    for x, y in points:
        pen.ellipse([x - 3, y - 3, x + 3, y + 3], LINE)


def _rounded(value: float) -> float:
    """Return the next larger of 1, 2, 4 or 8 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 4, 8, 10) if step * power >= value)
