"""What a file says beside its pixels: carried over, and marked, lest the colours be taken for a record."""

from dataclasses import dataclass, replace
from typing import Final

import pyvips

from colorify.images.formats import Format
from colorify.images.metadata.ancillary import AncillaryData
from colorify.images.metadata.embedding import (
    MOST_SEGMENT,
    Extras,
    app1_segment,
    comment_segment,
    jfif_density,
)
from colorify.images.metadata.exif import DamagedExifError, NewPicture, revise_exif
from colorify.images.metadata.iptc import (
    add_iptc,
    add_resources,
    other_resources,
    read_fields,
    read_iptc,
    wrap_fields,
)
from colorify.images.metadata.tiff import EXIF_MAGIC, is_sound_exif, without_largest
from colorify.images.metadata.xmp import (
    DamagedXmpError,
    Property,
    add_properties,
    check_xmp,
    read_properties,
    remove_properties,
)
from colorify.images.vips import list_fields

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

# of the new file, not of the old one; and what is written by `embed`
_OWN: Final = {
    "width", "height", "bands", "format", "coding", "interpretation", "xoffset", "yoffset", "xres", "yres",
    "filename", "icc-profile-data", "orientation", "bits-per-sample", "n-pages", "page-height", "palette",
    "palette-bit-depth", "interlaced", "n-subifds", "jpeg-multiscan", "jpeg-chroma-subsample", "background",
    "exif-data", "iptc-data", "xmp-data", "photoshop-data", "jpeg-thumbnail-data",
}  # fmt: skip
_OWN_PREFIXES: Final = ("exif-ifd", "vips-", "heif-", "webp-", "gainmap", "png-comment-")
_XMP, _IPTC, _EXIF, _PROFILE, _PHOTOSHOP = (
    "xmp-data", "iptc-data", "exif-data", "icc-profile-data", "photoshop-data",
)  # fmt: skip
_RESOLUTION: Final = "resolution-unit"
_XMP_MAGIC: Final = len("http://ns.adobe.com/xap/1.0/") + 1  # bytes before a packet in a JPEG


@dataclass(frozen=True)
class Mark:
    """Who made the colours."""

    generator: str
    version: str


@dataclass(frozen=True)
class MetadataPlan:
    """What goes into a file, beside its pixels, and what does not."""

    xmp: bytes | None
    iptc: bytes | None  # as the format holds it
    photoshop: bytes | None  # of TIFF: other things of Photoshop's
    extras: Extras
    notes: tuple[str, ...]  # what was left out, or changed
    is_bare: bool = False  # nothing of the source but its resolution


def plan_metadata(
    source: pyvips.Image,
    beside: AncillaryData,
    now: NewPicture,
    format: Format,
    mark: Mark | None,
    *,
    strip: bool,
) -> MetadataPlan:
    """Return what of the metadata of `source` goes into a file of a `format`, with a mark or without.

    `strip` leaves out all that `source` says, but for its resolution; the mark does not depend on it.
    """
    per_mm, notes = now.per_mm, list[str]()
    if per_mm is not None and not _needs_exif(format, per_mm):
        now = replace(now, per_mm=None)
    if strip:
        exif = revise_exif(None, now)
        extras = Extras(exif, per_mm=per_mm, aspect=beside.aspect)
        return MetadataPlan(
            add_mark(None, mark) if mark is not None else None, None, None, extras, (), is_bare=True
        )
    xmp, iptc, photoshop = _plan_texts(source, format, mark, notes)
    exif = _plan_exif(read_blob(source, _EXIF), now, format, notes)
    segments, chunks = _plan_parts(beside, format, notes)
    notes += [f"{what} left out" for what in beside.left_out]
    extras = Extras(exif, segments, chunks, per_mm, _plan_aspect(beside, format, notes))
    return MetadataPlan(xmp, iptc, photoshop, extras, tuple(notes))


