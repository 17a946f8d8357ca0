"""EXIF blocks: corrected in what the new file makes untrue, and otherwise as they were.

Values stay where they lie, so that a maker's note, whose offsets nobody else knows, can still be read; only
the first directory is written anew, at the end. So directories are read in place here, a second way: `tiff`
takes their values out of a file and lays them down anew (a test holds both to the same tags). libvips would
have libexif write the block, which adds what was not there and drops what it does not know.

Source: EXIF 2.32, sections 4.5 and 4.6.
"""

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from colorify.images.metadata.tiff import EXIF_MAGIC, VALUE_BYTES

_ORDERS: Final = {b"II*\0": "<", b"MM\0*": ">"}
_ENTRY: Final = 12  # bytes
_SHORT, _LONG, _RATIONAL = 3, 4, 5
_ORIENTATION, _X, _Y, _UNIT = 274, 282, 283, 296
_WIDTH, _HEIGHT = 256, 257
_EXIF, _GPS, _COLOR_SPACE, _PIXEL_X, _PIXEL_Y = 34665, 34853, 40961, 40962, 40963
_SRGB, _UNCALIBRATED = 1, 65535  # of ColorSpace
_INCH, _CENTIMETRE = 2, 3  # of ResolutionUnit
_MOST_DOTS: Final = 2.0**31  # an inch; a rational has numbers of 32 bits
_MOST_PER_MM: Final = 1e6  # dots; libvips holds no more, and says so on stderr
# of the old picture: how it was stored, and where
_STORAGE: Final = frozenset({258, 259, 262, 273, 277, 278, 279, 284, 512, 513, 514, 529, 530, 531, 532})
_PREVIEW: Final = (513, 514)  # of the second directory: where the preview is, and how long


class DamagedExifError(Exception):
    """The block makes no sense."""


@dataclass(frozen=True)
class NewPicture:
    """What is true of the new picture."""

    width: int
    height: int
    turned: bool  # rows have become columns
    is_srgb: bool
    per_mm: (
        tuple[float, float] | None
    )  # dots, to be said in EXIF; None: nobody knows, or it is said elsewhere


def revise_exif(block: bytes | None, now: NewPicture) -> bytes | None:
    """Return a block, without its magic, that is true of the new picture; None where there is nothing to say.

    What it does not say is not added, but for the resolution. Raises DamagedExifError.
    """
    if not block and now.per_mm is None:
        return None
    edit = _Edit(block or b"II*\0" + struct.pack("<IHI", 8, 0, 0))
    edit.drop(_STORAGE)
    edit.set_number(_ORIENTATION, 1)
    if now.turned:
        edit.swap(_X, _Y)
    edit.set_number(_WIDTH, now.width)
    edit.set_number(_HEIGHT, now.height)
    edit.set_below(_EXIF, {_COLOR_SPACE: _SRGB if now.is_srgb else _UNCALIBRATED})
    edit.set_below(_EXIF, {_PIXEL_X: now.width, _PIXEL_Y: now.height})
    if now.per_mm is not None and not edit.has(_X):
        edit.add_resolution(now.per_mm)
    return edit.finish()


def remove_position(block: bytes) -> bytes:
    """Return a block, magic and all, that says nothing of positions. Raises DamagedExifError."""
    edit = _Edit(block)
    edit.erase_below(_GPS)
    edit.drop({_GPS})
    return (EXIF_MAGIC if block.startswith(EXIF_MAGIC) else b"") + edit.finish()


def read_resolution(block: bytes) -> tuple[float, float] | None:
    """Return dots a millimetre, across and down, as a block says; None where it says none, or nonsense."""
    try:
        edit = _Edit(block)
        x, y = edit.fraction(_X), edit.fraction(_Y)
    except DamagedExifError:
        return None
    per_mm = {_INCH: Fraction("25.4"), _CENTIMETRE: Fraction(10)}.get(edit.number(_UNIT) or _INCH)
    if not x or not y or per_mm is None:
        return None
    resolution = float(x / per_mm), float(y / per_mm)
    return resolution if max(resolution) <= _MOST_PER_MM else None


