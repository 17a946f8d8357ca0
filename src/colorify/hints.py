"""Colours that a person asks for, at points of the photo: in a program and in a file.

Hints in a file, so that they can be kept beside the photo, edited, and written by other programs.

    {
      "version": 1,
      "hints": [
        {"x": 120, "y": 340, "color": "#7a1f2b", "radius": 12},
        {"x": "50%", "y": "12.5%", "color": "#87a9c4", "reach": 0.5}
      ]
    }

`x` and `y` are pixels of the upright photo, or text with % for a share of its width and height; `radius` and
`reach` may be left out; the percent of a radius is of the short side. Anything else is refused: a misspelt
key should not be ignored, and 0.45 and 0.6 are no pixels that anybody means.
"""

import json
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.css_colors import parse_color
from colorify.errors import UsageError
from colorify.pixels import pixels_to_lab
from colorify.text_file import read_text

FloatArray = NDArray[np.float32]
Length = float | str  # px of the upright photo, or a share of it such as "12.5%"

MAX_REACH: Final = 1.0
MAX_PX: Final = sys.float_info.max  # a whole number of Python may be too large for a float
NEUTRAL: Final = "#808080"  # any grey is as good: its brightness does not count


@dataclass(frozen=True)
class Hint:
    """One colour at one place. Its brightness does not count: the photo keeps its own.

    Raises UsageError where a value can be none of any photo; see `place` for those of one photo.
    """

    x: Length  # from the left border; percent: of the width
    y: Length  # from the top; percent: of the height
    color: str  # "#RRGGBB", "#RGB" or a name of CSS; sRGB; kept as "#rrggbb"
    radius: Length = 0.0  # percent: of the short side; 0: as small as the generator can see
    # how much of what may belong to the thing it lies on gets its colour: -1 only the surest, 1 far more
    reach: float = 0.0

    def __post_init__(self) -> None:
        _check_length("x", self.x)
        _check_length("y", self.y)
        _check_length("radius", self.radius)
        _check_reach(self.reach)
        if not isinstance(self.color, str):
            raise UsageError(f"hint color {self.color!r}: expected text such as #C08060 or navy.")
        try:
            object.__setattr__(self, "color", parse_color(self.color))
        except UsageError as error:
            raise UsageError(f"hint {error}") from error

    @classmethod
    def neutral(cls, x: Length, y: Length, radius: Length = 0.0, reach: float = 0.0) -> "Hint":
        """Return a hint that says: this is grey."""
        return cls(x, y, NEUTRAL, radius, reach)

    @property
    def ab(self) -> tuple[float, float]:
        """The a and b of `color`."""
        lab = pixels_to_lab(np.frombuffer(bytes.fromhex(self.color.removeprefix("#")), np.uint8))
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


HintLike = (
    Hint
    | tuple[Length, Length, str]
    | tuple[Length, Length, str, Length]
    | tuple[Length, Length, str, Length, float]
)


def to_hints(values: Iterable[HintLike]) -> tuple[Hint, ...]:
    """Return hints; each may also be given as (x, y, color), with a radius and then a reach after it.

    Raises UsageError for anything else.
    """
    return tuple(value if isinstance(value, Hint) else _from_tuple(value) for value in values)


def _from_tuple(value: object) -> Hint:
    if not isinstance(value, (tuple, list)) or len(value) not in (3, 4, 5):
        raise UsageError(f'hint {value!r}: expected a Hint, or (x, y, color) such as ("45%", "60%", "navy").')
    return Hint(*value)


def is_length(value: object) -> bool:
    """Say whether a value may be a length of some photo."""
    if isinstance(value, str):
        return 0 <= _pixels(value, 100) <= 100
    known = isinstance(value, Real) and not isinstance(value, bool)
    return known and 0 <= value <= MAX_PX  # type: ignore[operator]


def _check_length(name: str, value: object) -> None:
    """Raise UsageError where a value is no length of any photo."""
    if not is_length(value):
        raise UsageError(
            f"hint {name} {value!r}: expected 0 or more px of the upright photo, or a share of it from 0% to "
            "100%, such as 50%."
        )


def _check_reach(value: object) -> None:
    known = isinstance(value, Real) and not isinstance(value, bool)
    if not (known and -MAX_REACH <= value <= MAX_REACH):  # type: ignore[operator]
        raise UsageError(f"hint reach {value!r}: expected a number from -1 (less) to 1 (more), 0 is usual.")


def refuse_shares(x: float, y: float) -> None:
    """Raise UsageError for a place, written by a person with decimal fractions, within the first pixel.

    Who writes 0.45,0.6 means a share of the photo. A program may mean a pixel, so `Hint` itself takes it.
    """
    if x < 1 and y < 1:
        raise UsageError(
            f"hint at {x:g},{y:g}: as pixels, that is the corner at the top left. A share of the photo is "
            f"written in percent: {100 * x:g}%,{100 * y:g}%; and the corner as 0,0."
        )


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


VERSION: Final = 1
NEEDED: Final = frozenset({"x", "y", "color"})
ALLOWED: Final = NEEDED | {"radius", "reach"}


def read_hint_file(path: Path) -> tuple[Hint, ...]:
    """Read the hints of a JSON file; raises UsageError where it is none, and says at which hint.

    Whether they lie inside the photo shows when they are used.
    """
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:  # no JSON, or JSON meant to do harm
        raise UsageError(f"{path}: no JSON ({error}).") from error
    if not isinstance(content, dict) or set(content) != {"version", "hints"}:
        raise UsageError(f'{path}: expected {{"version": {VERSION}, "hints": [...]}}.')
    if content["version"] != VERSION or isinstance(content["version"], bool):
        raise UsageError(f"{path}: version {content['version']!r}, this Colorify reads version {VERSION}.")
    if not isinstance(content["hints"], list):
        raise UsageError(f'{path}: expected a list as "hints", found {_kind(content["hints"])}.')
    return tuple(_read(entry, f"{path}: hint {n}") for n, entry in enumerate(content["hints"], 1))


def _read(entry: Any, where: str) -> Hint:
    if not isinstance(entry, dict):
        raise UsageError(f'{where}: expected {{"x": ..., "y": ..., "color": ...}}, found {_kind(entry)}.')
    missing, unknown = sorted(NEEDED - set(entry)), sorted(set(entry) - ALLOWED)
    if missing or unknown:
        found = f"no {', '.join(missing)}" if missing else f"unknown {', '.join(unknown)}"
        raise UsageError(f"{where}: {found}; expected x, y, color and perhaps radius and reach.")
    if not isinstance(entry["color"], str):
        raise UsageError(f"{where}: color: expected #RRGGBB as text, found {_kind(entry['color'])}.")
    x, y, radius = (_length(entry.get(name, 0.0), f"{where}: {name}") for name in ("x", "y", "radius"))
    try:
        hint = Hint(x, y, entry["color"], radius, entry.get("reach", 0.0))
        if isinstance(entry["x"], float) and isinstance(entry["y"], float):
            refuse_shares(entry["x"], entry["y"])
        return hint
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error


def _length(value: Any, where: str) -> Length:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise UsageError(f'{where}: expected a number of pixels or text such as "50%", found {_kind(value)}.')
    try:
        return value if isinstance(value, str) else float(value)
    except OverflowError as error:
        raise UsageError(f"{where}: too large a number.") from error


def _kind(value: Any) -> str:
    return {dict: "an object", list: "a list", str: "text", type(None): "null"}.get(type(value), repr(value))