def copy_metadata(
    source: pyvips.Image, target: pyvips.Image, plan: MetadataPlan, profile: bytes
) -> pyvips.Image:
    """Return `target` with what libvips writes of a plan, an ICC profile, and the resolution of `source`."""
    result = target.copy(xres=source.xres, yres=source.yres)
    for name in list_fields(source):
        kept = name not in _OWN and not name.startswith(_OWN_PREFIXES)
        kept = kept and (not plan.is_bare or name == _RESOLUTION)
        kind = source.get_typeof(name) if kept else 0
        if kind != 0:  # as of a name that is not UTF-8
            result.set_type(kind, name, source.get(name))
    result.set_type(pyvips.GValue.gint_type, "orientation", 1)
    blocks = ((_PROFILE, profile), (_XMP, plan.xmp), (_IPTC, plan.iptc), (_PHOTOSHOP, plan.photoshop))
    for name, block in blocks:
        _set_blob(result, name, block or b"")
    return result


def read_blob(image: pyvips.Image, name: str) -> bytes | None:
    """Return a block of metadata as libvips has it, None if there is none."""
    return bytes(image.get(name)) if image.get_typeof(name) else None


def _set_blob(image: pyvips.Image, name: str, data: bytes) -> None:
    """Set a block of metadata; an empty one is left out, as pyvips dies of reading it back."""
    if data:
        image.set_type(pyvips.GValue.blob_type, name, data)
    else:
        image.remove(name)


def _needs_exif(format: Format, per_mm: tuple[float, float]) -> bool:
    """Whether the resolution has to be said in EXIF, as the format has no place for it."""
    return format.name in ("webp", "avif") or (format.name == "jpeg" and jfif_density(per_mm) is None)


def _plan_texts(
    source: pyvips.Image, format: Format, mark: Mark | None, notes: list[str]
) -> tuple[bytes | None, bytes | None, bytes | None]:
    """Return XMP, IPTC and other things of Photoshop's."""
    packet, block, photoshop = (
        read_blob(source, _XMP),
        read_blob(source, _IPTC),
        read_blob(source, _PHOTOSHOP),
    )
    moved = block is not None and not format.iptc and bool(read_fields(block))
    if packet is not None and (mark is not None or moved):
        packet = _check_packet(packet, notes)
    if block is not None and moved:
        packet = _add_iptc_to_xmp(packet, block, notes)
    if mark is not None:
        packet = add_mark(packet, mark)
    if packet is not None and format.name == "jpeg" and len(packet) + _XMP_MAGIC > MOST_SEGMENT:
        notes.append(
            f"its XMP was left out, as it has {len(packet):,} bytes and a JPEG holds {MOST_SEGMENT:,}"
        )
        packet = add_mark(None, mark) if mark is not None else None
    iptc, photoshop = _plan_iptc(block, photoshop, format, notes)
    return packet, iptc, photoshop


def _check_packet(packet: bytes, notes: list[str]) -> bytes | None:
    try:
        check_xmp(packet)
    except DamagedXmpError as error:
        notes.append(f"its XMP is damaged and was left out ({error})")
        return None
    return packet


def _add_iptc_to_xmp(packet: bytes | None, block: bytes, notes: list[str]) -> bytes:
    """Return a packet that says what IPTC says, and note what it cannot say, or says otherwise."""
    iptc = read_iptc(block)
    lost = [f"2:{number}" for number in iptc.nameless()] + list(iptc.others)
    if lost:
        notes.append(
            f"its IPTC went into XMP, which has no name for {', '.join(lost)}; JPEG and TIFF keep them"
        )
    differing = iptc.differing(read_properties(packet)) if packet is not None else []
    if differing:
        numbers = ", ".join(f"2:{number}" for number in differing)
        notes.append(
            f"its IPTC says otherwise than its XMP in {numbers}; XMP was kept, JPEG and TIFF keep both"
        )
    return add_iptc(packet, iptc)