class _Edit:
    """A block that is being changed."""

    def __init__(self, block: bytes) -> None:
        self._data = bytearray(block.removeprefix(EXIF_MAGIC))
        self._budget = 2 * len(self._data)
        order = _ORDERS.get(bytes(self._data[:4]))
        if order is None:
            raise DamagedExifError("it has no header")
        self._order = order
        self._first = self._numbers("I", 4)[0]
        self._rows, following = self._directory(self._first)
        self._drop_preview(following)

    def has(self, tag: int) -> bool:
        return tag in self._rows

    def number(self, tag: int) -> int | None:
        """Return the value of a tag of one whole number."""
        place = self._rows.get(tag)
        if place is None:
            return None
        (kind,) = self._numbers("H", place + 2)
        return self._numbers("H" if kind == _SHORT else "I", place + 8)[0]

    def fraction(self, tag: int) -> Fraction | None:
        place = self._rows.get(tag)
        if place is None or self._numbers("H", place + 2)[0] != _RATIONAL:
            return None
        above, below = self._numbers("II", self._numbers("I", place + 8)[0])
        return Fraction(above, below) if below else None

    def drop(self, tags: "frozenset[int] | set[int]") -> None:
        self._rows = {tag: place for tag, place in self._rows.items() if tag not in tags}

    def set_number(self, tag: int, value: int) -> None:
        """Set a tag of the first directory, if it is there."""
        if tag in self._rows:
            self._set(self._rows[tag], value)

    def set_below(self, pointer: int, values: dict[int, int]) -> None:
        """Set tags of a directory that the first one points to, those that are there."""
        if pointer not in self._rows:
            return
        try:
            rows, _ = self._directory(self._numbers("I", self._rows[pointer] + 8)[0])
        except DamagedExifError:
            return  # nor can anybody else read it
        for tag, value in values.items():
            if tag in rows:
                self._set(rows[tag], value)

    def swap(self, one: int, other: int) -> None:
        if one in self._rows and other in self._rows:
            a, b = self._rows[one] + 2, self._rows[other] + 2
            self._data[a : a + 10], self._data[b : b + 10] = self._data[b : b + 10], self._data[a : a + 10]

    def add_resolution(self, per_mm: tuple[float, float]) -> None:
        for tag, value in ((_X, per_mm[0]), (_Y, per_mm[1])):
            dots = min(value * 25.4, _MOST_DOTS)
            inches = Fraction(dots).limit_denominator(max(1, min(10_000, int(_MOST_DOTS / max(dots, 1)))))
            at = len(self._data) + len(self._data) % 2
            packed = struct.pack(f"{self._order}II", *inches.as_integer_ratio())
            self._data = self._data.ljust(at, b"\0") + packed
            self._add(struct.pack(f"{self._order}HHII", tag, _RATIONAL, 1, at))
        self._rows.pop(_UNIT, None)
        self._add(struct.pack(f"{self._order}HHIHH", _UNIT, _SHORT, 1, _INCH, 0))

    def erase_below(self, pointer: int) -> None:
        """Overwrite a directory that the first one points to, and its values."""
        (count,) = self._numbers("H", self._first)
        for place in range(self._first + 2, self._first + 2 + _ENTRY * count, _ENTRY):
            if self._numbers("H", place)[0] == pointer:
                self._erase(self._numbers("I", place + 8)[0])

    def _erase(self, start: int) -> None:
        (count,) = self._numbers("H", start)
        self._spend(2 + _ENTRY * count)
        for row in range(start + 2, start + 2 + _ENTRY * count, _ENTRY):
            kind, number, value = self._numbers("HII", row + 2)
            size = VALUE_BYTES.get(kind, 1) * number
            if size > 4:
                self._spend(size)
                self._blank(value, size)
        self._blank(start, 2 + _ENTRY * count)

    def _spend(self, size: int) -> None:
        """Count bytes that are erased: values that lie over one another would take for ever."""
        self._budget -= size
        if self._budget < 0:
            raise DamagedExifError("its values lie over one another")

    def finish(self) -> bytes:
        """Return the block with its first directory at its end."""
        rows = [bytes(self._data[place : place + _ENTRY]) for _, place in sorted(self._rows.items())]
        (count,) = self._numbers("H", self._first)
        self._blank(self._first, 2 + _ENTRY * count)
        at = len(self._data) + len(self._data) % 2
        struct.pack_into(f"{self._order}I", self._data, 4, at)
        table = struct.pack(f"{self._order}H", len(rows)) + b"".join(rows) + bytes(4)
        return bytes(self._data.ljust(at, b"\0")) + table

    def _directory(self, start: int) -> tuple[dict[int, int], int]:
        """Return where the entry of each tag is, and where the next directory is."""
        (count,) = self._numbers("H", start)
        places = [start + 2 + _ENTRY * index for index in range(count)]
        end = start + 2 + _ENTRY * count
        if end > len(self._data):
            raise DamagedExifError("a directory ends beyond it")
        # some programs leave out what follows the last directory
        following = self._numbers("I", end)[0] if end + 4 <= len(self._data) else 0
        return {self._numbers("H", place)[0]: place for place in places[::-1]}, following

    def _drop_preview(self, start: int) -> None:
        """Take out the small picture of the old one, at which the second directory points."""
        try:
            rows, _ = self._directory(start) if start else ({}, 0)
            if all(tag in rows for tag in _PREVIEW):
                where, size = (self._numbers("I", rows[tag] + 8)[0] for tag in _PREVIEW)
                if where + size >= len(self._data) > where > self._first:
                    del self._data[where:]
                else:
                    self._blank(where, size)
        except DamagedExifError:
            return  # nor can anybody else find it

    def _blank(self, start: int, size: int) -> None:
        end = min(start + size, len(self._data))
        if start < end:
            self._data[start:end] = bytes(end - start)

    def _set(self, place: int, value: int) -> None:
        (kind,) = self._numbers("H", place + 2)
        if kind == _SHORT and value <= 65535:
            struct.pack_into(f"{self._order}HH", self._data, place + 8, value, 0)
        elif kind in (_SHORT, _LONG):
            struct.pack_into(f"{self._order}HII", self._data, place + 2, _LONG, 1, value)

    def _add(self, entry: bytes) -> None:
        at = len(self._data)
        self._data += entry
        self._rows[struct.unpack_from(f"{self._order}H", entry)[0]] = at

    def _numbers(self, code: str, at: int) -> tuple[int, ...]:
        try:
            return struct.unpack_from(self._order + code, self._data, at)
        except struct.error as error:
            raise DamagedExifError("a value lies beyond it") from error
