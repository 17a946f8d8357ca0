"""What a file says beside its pixels: carried over, and marked, lest the colours be taken for a record."""

from dataclasses import dataclass
from typing import Final

import pyvips

from colorify.formats import Format
from colorify.iptc import fields_of, read_iptc, with_iptc, wrapped
from colorify.space import Space
from colorify.tiff_tags import is_sound
from colorify.xmp import DamagedXmpError, Property, add_properties, check_xmp, remove_properties

# IPTC Digital Source Type NewsCodes: "Edited using Generative AI: modification or augmentation of media
# using a Generative AI model". Not algorithmicallyEnhanced, which is for tools that generate nothing.
DIGITAL_SOURCE_TYPE: Final = (
    "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
)
IPTC_EXTENSION: Final = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
# IPTC Photo Metadata Standard 2025.1; each holds one value, so that an older one gives way
_SOURCE_TYPE, _SYSTEM, _VERSION = "DigitalSourceType", "AISystemUsed", "AISystemVersionUsed"
SYSTEM_USED: Final = f"{{{IPTC_EXTENSION}}}{_SYSTEM}"  # the property that names who made the colours
_PROPERTIES: Final = frozenset(f"{{{IPTC_EXTENSION}}}{name}" for name in (_SOURCE_TYPE, _SYSTEM, _VERSION))

# of the new file, not of the old one
_OWN: Final = {
    "width", "height", "bands", "format", "coding", "interpretation", "xoffset", "yoffset", "xres", "yres",
    "filename", "icc-profile-data", "orientation", "bits-per-sample", "n-pages", "page-height", "palette",
    "palette-bit-depth", "interlaced", "n-subifds", "jpeg-multiscan", "jpeg-chroma-subsample",
}  # fmt: skip
_OWN_PREFIXES: Final = ("exif-ifd", "vips-", "heif-", "webp-", "gainmap")  # exif-data has all of EXIF
_PREVIEW: Final = ("exif-ifd1-", "jpeg-thumbnail-data")
_COLOR_SPACE: Final = "exif-ifd2-ColorSpace"
_XMP, _IPTC, _EXIF, _PROFILE = "xmp-data", "iptc-data", "exif-data", "icc-profile-data"
_SRGB, _UNCALIBRATED = "1", "65535"  # its values
_RESOLUTION: Final = "resolution-unit"


@dataclass(frozen=True)
class Mark:
    """Who made the colours."""

    generator: str
    version: str


def carry(
    source: pyvips.Image,
    target: pyvips.Image,
    *,
    format: Format,
    space: Space,
    mark: Mark | None,
    strip: bool,
) -> pyvips.Image:
    """Return `target` with the metadata of `source`, the profile of its `space`, and the mark.

    `format`: of the file to be written. Where it holds no IPTC, that goes into XMP.
    `strip` leaves out all that `source` says, but for its resolution; the mark does not depend on it.
    """
    result = target.copy()
    for name in source.get_fields():
        kept = name not in _OWN and not name.startswith(_OWN_PREFIXES)
        kept = kept and source.get_typeof(name) != 0  # as of a name that is not UTF-8
        if kept and (not strip or name == _RESOLUTION):
            result.set_type(source.get_typeof(name), name, source.get(name))
    _refresh_exif(result, space)
    _move_iptc(result, format)
    _set_blob(result, _PROFILE, space.profile)
    if mark is not None:
        _set_blob(result, _XMP, marked(blob(result, _XMP), mark))
    # at last: to set EXIF sets the resolution too, that of the photo before it was turned
    return result.copy(xres=source.xres, yres=source.yres)


def losses(source: pyvips.Image, format: Format, mark: Mark | None) -> list[str]:
    """Say what of the metadata of `source` a file of a `format`, with a mark or without, cannot take."""
    lost = []
    packet, iptc, exif = blob(source, _XMP), blob(source, _IPTC), blob(source, _EXIF)
    if format.name == "tiff" and exif is not None and not is_sound(exif):
        lost.append("its EXIF was left out, as it is damaged")
    if packet is not None and mark is not None and _readable(packet) is None:
        lost.append("its XMP is damaged and gave way to the mark")
    if iptc is not None and not format.iptc:
        nameless = read_iptc(iptc).nameless()
        if nameless:
            numbers = ", ".join(f"2:{number}" for number in nameless)
            lost.append(f"its IPTC went into XMP, which has no name for {numbers}; JPEG and TIFF keep them")
    return lost


def blob(image: pyvips.Image, name: str) -> bytes | None:
    """Return a block of metadata as libvips has it, None if there is none."""
    return bytes(image.get(name)) if image.get_typeof(name) else None


def _set_blob(image: pyvips.Image, name: str, data: bytes) -> None:
    """Set a block of metadata; an empty one is left out, as pyvips dies of reading it back."""
    if data:
        image.set_type(pyvips.GValue.blob_type, name, data)
    else:
        image.remove(name)


def _move_iptc(image: pyvips.Image, format: Format) -> None:
    """Hold IPTC in the way of a format."""
    block = blob(image, _IPTC)
    if block is None:
        return
    if format.iptc == "wrapped":
        _set_blob(image, _IPTC, wrapped(block))
    elif format.iptc == "bare" and fields_of(block):
        _set_blob(image, _IPTC, fields_of(block))
    else:
        image.remove(_IPTC)
    if not format.iptc:
        _set_blob(image, _XMP, with_iptc(_readable(blob(image, _XMP)), read_iptc(block)))


def _refresh_exif(image: pyvips.Image, space: Space) -> None:
    """Correct what the EXIF block, which libvips unpacks as soon as it is set, says of the old file."""
    for name in image.get_fields():
        if name.startswith(_PREVIEW):
            image.remove(name)
    image.set_type(pyvips.GValue.gint_type, "orientation", 1)
    if image.get_typeof(_COLOR_SPACE):
        image.set_type(pyvips.GValue.gstr_type, _COLOR_SPACE, _SRGB if space.is_srgb else _UNCALIBRATED)


def marked(packet: bytes | None, mark: Mark) -> bytes:
    """Return an XMP packet (None: a new one) that also says that the colours were generated, and by what.

    All else in `packet` stays, byte for byte; a packet that cannot be read is replaced.
    """
    values = {_SOURCE_TYPE: DIGITAL_SOURCE_TYPE, _SYSTEM: mark.generator, _VERSION: mark.version}
    added = [Property("Iptc4xmpExt", IPTC_EXTENSION, name, (value,)) for name, value in values.items()]
    kept = _readable(packet)
    return add_properties(kept and remove_properties(kept, _PROPERTIES.__contains__), added)


def _readable(packet: bytes | None) -> bytes | None:
    """Return a packet if it can be read."""
    try:
        check_xmp(packet or b"")
    except DamagedXmpError:
        return None
    return packet
