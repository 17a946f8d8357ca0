"""Why a file could not be decoded, by its own bytes: cut short, or of a kind that libvips cannot read.

libvips keeps its errors for the whole process, so that with threads its words may be about another file; and
it says of much that is sound, but rare, that it is damaged.
Sources: ITU-T T.81, table B.1; PNG 3rd edition, section 5.3; RIFF; ISO/IEC 14496-12, section 4.2.
"""

import os
from typing import BinaryIO, Final

from colorify.images.png_chunks import CHECKSUM_BYTES, END, MAX_CHUNKS, png_chunks
from colorify.images.tiff_header import read_tiff_header

_MOST_PARTS: Final = 100_000  # segments or boxes
_FRAMES: Final = {  # JPEG: what begins a picture -> what libjpeg-turbo makes of it; "" where it decodes it
    0xC0: "", 0xC1: "", 0xC2: "", 0xC3: "lossless", 0xC5: "hierarchical", 0xC6: "hierarchical",
    0xC7: "lossless", 0xC9: "", 0xCA: "", 0xCB: "lossless", 0xCD: "hierarchical", 0xCE: "hierarchical",
    0xCF: "lossless",
}  # fmt: skip
_SCAN, _END = 0xDA, b"\xff\xd9"
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xDA)})  # JPEG: markers without a length


def find_rarity(file: BinaryIO, kind: str, page: int = 0) -> str | None:
    """Return in words what is rare about a sound file of a format called `kind`; None if nothing is."""
    if kind == "tiff":
        header = read_tiff_header(file, page)
        return f"{header.rare} TIFF" if header is not None and header.rare else None
    if kind == "jpeg":
        frame = _jpeg_frame(file)
        if frame is None:
            return None
        marker, bits = frame
        return f"{bits}-bit JPEG" if bits != 8 else f"{_FRAMES[marker]} JPEG" if _FRAMES[marker] else None
    return None


def is_cut_short(file: BinaryIO, kind: str) -> bool:
    """Tell whether a file of a format called `kind` ends before its own structure does."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if kind == "jpeg":
        return _jpeg_frame(file) is None or not _has_end(file)
    if kind == "png":
        return _chunks_end(file, size)
    if kind == "webp":
        return int.from_bytes(file.read(8)[4:], "little") + 8 > size
    return kind == "avif" and _boxes_end(file, size)


def _jpeg_frame(file: BinaryIO) -> tuple[int, int] | None:
    """Return the marker that begins the picture of a JPEG, and its bits a sample; the file is left there."""
    file.seek(2)
    for _ in range(_MOST_PARTS):
        head = file.read(4)
        if len(head) < 4 or head[0] != 0xFF or head[1] == _SCAN:
            return None
        if head[1] in _FRAMES:
            precision = file.read(1)
            return (head[1], precision[0]) if precision else None
        if head[1] == 0xFF:  # padding
            file.seek(-3, os.SEEK_CUR)
        else:
            file.seek(-2 if head[1] in _ALONE else int.from_bytes(head[2:], "big") - 2, os.SEEK_CUR)
    return None


def _has_end(file: BinaryIO) -> bool:
    """Tell whether what is left of a JPEG holds the marker that ends it; files may go on after it."""
    before = b""
    while block := file.read(2**20):
        if _END in before + block:
            return True
        before = block[-1:]
    return False


def _chunks_end(file: BinaryIO, size: int) -> bool:
    """Tell whether a PNG ends before its last chunk, IEND, does."""
    for number, (kind, data_size) in enumerate(png_chunks(file), start=1):
        if file.tell() + data_size + CHECKSUM_BYTES > size:
            return True
        if kind == END or number == MAX_CHUNKS:
            return False
    return True


def _boxes_end(file: BinaryIO, size: int) -> bool:
    """Tell whether an AVIF ends within a box."""
    at = 0
    for _ in range(_MOST_PARTS):
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:], "big")
        if length < 8:  # 0: to the end of the file
            return 0 < len(head) < 8
        at += length
        if at >= size:
            return at > size
    return False
