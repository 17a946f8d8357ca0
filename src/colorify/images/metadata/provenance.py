"""Whether Colorify made a picture: its outputs say so in their metadata, wherever they are moved."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from colorify.errors import PhotoError
from colorify.images.formats import HEIC, NAMELESS, SNIFF_BYTES, read_head
from colorify.images.heif import read_heic_blocks
from colorify.images.metadata.transfer import FILM_MARK, SYSTEM_USED
from colorify.images.metadata.xmp import DamagedXmpError, read_properties
from colorify.images.photo import MAX_PIXELS, PhotoHeader, read_photo_header

COLORIFY_MARK: Final = "Colorify "  # begins what `transfer.marked` says of who made the colours
_XMP: Final = "xmp-data"  # libvips' name


def is_colorify_output(photo: Path | bytes, *, max_pixels: int = MAX_PIXELS) -> bool:
    """Read the mark of a picture file, or of the content of one, from its header alone.

    Raises PhotoError as `open_photo` does.
    """
    name, head = (
        (NAMELESS, photo[:SNIFF_BYTES]) if isinstance(photo, bytes) else (str(photo), read_head(photo))
    )
    if HEIC.matches(head):  # which `read_photo_header` decodes at once
        return names_colorify(read_heic_blocks(photo, name, max_pixels).get(_XMP, b""))
    return has_colorify_mark(read_photo_header(photo, max_pixels=max_pixels, page=0))


def describe_foreign(path: Path, *, max_pixels: int = MAX_PIXELS) -> str | None:
    """Say what a file is that Colorify does not know as its own; None where it has the mark of a result."""
    if os.path.isdir(path):  # noqa: PTH112 - `Path.is_dir` raises PermissionError
        return "a folder"
    if not os.path.isfile(path):  # noqa: PTH113 - likewise; to open a named pipe would wait for ever
        return "no file that can be read"
    try:
        return (
            None if is_colorify_output(path, max_pixels=max_pixels) else "a picture without Colorify's mark"
        )
    except PhotoError:
        return "no picture that can be read"


def has_colorify_mark(header: PhotoHeader) -> bool:
    """Tell whether Colorify made a picture, of which the header has been read."""
    return names_colorify(header.xmp)


def has_film_mark(tags: Mapping[str, str]) -> bool:
    """Tell whether the tags of a film's file say that Colorify made the colours."""
    return FILM_MARK in tags.get("comment", tags.get("COMMENT", ""))


def names_colorify(packet: bytes) -> bool:
    """Tell whether a packet of XMP names Colorify as what made the colours."""
    try:
        made_by = read_properties(packet).get(SYSTEM_USED, [])
    except DamagedXmpError:
        return False  # `transfer.marked` writes none of these, and nor does a program that edits XMP
    return any(name.startswith(COLORIFY_MARK) for name in made_by)
