"""What a file holds beside its pixels that libvips does not carry over: comments, texts, and other parts.

Sources: ITU-T T.81, section B.2.4; JFIF 1.02; PNG 3rd edition, section 11.3; WebP container specification.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, Final

from colorify.images.metadata.iptc import WRAPPING, join_blocks
from colorify.images.png_chunks import END, png_chunks

_MOST_PARTS: Final = 10_000  # segments or chunks
_BLOCK: Final = 2**20  # bytes to read at a time
_EOI: Final = b"\xff\xd9"  # ends the pixels of a JPEG
_MOST_BYTES: Final = 2**22  # of all that is carried over
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED_XMP: Final = b"http://ns.adobe.com/xmp/extension/\0"
_COMMENT, _SCAN, _APP0, _APP1, _APP2, _APP11, _APP12, _APP13, _APP14 = (
    0xFE,
    0xDA,
    0xE0,
    0xE1,
    0xE2,
    0xEB,
    0xEC,
    0xED,
    0xEE,
)
# what libvips carries, or what is of the old pixels; by marker, how such a segment begins
_CARRIED: Final = (
    (_APP0, b"JFIF\0"), (_APP0, b"JFXX\0"), (_APP1, b"Exif\0"),
    (_APP2, b"ICC_PROFILE\0"), (_APP12, b"Ducky"), (_APP14, b"Adobe"),
)  # fmt: skip
_NAMED: Final = (
    (_APP2, b"MPF\0", "further pictures (MPF)"),
    (_APP2, b"urn:iso:std:iso:ts:21496", "a gain map"),
    (_APP11, b"JP", "content credentials (JUMBF)"),
)
_TEXTS: Final = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_XMP_KEYWORD: Final = b"XML:com.adobe.xmp\0"
# PNG chunks that say the same of the new picture; libvips carries those of the second row, or they are pixels
_KEPT_CHUNKS: Final = frozenset({*_TEXTS, b"tIME", b"oFFs", b"sCAL"})
_KNOWN_CHUNKS: Final = frozenset(
    {
        b"IHDR",
        b"PLTE",
        b"IDAT",
        b"IEND",
        b"tRNS",
        b"iCCP",
        b"sRGB",
        b"gAMA",
        b"cHRM",
        b"cICP",
        b"pHYs",
        b"eXIf",
    }
)
_OF_THE_PLACE: Final = frozenset({b"oFFs", b"sCAL"})  # untrue once the picture is turned
_WEBP_CHUNKS: Final = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP", b"EXIF", b"XMP "})


@dataclass(frozen=True)
class AncillaryData:
    """What was found."""

    comments: tuple[bytes, ...] = ()  # of JPEG, without their markers
    xmp: bytes | None = None  # of JPEG; libvips may take the extended one for it
    extended_xmp: tuple[bytes, ...] = ()  # of JPEG, likewise
    photoshop: bytes = b""  # of JPEG, of all its segments; libvips takes the first alone
    chunks: tuple[bytes, ...] = ()  # of PNG, whole
    aspect: tuple[int, int] | None = (
        None  # pixels across and down in the same length, where no length is known
    )
    has_resolution: bool = False  # in the container; EXIF may have one, too
    left_out: tuple[str, ...] = ()  # what is not carried over, in words

    def turned(self, *, sideways: bool) -> "AncillaryData":
        """Return the same of a picture that was turned or mirrored; `sideways`: its rows became columns."""
        aspect = (self.aspect[1], self.aspect[0]) if self.aspect and sideways else self.aspect
        gone = {chunk[4:8] for chunk in self.chunks} & _OF_THE_PLACE
        kept = tuple(chunk for chunk in self.chunks if chunk[4:8] not in _OF_THE_PLACE)
        words = tuple(f"the PNG chunk {name.decode()}" for name in sorted(gone))
        return replace(self, aspect=aspect, chunks=kept, left_out=(*self.left_out, *words))

    def keywords(self) -> list[str]:
        """Return what its texts are called."""
        named = [chunk[8:].partition(b"\0")[0] for chunk in self.chunks if chunk[4:8] in _TEXTS]
        return [name.decode("latin-1") for name in named]


def read_ancillary(file: BinaryIO, kind: str) -> AncillaryData:
    """Read what stands beside the pixels of a file of a format called `kind`; what is damaged ends it."""
    return {"jpeg": _of_jpeg, "png": _of_png, "webp": _of_webp}.get(kind, lambda _: AncillaryData())(file)


def _of_jpeg(file: BinaryIO) -> AncillaryData:
    comments: list[bytes] = []
    packets: list[bytes] = []
    extended: list[bytes] = []
    blocks: list[bytes] = []
    left_out: list[str] = []
    aspect, has_resolution = None, False
    for marker, data in jpeg_segments(file):
        if marker == _COMMENT:
            comments.append(data)
        elif marker == _APP1 and data.startswith(EXTENDED_XMP):
            extended.append(data)
        elif marker == _APP1 and data.startswith(_XMP):
            packets.append(data.removeprefix(_XMP))
        elif marker == _APP13 and data.startswith(WRAPPING):
            blocks.append(data)
        elif marker == _APP0 and data.startswith(b"JFIF\0") and len(data) >= 12:
            unit, x, y = struct.unpack_from(">BHH", data, 7)
            has_resolution = unit in (1, 2) and x > 0 and y > 0
            aspect = (x, y) if unit == 0 and x != y and x and y else None
        elif _APP0 <= marker <= 0xEF and not _begins(marker, data, _CARRIED):
            left_out.append(_name_of(marker, data))
    return AncillaryData(
        comments=tuple(comments),
        xmp=packets[0] if packets else None,
        extended_xmp=tuple(extended),
        photoshop=join_blocks(blocks),
        aspect=aspect,
        has_resolution=has_resolution,
        left_out=tuple(dict.fromkeys(left_out)),
    )


def jpeg_segments(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield the marker and the data of each segment before the pixels."""
    file.seek(2)
    for _ in range(_MOST_PARTS):
        head = file.read(2)
        while head[1:] == b"\xff":  # padding
            head = b"\xff" + file.read(1)
        if len(head) < 2 or head[0] != 0xFF or head[1] == _SCAN:
            return
        size = int.from_bytes(file.read(2), "big")
        if size < 2:
            return
        yield head[1], file.read(size - 2)


