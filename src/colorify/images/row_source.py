"""Rows that Python computes, as strips or as a picture that libvips pulls; memory stays the same.

libvips has no operation that calls back for pixels, but it reads files through callbacks. So the rows are
given to it as the content of an uncompressed BigTIFF that exists nowhere: a header written once, then strip
after strip at the moment that the saver asks for it. What is one strip as a whole is computed at once, and
given to it as an array, which takes a fifth of the time.
"""

import struct
import sys
from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyvips
from numpy.typing import NDArray

Pixels = NDArray[Any]

# TIFF 6.0 and BigTIFF: tag numbers, and field types by their struct code
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_OFFSETS, _BANDS, _STRIP_ROWS, _COUNTS, _EXTRA = 273, 277, 278, 279, 338
_TYPES: Final = {"H": 3, "I": 4, "Q": 16}
_GREY, _RGB, _UNASSOCIATED_ALPHA, _NO_COMPRESSION = 1, 2, 2, 1


class CancelledError(Exception):
    """Somebody called RowStream.cancel."""


class RowStream:
    """A picture of (height, width, bands), uint8 or uint16, whose strips come from an iterator, top down.

    Every strip but the last has `strip_rows` rows. They are taken by `strips` or as `image`, once, and on as
    many `threads` as a saver may use. What the iterator raises ends the stream; an exception cannot pass
    through libvips, so `error` keeps it. With a picture of one strip it is raised here.
    """

    def __init__(
        self,
        strips: Iterator[Pixels],
        *,
        shape: tuple[int, int, int],
        depth: int,
        strip_rows: int,
        threads: int = 1,
    ) -> None:
        height, width, bands = shape
        self.shape, self.depth, self.strip_rows, self.threads = shape, depth, strip_rows, threads
        self._strips = strips
        self._row_bytes = width * bands * depth // 8
        self._header = _header(shape, depth, strip_rows) if self.is_divided else b""
        self._size = len(self._header) + self._row_bytes * height
        self._position = 0
        self._strip = memoryview(b"")
        self._strip_start = self._strip_end = len(self._header)
        self._cancelled = False
        self.error: BaseException | None = None
        if not self.is_divided:
            self._strip_end = self._size
            self.image = _wrap(next(strips))

    @property
    def is_divided(self) -> bool:
        """Whether it has more strips than one."""
        return self.shape[0] > self.strip_rows

    @property
    def decoded_bytes(self) -> int:
        """What its pixels take."""
        return self._row_bytes * self.shape[0]

    @cached_property
    def image(self) -> pyvips.Image:
        """The picture, whose strips are asked for when libvips wants their pixels."""
        self._source = pyvips.SourceCustom()
        self._source.on_read(self._read)
        self._source.on_seek(self._seek)
        return pyvips.Image.tiffload_source(self._source, access="sequential", fail_on="error")

    @cached_property
    def pixel(self) -> pyvips.Image:
        """A picture of its kind, of one black pixel."""
        dtype = np.uint8 if self.depth == 8 else np.uint16
        return _wrap(np.zeros((1, 1, self.shape[2]), dtype))

    def strips(self) -> Iterator[Pixels]:
        """Yield the strips of a picture that has several. Raises CancelledError, and what they raise."""
        for strip in self._strips:
            if self._cancelled:
                raise CancelledError
            self._strip_end += self._row_bytes * len(strip)
            yield strip

    @property
    def fraction(self) -> float:
        """How much has been computed, 0..1."""
        return (self._strip_end - len(self._header)) / (self._size - len(self._header))

    def cancel(self) -> None:
        """Make the next read fail; may be called from any thread."""
        self._cancelled = True

    def _read(self, size: int) -> bytes | memoryview:
        try:
            data = self._bytes_at(self._position, size)
        except BaseException as error:  # noqa: BLE001
            # not lost but kept, for the thread that waits: libvips, whose thread this is, takes no exceptions
            self.error = self.error or error
            return b""
        self._position += len(data)
        return data

    def _bytes_at(self, position: int, size: int) -> bytes | memoryview:
        if position < len(self._header):
            return self._header[position : position + size]
        if self._cancelled:
            raise CancelledError
        while position >= self._strip_end and self._strip_end < self._size:
            strip = np.ascontiguousarray(next(self._strips))
            self._strip = strip.data.cast("B")
            self._strip_start, self._strip_end = self._strip_end, self._strip_end + len(self._strip)
        start = position - self._strip_start
        if start < 0:
            raise RuntimeError("libvips asked for a strip twice")
        return self._strip[start : start + size]

    def _seek(self, offset: int, whence: int) -> int:
        base = (0, self._position, self._size)[whence]
        self._position = base + offset
        return self._position


def _wrap(pixels: Pixels) -> pyvips.Image:
    """Return (h, w, bands) as libvips would have it of a TIFF."""
    depth = 8 * pixels.dtype.itemsize
    grey, color = ("b-w", "srgb") if depth == 8 else ("grey16", "rgb16")
    interpretation = color if pixels.shape[2] >= 3 else grey
    return pyvips.Image.new_from_array(np.ascontiguousarray(pixels), interpretation=interpretation)


def _header(shape: tuple[int, int, int], depth: int, strip_rows: int) -> bytes:
    """Return everything of the BigTIFF that precedes its pixels, in the byte order of this machine."""
    height, width, bands = shape
    strips = -(-height // strip_rows)
    row_bytes = width * bands * depth // 8
    counts = [min(strip_rows, height - top) * row_bytes for top in range(0, height, strip_rows)]
    tags: list[tuple[int, str, list[int]]] = [
        (_WIDTH, "I", [width]),
        (_HEIGHT, "I", [height]),
        (_BITS, "H", [depth] * bands),
        (_COMPRESSION, "H", [_NO_COMPRESSION]),
        (_PHOTOMETRIC, "H", [_RGB if bands >= 3 else _GREY]),
        (_OFFSETS, "Q", [0] * strips),
        (_BANDS, "H", [bands]),
        (_STRIP_ROWS, "I", [strip_rows]),
        (_COUNTS, "Q", counts),
    ]
    if bands == 4:
        tags.append((_EXTRA, "H", [_UNASSOCIATED_ALPHA]))
    length = len(_directory(tags))
    offsets = [length + int(before) for before in np.concatenate([[0], np.cumsum(counts)])[:-1]]
    return _directory([(tag, code, offsets if tag == _OFFSETS else values) for tag, code, values in tags])


def _directory(tags: list[tuple[int, str, list[int]]]) -> bytes:
    order, mark = ("<", b"II") if sys.byteorder == "little" else (">", b"MM")
    start = 16
    beyond = start + 8 + 20 * len(tags) + 8  # where values too long for their tag go
    entries, rest = b"", b""
    for tag, code, values in tags:
        packed = struct.pack(f"{order}{len(values)}{code}", *values)
        entry = struct.pack(f"{order}HHQ", tag, _TYPES[code], len(values))
        if len(packed) <= 8:
            entries += entry + packed.ljust(8, b"\0")
        else:
            entries += entry + struct.pack(f"{order}Q", beyond + len(rest))
            rest += packed
    head = struct.pack(f"{order}2sHHHQQ", mark, 43, 8, 0, start, len(tags))
    return head + entries + struct.pack(f"{order}Q", 0) + rest
