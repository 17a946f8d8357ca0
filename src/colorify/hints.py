"""Colours that a person asks for, at points of the photo."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from colorify.color import rgb_to_lab
from colorify.errors import UsageError

FloatArray = NDArray[np.float32]
Length = float | str  # px of the upright photo, or a share of it such as "12.5%"

NEUTRAL: Final = "#808080"  # any grey is as good: its brightness does not count


@dataclass(frozen=True)
class Hint:
    """One colour at one place. Its brightness does not count: the photo keeps its own."""

    x: Length  # from the left border; percent: of the width
    y: Length  # from the top; percent: of the height
    color: str  # "#RRGGBB", sRGB
    radius: Length = 0.0  # percent: of the short side; 0: as small as the generator can see

    @classmethod
    def neutral(cls, x: Length, y: Length, radius: Length = 0.0) -> "Hint":
        """Return a hint that says: this is grey."""
        return cls(x, y, NEUTRAL, radius)

    @property
    def ab(self) -> tuple[float, float]:
        """The a and b of `color`; raises UsageError where it is no #RRGGBB."""
        digits = self.color.removeprefix("#")
        try:
            rgb = np.frombuffer(bytes.fromhex(digits), np.uint8)
        except ValueError:
            rgb = np.empty(0, np.uint8)
        if rgb.size != 3:
            raise UsageError(f"hint color {self.color!r}: expected #RRGGBB, such as #C08060.")
        lab = rgb_to_lab((rgb / np.float32(255)).astype(np.float32))
        return float(lab[1]), float(lab[2])

    def place(self, width: int, height: int) -> tuple[float, float, float]:
        """Return x, y and radius in px of the upright photo; raises UsageError where they lie outside it."""
        x, y = _position(self.x, width), _position(self.y, height)
        radius = _pixels(self.radius, min(width, height))
        if not (0 <= x < width and 0 <= y < height and 0 <= radius < math.inf):
            raise UsageError(
                f"hint at {_spelt(self.x)},{_spelt(self.y)}, radius {_spelt(self.radius)}: expected x in "
                f"0..{width - 1}, y in 0..{height - 1} (the upright photo is {width}x{height} px) and a "
                "radius of 0 or more; or percent, such as 50%."
            )
        return x, y, radius


def draw_hints(
    hints: Sequence[Hint], *, photo: tuple[int, int], small: tuple[int, int], stride: int
) -> FloatArray:
    """Draw hints for the generator: (h, w, 3) float32: a, b, and 1 where there is a hint.

    See `number_hints` for the rest.
    """
    numbers = number_hints(hints, photo=photo, small=small, stride=stride)
    rows = [*((*hint.ab, 1.0) for hint in hints), (0.0, 0.0, 0.0)]  # the last is for -1: none
    return np.array(rows, np.float32)[numbers]


def number_hints(
    hints: Sequence[Hint],
    *,
    photo: tuple[int, int],
    small: tuple[int, int],
    stride: int,
    margin: float = 0.0,
) -> NDArray[np.intp]:
    """Say which hint holds at each place: (h, w), from 0; -1 where there is none.

    `photo`: (width, height) of the upright photo, px. `small`: the same of it as the generator sees it.
    `stride`: px of the small photo to a px of the drawing; (w, h) is `small` / `stride`, rounded up.
    `margin`: px of the drawing by which a hint is drawn larger than it is.
    A later hint covers an earlier one. Raises UsageError for a hint outside the photo.
    """
    width, height = photo
    w, h = -(-small[0] // stride), -(-small[1] // stride)
    across, down = small[0] / (width * stride), small[1] / (height * stride)
    numbers = np.full((h, w), -1, np.intp)
    columns, rows = np.arange(w)[None, :] + 0.5, np.arange(h)[:, None] + 0.5
    for number, hint in enumerate(hints):
        x, y, radius = hint.place(width, height)
        disc = (columns - x * across) ** 2 + (rows - y * down) ** 2 <= (radius * across + margin) ** 2
        disc[int(y * down), int(x * across)] = True
        numbers[disc] = number
    return numbers


def find_cell(
    x: Length, y: Length, *, photo: tuple[int, int], small: tuple[int, int], stride: int
) -> tuple[int, int]:
    """Return the row and the column in which `draw_hints` draws a point; see there.

    Raises UsageError where it lies outside the photo.
    """
    width, height = photo
    across, down = _position(x, width) / width, _position(y, height) / height
    if not (0 <= across < 1 and 0 <= down < 1):
        raise UsageError(
            f"place {_spelt(x)},{_spelt(y)}: expected x in 0..{width - 1} and y in 0..{height - 1} (the "
            f"upright photo is {width}x{height} px); or percent, such as 50%."
        )
    return int(down * small[1] / stride), int(across * small[0] / stride)


def _position(length: Length, whole: int) -> float:
    position = _pixels(length, whole)
    # 100% is the last pixel: nobody means the one after it
    return whole - 0.5 if isinstance(length, str) and position == whole else position


def _pixels(length: Length, whole: int) -> float:
    if not isinstance(length, str):
        return float(length)
    try:
        share = float(length.removesuffix("%")) if length.endswith("%") else math.nan
    except ValueError:
        share = math.nan
    return share / 100 * whole  # not a number lies outside of everything


def _spelt(length: Length) -> str:
    return length if isinstance(length, str) else f"{length:g}"
