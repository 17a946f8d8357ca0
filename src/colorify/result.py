"""The file of a coloured photo: how it is written, by what a person chose, and the report on it."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from numpy.typing import NDArray

from colorify.atomic import refuse_existing
from colorify.errors import PhotoError, UsageError, option
from colorify.images.formats import Format, find_format, format_named
from colorify.images.metadata.transfer import Mark
from colorify.images.output_names import WRITABLE_SUFFIXES
from colorify.images.photo import Photo
from colorify.images.rgb_space import resolve_space
from colorify.images.row_source import RowStream
from colorify.images.save import Output, check_sides, save_photo
from colorify.model.spec import Spec
from colorify.options import SaveOptions
from colorify.render.comparison import find_comparison_format
from colorify.render.strips import save_colored_photo, strip_rows
from colorify.render.upsample import LinearChromaModel

Pixels = NDArray[Any]

# of TIFF, by the number of its tag: what is lossless stays, and what is not compressed gets smaller
_COMPRESSIONS: Final = {1: "deflate", 5: "lzw", 8: "deflate", 32946: "deflate", 32773: "packbits"}
_OTHER_COMPRESSIONS: Final = {2: "CCITT", 3: "CCITT fax 3", 4: "CCITT fax 4", 7: "JPEG"}
OPEN_RASTER_SUFFIX: Final = ".ora"
LAYER_FORMATS: Final = ("png", "tiff", "webp")  # transparent and lossless, in what others read


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
    beside: tuple[Path, ...] = ()  # what was written beside it: a map, a layer, before and after


def resolve_output(
    photo: Photo, target: Path | None, save: SaveOptions, spec: Spec
) -> tuple[Output, list[str]]:
    """Return how a photo is to be written, and what the person should know of that. Raises PhotoError."""
    notes: list[str] = []
    space = resolve_space(save.profile, photo.profile, notes)
    row = _choose_format(photo, target, save.format)
    depth = save.depth or (8 if row.max_depth == 8 else photo.depth)
    if save.depth is None and depth < photo.depth:
        notes.append(f"its samples became 8 bits: {row} holds no more")
    mark = make_mark(spec) if save.mark else None
    output = Output(row, depth, save.quality, mark, save.strip, save.overwrite, space)
    if row.name == "tiff" and photo.origin.tiff is not None:
        output = replace(output, compression=_keep_compression(photo.origin.tiff.compression, notes))
    return output, [*notes, *output.notes(photo)]


def make_mark(spec: Spec) -> Mark:
    """Return what a result says of the generator that made its colours."""
    return Mark(f"Colorify {spec.name}", spec.version)


def _keep_compression(number: int, notes: list[str]) -> str:
    """Return how a TIFF is to be compressed that is made of one whose tag has this number."""
    if number not in _COMPRESSIONS:
        notes.append(f"its compression {_OTHER_COMPRESSIONS.get(number, number)} became Deflate")
    return _COMPRESSIONS.get(number, "deflate")


def refuse_targets(source: object, target: Path | None, save: SaveOptions) -> None:
    """Raise PhotoError, before the work, for what would be refused after it, or be the photo itself.

    UsageError for a map, a layer or a comparison that its format cannot hold, and for two files of one name.
    """
    if save.confidence is not None:
        find_map_format(save.confidence)
    if save.layer is not None:
        find_layer_format(save.layer)
    if save.compare is not None:
        find_comparison_format(save.compare, save.compare_style)
    _refuse_shared_names(target, save)
    for path in filter(None, (target, *save.extra_files.values())):
        if isinstance(source, Path) and path.exists() and path.samefile(source):
            raise PhotoError(f"{path}: would overwrite the photo itself. Choose another name.")
        refuse_existing(path, save.overwrite)


def _refuse_shared_names(target: Path | None, save: SaveOptions) -> None:
    """Raise UsageError where two files are to be written to one place: only the last would be left."""
    taken = {} if target is None else {os.path.realpath(target): "where the colour photo goes"}
    for name, path in save.extra_files.items():
        place = os.path.realpath(path)
        if place in taken:
            raise UsageError(f"{option(name, str(path))}: that is {taken[place]}. Choose another name.")
        taken[place] = f"the file of {option(name)}"


def refuse_large(size: tuple[int, int], save: SaveOptions) -> None:
    """Raise PhotoError for a photo whose map or layer is larger than its format can hold."""
    named = {"confidence": find_map_format, "layer": find_layer_format}
    for name, path in save.extra_files.items():
        row = named[name](path) if name in named else None  # before and after is no larger than a screen
        if row is not None:
            check_sides(size, row, option(name, str(path)), "End its name in .tif.")


def find_map_format(target: Path) -> Format:
    """Return the format of a map of confidence by its name. Raises UsageError where that says none."""
    row = find_format(target)
    if row is None:
        known = " ".join(sorted(WRITABLE_SUFFIXES))
        raise UsageError(
            f"{option('confidence', str(target))}: expected a name that ends in one of: {known}."
        )
    return row


def find_layer_format(target: Path) -> Format | None:
    """Return the format of a layer by its name, None for OpenRaster. Raises UsageError for any other."""
    if target.suffix.lower() == OPEN_RASTER_SUFFIX:
        return None
    row = find_format(target)
    if row is None or row.name not in LAYER_FORMATS:
        raise UsageError(
            f"{option('layer', str(target))}: expected a name that ends in .png, .tif or .webp, for the "
            f"colour alone, or in {OPEN_RASTER_SUFFIX}, for the grey photo and the colour above it."
        )
    return row


def save_layer(
    photo: Photo,
    chroma: LinearChromaModel,
    target: Path,
    save: SaveOptions,
    spec: Spec,
    *,
    threads: int,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Write the colour of a photo alone, as a layer, or an OpenRaster file of both. Raises PhotoError.

    `photo`: for OpenRaster one that can be read more than once. `progress`: may raise.
    """
    row = find_layer_format(target)
    kind = row or format_named("png")
    depth = min(save.depth or photo.depth, 16 if kind.max_depth > 8 else 8)
    mark = make_mark(spec) if save.mark else None
    quality = None if kind.quality is None else 100
    output = Output(kind, depth, quality, mark, save.strip, save.overwrite)
    if row is None:
        from colorify.render.open_raster import save_open_raster  # here, as it brings ZIP and XML

        save_open_raster(photo, chroma, target, output, threads=threads, progress=progress)
    else:
        save_colored_photo(photo, chroma, target, output, threads=threads, progress=progress, layer=True)


def save_grey(strips: Iterator[Pixels], photo: Photo, target: Path, save: SaveOptions, spec: Spec) -> None:
    """Write a grey picture of the size of the photo, without its metadata. Raises PhotoError.

    It says what made it, lest it be taken for a photo to colour, but not that its colours are generated.
    """
    width, height = photo.size
    stream = RowStream(strips, shape=(height, width, 1), depth=8, strip_rows=strip_rows(width))
    row = find_map_format(target)
    mark = replace(make_mark(spec), is_generated=False) if save.mark else None
    output = Output(row, depth=8, mark=mark, strip=True, overwrite=save.overwrite)
    save_photo(stream, photo, target, output)


def _choose_format(photo: Photo, target: Path | None, wanted: str | None) -> Format:
    if wanted is not None:
        return format_named(wanted)
    row = (find_format(target) if target is not None else None) or photo.origin.format
    if row is None:
        raise PhotoError(f"{target}: no format known for this suffix. Choose one with {option('format')}.")
    return row
