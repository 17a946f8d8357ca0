"""The chunks of a PNG, one after the other (PNG 3rd edition, section 5.3)."""

from collections.abc import Iterator
from typing import BinaryIO, Final

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
PIXELS: Final = b"IDAT"  # the kind of the first chunk of pixels
END: Final = b"IEND"
HEAD_BYTES: Final = 8  # before the data of a chunk: its size and kind
CHECKSUM_BYTES: Final = 4  # after it
MAX_CHUNKS: Final = 100_000  # that are looked at, of pixels too; libpng takes fewer others


def png_chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Yield the kind and the size of each chunk, END too, with the file at its data."""
    at = len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        file.seek(at)
        head = file.read(HEAD_BYTES)
        if len(head) < HEAD_BYTES:
            return
        size = int.from_bytes(head[:4], "big")
        yield head[4:], size
        if head[4:] == END:
            return
        at += HEAD_BYTES + size + CHECKSUM_BYTES
