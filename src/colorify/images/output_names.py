"""What a result is called that lies beside its source: NAME-color.EXT, for photos and for films."""

import re
from pathlib import Path, PurePath
from typing import Final

from colorify.images.formats import FORMATS, HEIC, format_named, match_format, read_head
from colorify.options import COMPARISON_STYLES

OUTPUT_MARK: Final = "-color"  # ends the name of an output that lies beside its source
COMPARISON_MARK: Final = "-compare"  # ends the name of a picture of both
MARKED_STEM: Final = re.compile(rf"(.+){OUTPUT_MARK}(-[1-9])?")  # numbered: one of some alternatives
COMPARED_STEM: Final = re.compile(rf"(.+){COMPARISON_MARK}")
LOSSLESS_SUFFIX: Final = ".png"  # where neither its suffix nor its content tells the format of an input
WRITABLE_SUFFIXES: Final = frozenset(suffix for row in FORMATS for suffix in row.suffixes)
READABLE_SUFFIXES: Final = WRITABLE_SUFFIXES | frozenset(HEIC.suffixes)
_SUFFIX: Final = re.compile(r"\.(?=.*[a-zA-Z])([a-z0-9]{1,5}|[A-Z0-9]{1,5})")  # of another kind of file


def mark_name(stem: str, suffix: str) -> str:
    """Return the name of what was made of `stem`, as a file that ends in `suffix`."""
    return f"{stem}{OUTPUT_MARK}{suffix}"


def name_result(photo: Path) -> Path:
    """Return where the result of a photo lies that stays beside it."""
    return photo.with_name(mark_name(photo_stem(photo), choose_suffix(photo)))


def comparison_suffix(choice: str) -> str:
    """Return the suffix of a comparison, by one of COMPARISON_CHOICES."""
    style, _, kind = choice.partition(".")
    if kind:
        return f".{kind}"
    return ".jpg" if style == COMPARISON_STYLES[0] else ".webp"


def name_comparison(result: Path, suffix: str) -> Path:
    """Return where before and after in one picture lie, beside the result: NAME-compare.jpg, for example."""
    return result.with_name(f"{photo_stem(result).removesuffix(OUTPUT_MARK)}{COMPARISON_MARK}{suffix}")


def photo_stem(path: PurePath) -> str:
    """Return a name without its suffix, if that is one: "St. Mary" has none, and keeps all of its name."""
    return path.stem if has_suffix(path) else path.name


def has_suffix(path: PurePath) -> bool:
    """Whether a name ends in the suffix of a kind of file: "St. Mary" and "IMG.2024" do not."""
    return path.suffix.lower() in READABLE_SUFFIXES or _SUFFIX.fullmatch(path.suffix) is not None


def choose_suffix(photo: Path) -> str:
    """Return the suffix of the result of a photo: its own, but where its content is of another kind."""
    row = match_format(read_head(photo))
    if row is None:
        return result_suffix(photo.suffix)
    suffixes = format_named(row.name).suffixes  # HEIC is a row of JPEG
    return photo.suffix if photo.suffix.lower() in suffixes else suffixes[0]


def result_suffix(source: str) -> str:
    """Return the suffix of a result, for the suffix of a photo of which no more is known."""
    if source.lower() in HEIC.suffixes:
        return FORMATS[0].suffixes[0]  # HEIC is a row of JPEG: that is what it becomes
    return source if source.lower() in WRITABLE_SUFFIXES else LOSSLESS_SUFFIX
