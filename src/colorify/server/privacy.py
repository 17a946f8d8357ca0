"""What a result keeps quiet: where the photo was taken."""

import re
import struct
from dataclasses import replace
from typing import Final

import pyvips

from colorify.photo import Photo
from colorify.xmp import DamagedXmpError, remove_properties

_GPS_IFD: Final = "exif-ifd3-"  # libvips' name for the EXIF directory of positions
_XMP: Final = "xmp-data"
_EXIF: Final = "exif-data"
# XMP, part 2: the EXIF namespace's GPS properties; DJI's drones have a namespace of their own
_POSITION: Final = re.compile(r"(?:gps.*|latitude|longitude)", re.IGNORECASE)
# keywords of PNG under which ImageMagick hides blocks of metadata, in hexadecimal
_HIDDEN: Final = re.compile(r"png-comment-\d+-Raw profile type ", re.IGNORECASE)
_GPS_POINTER: Final = 0x8825  # EXIF 2.32, section 4.6.3
_ENTRY: Final = 12  # bytes of an entry of a TIFF directory


def without_location(photo: Photo) -> Photo:
    """Return the same photo without the position at which it was taken.

    XMP that cannot be read is left out, and so are blocks in a PNG's texts: nobody can say what is in them.
    """
    image, notes = photo.image.copy(), list(photo.notes)
    hidden = [name for name in image.get_fields() if _HIDDEN.match(name)]
    for name in (*hidden, *(name for name in image.get_fields() if name.startswith(_GPS_IFD))):
        image.remove(name)
    if hidden:
        notes.append("blocks of metadata in its texts were left out, as they may say where it was taken")
    if image.get_typeof(_XMP):
        try:
            packet = remove_properties(image.get(_XMP), _is_position, deep=True)
            image.set_type(pyvips.GValue.blob_type, _XMP, packet)
        except DamagedXmpError as error:
            image.remove(_XMP)
            notes.append(f"its XMP was left out, as it may say where it was taken ({error})")
    if image.get_typeof(_EXIF):
        block = _cut_exif(image.get(_EXIF))
        if block:
            image.set_type(pyvips.GValue.blob_type, _EXIF, block)
        else:
            image.remove(_EXIF)
            notes.append("its EXIF was left out, as it is damaged and may say where it was taken")
    return replace(photo, image=image, notes=tuple(notes))


def _is_position(name: str) -> bool:
    return _POSITION.fullmatch(name.rpartition("}")[2]) is not None


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
        table = place + 2
        end = table + count * _ENTRY
        following = struct.pack(f"{order}I", *struct.unpack_from(f"{order}I", block, end))
    except struct.error:
        return b""
    entries = [block[at : at + _ENTRY] for at in range(table, end, _ENTRY)]
    pointer = struct.pack(f"{order}H", _GPS_POINTER)
    kept = [entry for entry in entries if not entry.startswith(pointer)]
    cut = struct.pack(f"{order}H", len(kept)) + b"".join(kept) + following
    return block[:place] + cut.ljust(end + 4 - place, b"\0") + block[end + 4 :]