def _plan_iptc(
    block: bytes | None, photoshop: bytes | None, format: Format, notes: list[str]
) -> tuple[bytes | None, bytes | None]:
    """Return IPTC, and other things of Photoshop's, as a format holds them."""
    if format.iptc == "wrapped":
        whole = wrap_fields(block) if block is not None else None
        whole = add_resources(whole, photoshop) if photoshop else whole
        if whole is not None and len(whole) > MOST_SEGMENT:
            notes.append(
                f"its IPTC was left out, as it has {len(whole):,} bytes and a JPEG holds {MOST_SEGMENT:,}"
            )
            whole = None
        return whole, None
    others = photoshop or (other_resources(block) if block is not None else b"")
    if format.iptc == "bare":
        return (read_fields(block) or None) if block is not None else None, others or None
    if others:
        notes.append("data of Photoshop's other than IPTC were left out; JPEG and TIFF keep them")
    return None, None


def _plan_exif(block: bytes | None, now: NewPicture, format: Format, notes: list[str]) -> bytes | None:
    try:
        revised = revise_exif(block, now)
    except DamagedExifError as error:
        notes.append(f"its EXIF was left out, as it is damaged ({error})")
        return revise_exif(None, now)
    if revised is not None and format.name == "tiff" and not is_sound_exif(revised):
        notes.append("its EXIF was left out, as it is damaged")
        return None
    if revised is not None and format.name == "jpeg" and len(EXIF_MAGIC + revised) > MOST_SEGMENT:
        revised, tags = without_largest(revised, MOST_SEGMENT - len(EXIF_MAGIC))
        which = f"the largest of its tags ({', '.join(map(str, tags))})" if revised else ""
        notes.append(f"{which or 'its EXIF'} left out, as a JPEG holds {MOST_SEGMENT:,} bytes of EXIF")
    return revised


def _plan_parts(
    beside: AncillaryData, format: Format, notes: list[str]
) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Return segments for a JPEG, and chunks for a PNG."""
    if format.name == "jpeg":
        segments = (*map(app1_segment, beside.extended_xmp), *map(comment_segment, beside.comments))
    else:
        segments = ()
        if beside.comments:
            notes.append("its JPEG comment was left out; JPEG keeps it")
        if beside.extended_xmp:
            notes.append("its extended XMP was left out; JPEG keeps it")
    if format.name == "png":
        return segments, beside.chunks
    keywords = beside.keywords()
    if keywords:
        named = ", ".join(dict.fromkeys(keywords))
        notes.append(f"its texts were left out ({named}); PNG keeps them")
    others = sorted({chunk[4:8].decode() for chunk in beside.chunks} - {"tEXt", "zTXt", "iTXt"})
    notes += [f"the PNG chunk {name} left out; PNG keeps it" for name in others]
    return segments, ()


def _plan_aspect(beside: AncillaryData, format: Format, notes: list[str]) -> tuple[int, int] | None:
    if beside.aspect is not None and format.name not in ("jpeg", "png", "tiff"):
        notes.append(
            f"its pixels are not square ({beside.aspect[0]} to {beside.aspect[1]}), which {format} cannot say"
        )
        return None
    return beside.aspect


def add_mark(packet: bytes | None, mark: Mark) -> bytes:
    """Return an XMP packet (None: a new one) that also says that the colours were generated, and by what.

    All else in `packet` stays, byte for byte; a packet that cannot be read is replaced.
    """
    values = {_SOURCE_TYPE: DIGITAL_SOURCE_TYPE, _SYSTEM: mark.generator, _VERSION: mark.version}
    added = [Property("Iptc4xmpExt", IPTC_EXTENSION, name, (value,)) for name, value in values.items()]
    kept = _check_readable(packet) if packet is not None else None
    return add_properties(kept and remove_properties(kept, _PROPERTIES.__contains__), added)


def _check_readable(packet: bytes | None) -> bytes | None:
    """Return a packet if it can be read."""
    try:
        check_xmp(packet or b"")
    except DamagedXmpError:
        return None
    return packet
