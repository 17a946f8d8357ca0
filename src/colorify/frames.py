"""Animations of which libvips would read the first frame without a word: APNG, and sequences in AVIF.

Sources: PNG 3rd edition, section 11.3.6 (acTL); ISO/IEC 23008-12 and AV1 Image File Format, section 4.
"""

import struct
from typing import BinaryIO, Final

_SIGNATURE: Final = 8  # bytes that begin a PNG
_MOST_CHUNKS: Final = 10_000  # before the pixels; a file with more is damaged, and libpng says so
SEQUENCE: Final = b"avis"  # the brand of an AVIF that is foremost a sequence


def frames_of(file: BinaryIO) -> int:
    """Return how many frames a PNG or an AVIF has; 2 for a sequence, which does not say how many."""
    head = file.read(12)
    if head[4:12] == b"ftyp" + SEQUENCE:
        return 2
    return _frames_of_png(file) if head.startswith(b"\x89PNG") else 1


def _frames_of_png(file: BinaryIO) -> int:
    file.seek(_SIGNATURE)
    for _ in range(_MOST_CHUNKS):
        head = file.read(8)
        if len(head) < 8 or head[4:] == b"IDAT":
            return 1
        if head[4:] == b"acTL":
            return int.from_bytes(file.read(4), "big")
        file.seek(struct.unpack(">I", head[:4])[0] + 4, 1)  # 4: its checksum
    return 1
