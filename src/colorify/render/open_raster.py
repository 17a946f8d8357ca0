"""OpenRaster: the grey photo, and its colour above it as a layer in blend mode *Color*.

GIMP, Krita and MyPaint open it, and so do Photoshop's importers. It is a ZIP archive of PNGs, which hold 8 or
16 bits; pixels go into it strip by strip, so that memory does not grow with the photo.
Source: OpenRaster 0.0.5, "File ByteLayout" and "Layer Stack" (openraster.org).
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree
from zipfile import ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from colorify.atomic import whole_file
from colorify.images.photo import Photo, open_photo
from colorify.images.row_source import RowStream
from colorify.images.save import Output, save_photo_into
from colorify.images.sizes import shrink_size
from colorify.render.layer import compose_layer
from colorify.render.strips import compose_strips, strip_rows
from colorify.render.upsample import LinearChromaModel

Pixels = NDArray[Any]

MIME: Final = "image/openraster"
VERSION: Final = "0.0.5"
PHOTO, COLOR = "data/photo.png", "data/color.png"
MERGED, THUMBNAIL = "mergedimage.png", "Thumbnails/thumbnail.png"
THUMBNAIL_PX: Final = 256  # the longest side
INCH_MM: Final = 25.4
LARGE_BYTES: Final = 2**31  # from which on a member is announced as what only ZIP64 can hold


def save_open_raster(
    photo: Photo,
    chroma: LinearChromaModel,
    target: Path,
    output: Output,
    *,
    threads: int,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Write an OpenRaster file of a photo and its colours. Raises PhotoError.

    `photo`: one that can be read more than once, as it is for each picture. `output`: how the PNGs are to be.
    The mark goes to the pictures that have colour, the metadata of the photo to the two of all of it.
    """
    grey, bare = replace(output, mark=None), replace(output, strip=True)
    with whole_file(target, overwrite=output.overwrite) as temporary, ZipFile(temporary, "w") as archive:
        archive.writestr(ZipInfo("mimetype"), MIME)  # first, and as it is: by its place the file is known
        archive.writestr(ZipInfo("stack.xml"), _stack(photo))
        small = open_photo(_shrink(photo))
        for name, shown, colors, how in (
            (PHOTO, photo, chroma.scale(0), grey),
            (COLOR, photo, chroma, bare),
            (MERGED, photo, chroma, output),
            (THUMBNAIL, small, chroma, replace(bare, depth=8)),
        ):
            width, height = shown.size
            bands = 4 if name == COLOR else 3 + shown.has_alpha
            member = ZipInfo(name)
            large = width * height * bands * how.depth // 8 >= LARGE_BYTES
            painted = compose_strips(shown, colors, depth=how.depth, threads=threads)
            with closing(painted) as strips, archive.open(member, "w", force_zip64=large) as file:
                layered: Iterator[Pixels] = map(compose_layer, strips) if name == COLOR else strips
                stream = RowStream(
                    layered, shape=(height, width, bands), depth=how.depth, strip_rows=strip_rows(width)
                )
                save_photo_into(stream, shown, file, how, name=str(target), progress=progress)


def _shrink(photo: Photo) -> Pixels:
    return np.ascontiguousarray(photo.shrink(*shrink_size(photo.size, long=THUMBNAIL_PX)))


def _stack(photo: Photo) -> bytes:
    """Return the layers, the upper one first."""
    width, height = photo.size
    image = ElementTree.Element("image", version=VERSION, w=str(width), h=str(height))
    if photo.has_resolution:
        for name, per_mm in (("xres", photo.color.xres), ("yres", photo.color.yres)):
            image.set(name, str(max(1, round(per_mm * INCH_MM))))
    stack = ElementTree.SubElement(image, "stack")
    for name, source, blend in (("colour", COLOR, "svg:color"), ("photo", PHOTO, "svg:src-over")):
        place = {"x": "0", "y": "0", "opacity": "1.0", "visibility": "visible", "composite-op": blend}
        ElementTree.SubElement(stack, "layer", {"name": name, "src": source, **place})
    return bytes(ElementTree.tostring(image, encoding="UTF-8", xml_declaration=True))
