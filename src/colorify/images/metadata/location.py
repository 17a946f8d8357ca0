"""What a result keeps quiet: where the photo was taken."""

import re
from dataclasses import replace
from typing import Final

import pyvips

from colorify.images.metadata.exif import DamagedExifError, remove_position
from colorify.images.metadata.xmp import DamagedXmpError, remove_properties
from colorify.images.photo import Photo

_XMP: Final = "xmp-data"
_EXIF: Final = "exif-data"
# XMP, part 2: the EXIF namespace's GPS properties; DJI's drones have a namespace of their own
_POSITION: Final = re.compile(r"(?:gps.*|latitude|longitude)", re.IGNORECASE)
# keywords of PNG under which ImageMagick hides blocks of metadata, in hexadecimal
_HIDDEN: Final = re.compile(rb"Raw profile type ", re.IGNORECASE)


def remove_location(photo: Photo) -> Photo:
    """Return the same photo without the position at which it was taken.

    XMP that cannot be read is left out, and so are blocks in a PNG's texts: nobody can say what is in them.
    """
    image, notes = photo.color.copy(), list(photo.notes)
    kept = tuple(chunk for chunk in photo.beside.chunks if not _HIDDEN.match(chunk[8:]))
    if len(kept) < len(photo.beside.chunks):
        notes.append("blocks of metadata in its texts were left out, as they may say where it was taken")
    if photo.beside.extended_xmp:
        notes.append("its extended XMP was left out, as it may say where it was taken")
    if image.get_typeof(_XMP):
        try:
            packet = remove_properties(image.get(_XMP), _is_position, deep=True)
            image.set_type(pyvips.GValue.blob_type, _XMP, packet)
        except DamagedXmpError as error:
            image.remove(_XMP)
            notes.append(f"its XMP was left out, as it may say where it was taken ({error})")
    if image.get_typeof(_EXIF):
        try:
            image.set_type(pyvips.GValue.blob_type, _EXIF, remove_position(bytes(image.get(_EXIF))))
        except DamagedExifError:
            image.remove(_EXIF)
            notes.append("its EXIF was left out, as it is damaged and may say where it was taken")
    beside = replace(photo.beside, chunks=kept, extended_xmp=())
    return replace(photo, color=image, beside=beside, notes=tuple(notes))


def _is_position(name: str) -> bool:
    return _POSITION.fullmatch(name.rpartition("}")[2]) is not None