def find_trailer(file: BinaryIO) -> tuple[str, ...]:
    """Say what follows the end of a JPEG's pixels, such as the video of a motion photo; not zeros alone.

    Reads all of the file. The pictures of an MPF, which lie there, have a segment that says so.
    """
    if any(marker == _APP2 and data.startswith(b"MPF\0") for marker, data in jpeg_segments(file)):
        return ()
    tail = b""
    while block := file.read(_BLOCK):
        at = (tail + block).find(_EOI)
        if at >= 0:
            file.seek(at + len(_EOI) - len(tail + block), os.SEEK_CUR)
            return _name_trailer(file)
        tail = block[-1:]
    return ()


def _name_trailer(file: BinaryIO) -> tuple[str, ...]:
    start = file.read(_BLOCK)
    block, size, is_bare = start, 0, True
    while block:
        is_bare = is_bare and not block.strip(b"\0")
        size += len(block)
        block = file.read(_BLOCK)
    if is_bare:
        return ()
    what = "the video" if b"ftyp" in start else "data"
    return (f"{what} after the end of the picture ({size:,} bytes)",)


def _begins(marker: int, data: bytes, table: tuple[tuple[int, bytes], ...]) -> bool:
    return any(marker == wanted and data.startswith(start) for wanted, start in table)


def _name_of(marker: int, data: bytes) -> str:
    known = [name for wanted, start, name in _NAMED if marker == wanted and data.startswith(start)]
    return known[0] if known else f"the segment APP{marker - _APP0} of another program"


def _of_png(file: BinaryIO) -> AncillaryData:
    chunks: list[bytes] = []
    left_out: list[str] = []
    total = 0
    aspect, has_resolution = None, False
    for kind, size in png_chunks(file):
        if kind == END:
            break
        if kind in _KEPT_CHUNKS and total + size <= _MOST_BYTES:
            whole = struct.pack(">I", size) + kind + file.read(size + 4)
            if len(whole) == size + 12 and not whole[8:].startswith(_XMP_KEYWORD):
                chunks.append(whole)
                total += size
        elif kind == b"pHYs" and size == 9:
            x, y, unit = struct.unpack(">IIB", file.read(9).ljust(9, b"\0"))
            has_resolution = unit == 1 and x > 0 and y > 0
            aspect = (x, y) if unit == 0 and x != y and x and y else None
        elif kind in _KEPT_CHUNKS or kind not in _KNOWN_CHUNKS:
            left_out.append(f"the PNG chunk {kind.decode('latin-1')}")
    printable = tuple(dict.fromkeys(words for words in left_out if words.isprintable()))
    return AncillaryData(
        chunks=tuple(chunks), aspect=aspect, has_resolution=has_resolution, left_out=printable
    )


def _of_webp(file: BinaryIO) -> AncillaryData:
    at, left_out = 12, []
    for _ in range(_MOST_PARTS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            break
        if head[:4] not in _WEBP_CHUNKS:
            left_out.append(f"the WebP chunk {head[:4].decode('latin-1')}")
        size = int.from_bytes(head[4:], "little")
        at += 8 + size + size % 2
    return AncillaryData(left_out=tuple(dict.fromkeys(words for words in left_out if words.isprintable())))
