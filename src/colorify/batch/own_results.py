"""What earlier runs wrote beside a photo `X`, by its name: `X-color` and `X-compare`."""

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Final

from colorify.errors import SetupError
from colorify.images.output_names import (
    COMPARED_STEM,
    MARKED_STEM,
    OUTPUT_MARK,
    comparison_suffix,
    photo_stem,
)
from colorify.options import COMPARISON_CHOICES
from colorify.render.clip import CLIP_SUFFIX, has_clip_mark

_COMPARISON_SUFFIXES: Final = frozenset(map(comparison_suffix, COMPARISON_CHOICES))

ListStems = Callable[[Path], set[str]]  # the names in a folder, without their suffixes


def _stems(folder: Path) -> set[str]:
    try:
        return {photo_stem(path) for path in folder.iterdir()}
    except OSError:
        # its files can be named all the same; one that cannot be read gets a result that says so
        return set()


def remember_stems() -> ListStems:
    """Return what lists each folder once, not once per file."""
    return cache(_stems)


def find_like_outputs(paths: Iterable[Path]) -> set[Path]:
    """Find those that are called as what an earlier run wrote beside their photo."""
    stems = remember_stems()
    return {path for path in paths if _is_result(path, stems) or _is_comparison(path, stems)}


def is_called_comparison(path: Path) -> bool:
    """Whether a file is called as before and after in one picture."""
    return path.suffix.lower() in _COMPARISON_SUFFIXES and bool(COMPARED_STEM.fullmatch(photo_stem(path)))


def is_own_clip(path: Path, stems: ListStems = _stems) -> bool:
    """Whether a file is before and after of a photo beside it, as a film: by its name, and by its mark.

    Without the extra `video`, which reads the mark, none is.
    """
    try:
        return path.suffix.lower() == CLIP_SUFFIX and _is_comparison(path, stems) and has_clip_mark(path)
    except SetupError:
        return False


def _is_result(path: Path, stems: ListStems) -> bool:
    match = MARKED_STEM.fullmatch(photo_stem(path))
    return match is not None and match[1] in stems(path.parent)


def _is_comparison(path: Path, stems: ListStems) -> bool:
    match = COMPARED_STEM.fullmatch(photo_stem(path)) if is_called_comparison(path) else None
    return match is not None and not stems(path.parent).isdisjoint({match[1], f"{match[1]}{OUTPUT_MARK}"})
