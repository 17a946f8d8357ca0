"""TIFF files of one picture each, joined into a file of several pages: nothing is coded anew.

A page is copied as it is to the end of the file, and what in it says where something lies is moved along.
Sources: TIFF 6.0 section 2 and 8; BigTIFF.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

import numpy as np

from colorify.images.metadata.tiff import (
    DIRECTORY_POINTERS,
    VALUE_BYTES,
    ByteLayout,
    DamagedTagsError,
    raw_entries,
    read_layout,
    take,
)

_STRIPS, _TILES, _INNER = 273, 324, 330  # tags whose values are places in the file: pixels, and directories
_PLACES: Final = frozenset({_STRIPS, _TILES})
_DIRECTORIES: Final = DIRECTORY_POINTERS | {_INNER}


def append_page(file: BinaryIO, page: BinaryIO) -> None:
    """Add the picture of a TIFF, `page`, to the end of another, which may be empty.

    Both are as libvips and `add_tags` write them, in one order of bytes and both classic or both BigTIFF.
    Raises DamagedTagsError where they differ, or together they are too large for the classic form.
    """
    import shutil  # here, as it brings all kinds of compression, and few photos have pages

    page.seek(0)
    end = file.seek(0, 2)
    if end == 0:
        shutil.copyfileobj(page, file)
        return
    layout, last = _last_link(file)
    other, first = read_layout(page)
    base = end + end % 2
    size = page.seek(0, 2)
    if other != layout or base + size >= 1 << 8 * layout.inline:
        raise DamagedTagsError("pages of two forms, or too many bytes for one")
    page.seek(0)
    file.seek(base)
    shutil.copyfileobj(page, file)
    for position in _walk(page, layout, first):
        _move_directory(file, layout, page, position, base)
    _write(file, last, struct.pack(layout.order + layout.offset, base + first))


def _last_link(file: BinaryIO) -> tuple[ByteLayout, int]:
    """Return the layout of a TIFF, and where it says that no page follows."""
    layout, position = read_layout(file)
    while True:
        raw_entries(file, layout, position)
        link = file.tell()
        (position,) = take(file, layout, layout.offset)
        if position == 0:
            return layout, link


def _walk(file: BinaryIO, layout: ByteLayout, position: int) -> Iterator[int]:
    while position:
        raw_entries(file, layout, position)
        (following,) = take(file, layout, layout.offset)
        yield position
        position = following


def _move_directory(file: BinaryIO, layout: ByteLayout, page: BinaryIO, position: int, base: int) -> None:
    """Add `base` to every place that a directory of `page` names, in its copy that begins at `base`."""
    rows = raw_entries(page, layout, position)
    link = page.tell()
    (following,) = take(page, layout, layout.offset)
    if following:
        _write(file, base + link, struct.pack(layout.order + layout.offset, base + following))
    head = struct.calcsize(layout.order + layout.count)
    for number, (tag, raw) in enumerate(rows.items()):
        _, kind, count = struct.unpack_from(f"{layout.order}HH{layout.offset}", raw)
        size = count * VALUE_BYTES.get(kind, 1)
        at = position + head + number * layout.entry + 4 + layout.inline  # of the value, or of its place
        if size > layout.inline:
            (place,) = struct.unpack_from(layout.order + layout.offset, raw, 4 + layout.inline)
            _write(file, base + at, struct.pack(layout.order + layout.offset, base + place))
            at = place
        if tag in _PLACES or tag in _DIRECTORIES:
            page.seek(at)
            places = np.frombuffer(page.read(size), f"{layout.order}u{VALUE_BYTES[kind]}")
            _write(file, base + at, (places + places.dtype.type(base)).astype(places.dtype).tobytes())
            for inner in places.tolist() if tag in _DIRECTORIES else ():
                _move_directory(file, layout, page, inner, base)


def _write(file: BinaryIO, at: int, data: bytes) -> None:
    file.seek(at)
    file.write(data)
