"""The file of a coloured photo: how it is written, by what a person chose, and the report on it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from colorify.atomic import refuse_existing
from colorify.errors import PhotoError, option
from colorify.images.formats import FORMATS, Format, format_named
from colorify.images.metadata.transfer import Mark
from colorify.images.photo import Photo
from colorify.images.rgb_space import resolve_space
from colorify.images.row_source import RowStream
from colorify.images.save import Output, save_photo
from colorify.model.spec import Spec
from colorify.options import SaveOptions
from colorify.render.strips import strip_rows

Pixels = NDArray[Any]


@dataclass(frozen=True)
class Report:
    """What was done to one photo."""

    source: Path | None  # None: it came as bytes
    target: Path | None  # None: it went as bytes
    width: int  # px, upright
    height: int  # px
    seconds: float
    was_colored: bool  # it had colour, sepia included, and was recoloured from its L
    mean_confidence: float  # 0..1
    data: bytes | None = None  # the encoded photo, if there is no target
    notes: tuple[str, ...] = ()  # what else the person should know


def resolve_output(
    photo: Photo, target: Path | None, save: SaveOptions, spec: Spec
) -> tuple[Output, list[str]]:
    """Return how a photo is to be written, and what the person should know of that. Raises PhotoError."""
    notes: list[str] = []
    space = resolve_space(save.profile, photo.profile, notes)
    row = _choose_format(photo, target, save.format)
    depth = save.depth or (8 if row.max_depth == 8 else photo.depth)
    mark = Mark(f"Colorify {spec.name}", spec.version) if save.mark else None
    output = Output(row, depth, save.quality, mark, save.strip, save.overwrite, space)
    return output, [*notes, *output.notes(photo)]


def refuse_targets(source: object, targets: Iterable[Path | None], *, overwrite: bool) -> None:
    """Raise PhotoError, before the work, for what would be refused after it, or be the photo itself."""
    for path in filter(None, targets):
        if isinstance(source, Path) and path.exists() and path.samefile(source):
            raise PhotoError(f"{path}: would overwrite the photo itself. Choose another name.")
        refuse_existing(path, overwrite)


def save_grey(strips: Iterator[Pixels], photo: Photo, target: Path, *, overwrite: bool) -> None:
    """Write a grey picture of the size of the photo, without its metadata. Raises PhotoError."""
    width, height = photo.size
    stream = RowStream(strips, shape=(height, width, 1), depth=8, strip_rows=strip_rows(width))
    output = Output(_choose_format(photo, target, None), depth=8, strip=True, overwrite=overwrite)
    save_photo(stream, photo, target, output)


def _choose_format(photo: Photo, target: Path | None, wanted: str | None) -> Format:
    if wanted is not None:
        return format_named(wanted)
    by_suffix = [row for row in FORMATS if target is not None and target.suffix.lower() in row.suffixes]
    row = by_suffix[0] if by_suffix else photo.origin.format
    if row is None:
        raise PhotoError(f"{target}: no format known for this suffix. Choose one with {option('format')}.")
    return row
