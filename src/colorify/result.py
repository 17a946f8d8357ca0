"""The file of a coloured photo: how it is written, by what a person chose, and the report on it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorify.atomic import refuse_existing, write_whole
from colorify.errors import PhotoError, UsageError, option
from colorify.images.formats import FORMATS, Format, format_named
from colorify.images.metadata.transfer import Mark, add_mark
from colorify.images.photo import Photo
from colorify.images.rgb_space import resolve_space
from colorify.images.row_source import RowStream
from colorify.images.save import Output, save_photo
from colorify.images.sizes import shrink_size
from colorify.model.spec import Spec
from colorify.options import SaveOptions
from colorify.pixels import to_8_bits
from colorify.render.comparison import SIDE, animate, put_side_by_side
from colorify.render.open_raster import OPEN_RASTER_SUFFIX, save_open_raster
from colorify.render.strips import save_colored_photo, strip_rows
from colorify.render.upsample import LinearChromaModel

Pixels = NDArray[Any]

# of TIFF, by the number of its tag: what is lossless stays, and what is not compressed gets smaller
_COMPRESSIONS: Final = {1: "deflate", 5: "lzw", 8: "deflate", 32946: "deflate", 32773: "packbits"}
_OTHER_COMPRESSIONS: Final = {2: "CCITT", 3: "CCITT fax 3", 4: "CCITT fax 4", 7: "JPEG"}
STILL_PX: Final = 1600  # px; the longest side of each of the two of a comparison
ANIMATION_PX: Final = 800  # px; the longest side of one that moves
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
    if row.name == "tiff" and photo.origin.tiff is not None:
        output = replace(output, compression=_keep_compression(photo.origin.tiff.compression, notes))
    return output, [*notes, *output.notes(photo)]


def _keep_compression(number: int, notes: list[str]) -> str:
    """Return how a TIFF is to be compressed that is made of one whose tag has this number."""
    if number not in _COMPRESSIONS:
        notes.append(f"its compression {_OTHER_COMPRESSIONS.get(number, number)} became Deflate")
    return _COMPRESSIONS.get(number, "deflate")


def refuse_targets(source: object, target: Path | None, save: SaveOptions) -> None:
    """Raise PhotoError, before the work, for what would be refused after it, or be the photo itself.

    UsageError for a layer or a comparison that its format cannot hold.
    """
    if save.layer is not None:
        find_layer_format(save.layer)
    if save.compare is not None:
        find_comparison_format(save.compare, save.compare_style)
    for path in filter(None, (target, *save.beside.values())):
        if isinstance(source, Path) and path.exists() and path.samefile(source):
            raise PhotoError(f"{path}: would overwrite the photo itself. Choose another name.")
        refuse_existing(path, save.overwrite)


def find_layer_format(target: Path) -> Format | None:
    """Return the format of a layer by its name, None for OpenRaster. Raises UsageError for any other."""
    suffix = target.suffix.lower()
    if suffix == OPEN_RASTER_SUFFIX:
        return None
    row = next((row for row in FORMATS if suffix in row.suffixes), None)
    if row is None or row.name not in LAYER_FORMATS:
        raise UsageError(
            f"{option('layer', str(target))}: expected a name that ends in .png, .tif or .webp, for the "
            f"colour alone, or in {OPEN_RASTER_SUFFIX}, for the grey photo and the colour above it."
        )
    return row


def save_layer(
    reopen: Callable[[], Photo],
    chroma: LinearChromaModel,
    target: Path,
    save: SaveOptions,
    spec: Spec,
    *,
    threads: int,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Write the colour of a photo alone, as a layer, or an OpenRaster file of both. Raises PhotoError.

    `reopen`: opens the photo, which is read several times. `progress`: may raise.
    """
    photo, row = reopen(), find_layer_format(target)
    kind = row or format_named("png")
    depth = min(save.depth or photo.depth, 16 if kind.max_depth > 8 else 8)
    mark = Mark(f"Colorify {spec.name}", spec.version) if save.mark else None
    quality = None if kind.quality is None else 100
    output = Output(kind, depth, quality, mark, save.strip, save.overwrite)
    if row is None:
        save_open_raster(reopen, chroma, target, output, threads=threads, progress=progress)
    else:
        save_colored_photo(photo, chroma, target, output, threads=threads, progress=progress, layer=True)


def find_comparison_format(target: Path, style: str) -> Format:
    """Return the format of a comparison by its name. Raises UsageError for one that cannot hold it."""
    wanted = ("jpeg", "png", "webp") if style == SIDE else ("webp",)
    row = next((row for row in FORMATS if target.suffix.lower() in row.suffixes), None)
    if row is None or row.name not in wanted:
        names = ", ".join(f".{format_named(name).suffixes[0].lstrip('.')}" for name in wanted)
        raise UsageError(f"{option('compare', str(target))}: expected a name that ends in {names}.")
    return row


def save_comparison(before: Pixels, after: Pixels, target: Path, save: SaveOptions, spec: Spec) -> None:
    """Write before and after, (h, w, 1 or 3), in one picture, in sRGB and 8 bits. Raises PhotoError."""
    row = find_comparison_format(target, save.compare_style)
    small = [_shrink_rgb(pixels, save.compare_style) for pixels in (before, after)]
    if save.compare_style == SIDE:
        image = pyvips.Image.new_from_array(put_side_by_side(*small))
    else:
        frames, delays = zip(*animate(*small, save.compare_style), strict=True)
        image = pyvips.Image.new_from_array(np.concatenate(frames))
        image.set_type(pyvips.GValue.gint_type, "page-height", len(frames[0]))
        image.set_type(pyvips.GValue.array_int_type, "delay", list(delays))
    image = image.copy(interpretation="srgb")
    if save.mark:
        packet = add_mark(None, Mark(f"Colorify {spec.name}", spec.version))
        image.set_type(pyvips.GValue.blob_type, "xmp-data", packet)
    options = {} if row.quality is None else {"Q": row.quality}
    write_whole(target, image.write_to_buffer(row.suffixes[0], **options), overwrite=save.overwrite)


def _shrink_rgb(pixels: Pixels, style: str) -> Pixels:
    """Return (h, w, 3) uint8, no larger than what is sent to friends."""
    most = STILL_PX if style == SIDE else ANIMATION_PX
    rgb = np.ascontiguousarray(np.broadcast_to(to_8_bits(pixels), (*pixels.shape[:2], 3)))
    image = pyvips.Image.new_from_array(rgb)
    width, height = shrink_size((image.width, image.height), long=most)
    return image.thumbnail_image(width, height=height, size="force").numpy()


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
