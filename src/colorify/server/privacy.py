"""What a result keeps quiet: where the photo was taken."""

import re
import struct
from dataclasses import replace
from typing import Final

import pyvips

from colorify.photo import Photo

_GPS_IFD: Final = "exif-ifd3-"  # libvips' name for the EXIF directory of positions
_XMP: Final = "xmp-data"
_EXIF: Final = "exif-data"
# XMP, part 2: the EXIF namespace's GPS properties, as attributes or as elements
_ATTRIBUTE: Final = re.compile(rb"\s[\w.-]+:GPS\w+\s*=\s*(\"[^\"]*\"|'[^']*')")
_ELEMENT: Final = re.compile(rb"<([\w.-]+:GPS\w+)\b[^>]*?(/>|>.*?</\1\s*>)", re.DOTALL)
_GPS_POINTER: Final = 0x8825  # EXIF 2.32, section 4.6.3
_ENTRY: Final = 12  # bytes of an entry of a TIFF directory


def without_location(photo: Photo) -> Photo:
    """Return the same photo without the position at which it was taken."""
    image = photo.image.copy()
    for name in image.get_fields():
        if name.startswith(_GPS_IFD):
            image.remove(name)
    for name, cut in ((_XMP, _cut_xmp), (_EXIF, _cut_exif)):
        if image.get_typeof(name):
            image.set_type(pyvips.GValue.blob_type, name, cut(image.get(name)))
    return replace(photo, image=image)


def _cut_xmp(packet: bytes) -> bytes:
    return _ELEMENT.sub(b"", _ATTRIBUTE.sub(b"", packet))


def _cut_exif(block: bytes) -> bytes:
    """Return an EXIF block whose first directory does not point to positions; libvips drops the rest.

    A block that is no EXIF comes back empty: nobody can say what is in it.
    """
    start = 6 if block.startswith(b"Exif\0\0") else 0
    order = {b"II": "<", b"MM": ">"}.get(block[start : start + 2])
    if order is None:
        return b""
    try:
        place = start + struct.unpack_from(f"{order}I", block, start + 4)[0]
        count = struct.unpack_from(f"{order}H", block, place)[0]
        for index in range(count):
            entry = place + 2 + index * _ENTRY
            if struct.unpack_from(f"{order}H", block, entry)[0] == _GPS_POINTER:
                end = place + 2 + count * _ENTRY + 4  # the offset of the next directory moves up too
                fewer = struct.pack(f"{order}H", count - 1)
                rest = block[entry + _ENTRY : end] + bytes(_ENTRY)
                return block[:place] + fewer + block[place + 2 : entry] + rest + block[end:]
    except struct.error:
        return b""
    return block
