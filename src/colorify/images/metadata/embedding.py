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
from typing import IO, Final

import pyvips

from colorify.images.metadata.tiff import EXIF_MAGIC

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

    def __init__(self, file: IO[bytes], kind: str, extras: Extras) -> None:
        self._file, self._extras = file, extras
        self._edit, self._end_of_head = _EDITS[kind]
        self._held: bytearray | None = bytearray()
        self.error: BaseException | None = None  # an exception cannot pass through libvips
        self.target = pyvips.TargetCustom()
        self.target.on_write(self._write)

    def finish(self) -> None:
        """Write what is still held. Raises ValueError where the saver has written no whole file."""
        if self._held is not None:
            self._pass_on()
        if self._held is not None:
            raise ValueError("a file without pixels")

    def _write(self, data: memoryview) -> int:
        try:
            if self._held is None:
                self._file.write(data)
            else:
                before = len(self._held)
                self._held += data
                end = self._end_of_head
                if end is not None and end in self._held[max(0, before - len(end)) :]:
                    self._pass_on()
        except BaseException as error:  # noqa: BLE001 - kept for the thread that waits
            self.error = self.error or error
            return -1
        return len(data)

    def _pass_on(self) -> None:
        assert self._held is not None
        edited = self._edit(self._held, self._extras)
        if edited is not None:
            self._file.write(edited)
            self._held = None


def jfif_density(per_mm: tuple[float, float]) -> bytes | None:
    """Return a resolution as JFIF holds it, in whole numbers; None where it would be another one."""
    for unit, length in ((1, 25.4), (2, 10.0)):
        dots = [value * length for value in per_mm]
        if _are_whole(dots) and max(dots) <= _MOST_DOTS:
            return struct.pack(">BHH", unit, *map(round, dots))
    return None


def _are_whole(values: list[float]) -> bool:
    return all(abs(value - round(value)) < _ROUNDED * value for value in values)


def _edit_jpeg(head: bytearray, extras: Extras) -> bytes:
    known = jfif_density(extras.per_mm) if extras.per_mm is not None else None  # else EXIF says it
    jfif = (
        _JFIF + (known or struct.pack(">BHH", 0, *_within(extras.aspect or (1, 1)))) + bytes(2)
    )  # no thumbnail
    exif = app1_segment(EXIF_MAGIC + extras.exif) if extras.exif else b""
    return _SOI + jfif + exif + b"".join(extras.segments) + head[len(_SOI) :]


def _within(aspect: tuple[int, int]) -> tuple[int, int]:
    """Return a ratio in numbers that every format can hold."""
    scale = max(1.0, max(aspect) / _MOST_DOTS)
    return max(1, round(aspect[0] / scale)), max(1, round(aspect[1] / scale))


def _edit_png(head: bytearray, extras: Extras) -> bytes | None:
    chunks, at = [(0, 8)], 8
    while at + 8 <= len(head) and head[at + 4 : at + 8] != b"IDAT":
        start, at = at, at + 12 + int.from_bytes(head[at : at + 4], "big")
        if head[start + 4 : start + 8] != b"pHYs" or extras.per_mm is not None:
            chunks.append((start, at))
    if head[at + 4 : at + 8] != b"IDAT":
        return None  # that was a word in a text
    kept = (bytes(head[start:end]) for start, end in chunks)
    return b"".join([*kept, *_new_chunks(extras), bytes(head[at:])])


def _new_chunks(extras: Extras) -> Iterator[bytes]:
    if extras.aspect is not None and extras.per_mm is None:
        yield _chunk(b"pHYs", struct.pack(">IIB", *_within(extras.aspect), 0))
    if extras.exif:
        yield _chunk(b"eXIf", extras.exif)
    yield from extras.chunks


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _edit_webp(data: bytearray, extras: Extras) -> bytes:
    if not extras.exif or data[12:16] != b"VP8X":  # which it has for its profile
        return bytes(data)
    at = len(data)
    for kind, start in _riff_chunks(data):
        if kind == b"XMP ":
            at = start
    exif = b"EXIF" + struct.pack("<I", len(extras.exif)) + extras.exif + bytes(len(extras.exif) % 2)
    changed = bytearray(data[:at] + exif + data[at:])
    changed[20] |= _VP8X_EXIF
    struct.pack_into("<I", changed, 4, len(changed) - 8)
    return bytes(changed)


def _riff_chunks(data: bytearray) -> Iterator[tuple[bytes, int]]:
    at = 12
    while at + 8 <= len(data):
        yield bytes(data[at : at + 4]), at
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + size + size % 2


def _edit_avif(data: bytearray, extras: Extras) -> bytes:
    """Let the item that the saver made for EXIF be ours: at the end of the file, where there is room."""
    if not extras.exif:
        return bytes(data)
    payload = struct.pack(">I", 0) + extras.exif  # bytes before the TIFF header
    place = len(data) + 8
    _point_at(data, place, len(payload))
    return bytes(data) + struct.pack(">I4s", len(payload) + 8, b"mdat") + payload


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


# what puts the extras in, and what the head of a file ends with, from which on the rest is as it comes; None:
# there is no head, and the file is held as a whole
_EDITS: Final[dict[str, tuple[Callable[[bytearray, Extras], bytes | None], bytes | None]]] = {
    "jpeg": (_edit_jpeg, _SOI),
    "png": (_edit_png, b"IDAT"),
    "webp": (_edit_webp, None),
    "avif": (_edit_avif, None),
}
