"""Hints in a file, so that they can be kept beside the photo, edited, and written by other programs.

    {
      "version": 1,
      "hints": [
        {"x": 120, "y": 340, "color": "#7a1f2b", "radius": 12},
        {"x": "50%", "y": "12.5%", "color": "#87a9c4"}
      ]
    }

`x` and `y` are pixels of the upright photo, or text with % for a share of its width and height; `radius` may
be left out, its percent is of the short side. Anything else is refused: a misspelt key should not be ignored.
"""

import json
from pathlib import Path
from typing import Any, Final

from colorify.errors import UsageError
from colorify.hints import Hint, Length
from colorify.text_file import read_text

VERSION: Final = 1
NEEDED: Final = frozenset({"x", "y", "color"})
ALLOWED: Final = NEEDED | {"radius"}


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
        raise UsageError(f"{where}: {found}; expected x, y, color and perhaps radius.")
    if not isinstance(entry["color"], str):
        raise UsageError(f"{where}: color: expected #RRGGBB as text, found {_kind(entry['color'])}.")
    x, y, radius = (_length(entry.get(name, 0.0), f"{where}: {name}") for name in ("x", "y", "radius"))
    hint = Hint(x, y, entry["color"], radius)
    try:
        _ = hint.ab
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error
    return hint


def _length(value: Any, where: str) -> Length:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise UsageError(f'{where}: expected a number of pixels or text such as "50%", found {_kind(value)}.')
    try:
        return value if isinstance(value, str) else float(value)
    except OverflowError as error:
        raise UsageError(f"{where}: too large a number.") from error


def _kind(value: Any) -> str:
    return {dict: "an object", list: "a list", str: "text", type(None): "null"}.get(type(value), repr(value))
