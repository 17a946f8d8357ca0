"""What libvips does not write, or writes with more than was there, put into a file while that is written.

The files of a saver are passed through: a JPEG and a PNG as soon as their head is there, WebP and AVIF, which
their encoders hold in memory anyway, at their end.
Sources: EXIF 2.32, section 4.5.4; JFIF 1.02; PNG 3rd edition, section 11.3; WebP container specification;
ISO/IEC 14496-12, sections 8.11.3 and 8.11.6 (iloc, iinf); ISO/IEC 23008-12, annex A.2.1 (Exif).
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import pyvips

from colorify.tiff_tags import EXIF_MAGIC

MOST_SEGMENT: Final = 65_533  # bytes of data in a segment of JPEG
_JFIF: Final = b"\xff\xe0\x00\x10JFIF\0\1\2"  # a segment, up to its density
_SOI, _APP1, _COMMENT = b"\xff\xd8", b"\xff\xe1", b"\xff\xfe"
_ROUNDED: Final = 1e-4  # of a resolution, which PNG rounds to dots a metre
_MOST_DOTS: Final = 65_535  # of JFIF
_VP8X_EXIF: Final = 0x08  # flag


@dataclass(frozen=True)
class Extras:
    """What is to be put in."""

    exif: bytes | None = None  # without magic
    segments: tuple[bytes, ...] = ()  # of JPEG, whole
    chunks: tuple[bytes, ...] = ()  # of PNG, whole
    per_mm: tuple[float, float] | None = None  # dots; None: nobody knows, and what the saver says of it goes
    aspect: tuple[int, int] | None = None  # pixels across and down in the same length


def comment_segment(text: bytes) -> bytes:
    """Return a comment as a JPEG holds it."""
    return _COMMENT + struct.pack(">H", len(text) + 2) + text


def app1_segment(data: bytes) -> bytes:
    return _APP1 + struct.pack(">H", len(data) + 2) + data


class Embedder:
    """A target of libvips that puts extras into a file of a format called `kind`."""

    def __init__(self, file: BinaryIO, kind: str, extras: Extras) -> None:
        self._file, self._extras = file, extras
        self._edit: Callable[[bytes, Extras, bool], bytes | None] = _EDITS[kind]
        self._held: bytearray | None = bytearray()
        self.error: BaseException | None = None  # an exception cannot pass through libvips
        self.target = pyvips.TargetCustom()
        self.target.on_write(self._write)

    def finish(self) -> None:
        """Write what is still held."""
        if self._held is not None:
            self._pass_on(last=True)

    def _write(self, data: memoryview) -> int:
        try:
            if self._held is None:
                self._file.write(data)
            else:
                self._held += data
                self._pass_on(last=False)
        except BaseException as error:  # noqa: BLE001 - kept for the thread that waits
            self.error = self.error or error
            return -1
        return len(data)

    def _pass_on(self, *, last: bool) -> None:
        assert self._held is not None
        edited = self._edit(bytes(self._held), self._extras, last)
        if edited is not None:
            self._file.write(edited)
            self._held = None


def density(per_mm: tuple[float, float]) -> bytes | None:
    """Return a resolution as JFIF holds it, in whole numbers; None where it would be another one."""
    for unit, length in ((1, 25.4), (2, 10.0)):
        dots = [value * length for value in per_mm]
        if _are_whole(dots) and max(dots) <= _MOST_DOTS:
            return struct.pack(">BHH", unit, *map(round, dots))
    return None


def _are_whole(values: list[float]) -> bool:
    return all(abs(value - round(value)) < _ROUNDED * value for value in values)


def _edit_jpeg(head: bytes, extras: Extras, last: bool) -> bytes | None:
    if len(head) < len(_SOI) and not last:
        return None
    known = density(extras.per_mm) if extras.per_mm is not None else None  # else EXIF says it
    jfif = _JFIF + (known or struct.pack(">BHH", 0, *(extras.aspect or (1, 1)))) + bytes(2)  # no thumbnail
    exif = app1_segment(EXIF_MAGIC + extras.exif) if extras.exif else b""
    return _SOI + jfif + exif + b"".join(extras.segments) + head[len(_SOI) :]


def _edit_png(head: bytes, extras: Extras, last: bool) -> bytes | None:
    kept, at = [head[:8]], 8
    while at + 8 <= len(head):
        kind, end = head[at + 4 : at + 8], at + 12 + int.from_bytes(head[at : at + 4], "big")
        if kind == b"IDAT":
            return b"".join([*kept, *_new_chunks(extras), head[at:]])
        if end > len(head):
            break
        if kind != b"pHYs" or extras.per_mm is not None:
            kept.append(head[at:end])
        at = end
    return head if last else None


def _new_chunks(extras: Extras) -> Iterator[bytes]:
    if extras.aspect is not None and extras.per_mm is None:
        yield _chunk(b"pHYs", struct.pack(">IIB", *extras.aspect, 0))
    if extras.exif:
        yield _chunk(b"eXIf", extras.exif)
    yield from extras.chunks


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _edit_webp(data: bytes, extras: Extras, last: bool) -> bytes | None:
    if not last:
        return None
    if not extras.exif or data[12:16] != b"VP8X":  # which it has for its profile
        return data
    at = len(data)
    for kind, start in _riff_chunks(data):
        if kind == b"XMP ":
            at = start
    exif = b"EXIF" + struct.pack("<I", len(extras.exif)) + extras.exif + bytes(len(extras.exif) % 2)
    changed = bytearray(data[:at] + exif + data[at:])
    changed[20] |= _VP8X_EXIF
    struct.pack_into("<I", changed, 4, len(changed) - 8)
    return bytes(changed)


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, int]]:
    at = 12
    while at + 8 <= len(data):
        yield data[at : at + 4], at
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + size + size % 2


def _edit_avif(data: bytes, extras: Extras, last: bool) -> bytes | None:
    """Let the item that the saver made for EXIF be ours: at the end of the file, where there is room."""
    if not last:
        return None
    if not extras.exif:
        return data
    changed = bytearray(data)
    payload = struct.pack(">I", 0) + extras.exif  # bytes before the TIFF header
    place = len(data) + 8
    _point_at(changed, place, len(payload))
    return bytes(changed) + struct.pack(">I4s", len(payload) + 8, b"mdat") + payload


def _point_at(data: bytearray, place: int, size: int) -> None:
    """Have the location of the item of EXIF say where it is."""
    meta = _box(data, 0, len(data), b"meta")
    inner = (meta[0] + 4, meta[1])  # 4: version and flags
    wanted = _exif_item(data, *_box(data, *inner, b"iinf"))
    start, _ = _box(data, *inner, b"iloc")
    version, sizes = data[start], struct.unpack_from(">H", data, start + 4)[0]
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    wide = "I" if version == 2 else "H"
    at = start + 6
    (count,) = struct.unpack_from(f">{wide}", data, at)
    at += struct.calcsize(f">{wide}")
    for _ in range(count):
        (item,) = struct.unpack_from(f">{wide}", data, at)
        at += struct.calcsize(f">{wide}") + (2 if version else 0)
        method_at = at - 2
        base_at, at = at + 2, at + 2 + base_size
        (extents,) = struct.unpack_from(">H", data, at)
        at += 2
        if item == wanted:
            data[base_at : base_at + base_size] = bytes(base_size)
            if version:
                data[method_at : method_at + 2] = bytes(2)  # in the file, not within the box
            at += index_size
            data[at : at + offset_size] = place.to_bytes(offset_size, "big")
            data[at + offset_size : at + offset_size + length_size] = size.to_bytes(length_size, "big")
            return
        at += extents * (index_size + offset_size + length_size)
    raise ValueError("an AVIF without a place for EXIF")


def _exif_item(data: bytearray, start: int, end: int) -> int:
    at = start + (6 if data[start] == 0 else 8)  # version and flags, and the number of items
    while at < end:
        (size,) = struct.unpack_from(">I", data, at)
        if bytes(data[at + 4 : at + 8]) == b"infe":
            wide = "I" if data[at + 8] == 3 else "H"
            (item,) = struct.unpack_from(f">{wide}", data, at + 12)
            kind_at = at + 12 + struct.calcsize(f">{wide}") + 2
            if bytes(data[kind_at : kind_at + 4]) == b"Exif":
                return int(item)
        at += size
    raise ValueError("an AVIF without an item for EXIF")


def _box(data: bytearray, start: int, end: int, kind: bytes) -> tuple[int, int]:
    """Return where the content of a box begins and ends."""
    at = start
    while at + 8 <= end:
        (size,) = struct.unpack_from(">I", data, at)
        if bytes(data[at + 4 : at + 8]) == kind:
            return at + 8, at + size
        at += max(8, size)
    raise ValueError(f"an AVIF without {kind.decode()}")


_EDITS: Final = {"jpeg": _edit_jpeg, "png": _edit_png, "webp": _edit_webp, "avif": _edit_avif}
