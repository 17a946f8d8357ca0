"""How a sound file is damaged: a few small changes, each where and how it hurts most."""

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

_NUMBERS: Final = (0, 1, 2, 3, 7, 8, 15, 16, 255, 256, 4095, 32767, 32768, 65535, 65536, 2**24, 2**31 - 1)
_NUMBERS_TOO: Final = (2**31, 2**32 - 1, 2**32 - 8, 2**63, 2**64 - 1)
_HEAD: Final = 400  # bytes, where most of the structure is


@dataclass(frozen=True)
class Change:
    """One change to a file: its kind, where, and with what."""

    kind: str
    place: int
    length: int
    number: int
    big: bool
    other: int

    def __call__(self, data: bytes, others: Sequence[bytes]) -> bytes:
        """Return the file changed; `others`: sound files to take parts from."""
        at = self.place % max(1, len(data))
        return _KINDS[self.kind](data, at, self, others[self.other % len(others)])


def _bit(data: bytes, at: int, change: Change, _other: bytes) -> bytes:
    return data[:at] + bytes([data[at] ^ (1 << change.number % 8)]) + data[at + 1 :] if data else data


def _number(data: bytes, at: int, change: Change, _other: bytes) -> bytes:
    width = (1, 2, 4, 8)[change.length % 4]
    value = (change.number % 2 ** (8 * width)).to_bytes(width, "big" if change.big else "little")
    return data[:at] + value + data[at + width :]


def _cut(data: bytes, at: int, _change: Change, _other: bytes) -> bytes:
    return data[:at]


def _drop(data: bytes, at: int, change: Change, _other: bytes) -> bytes:
    return data[:at] + data[at + change.length :]


def _double(data: bytes, at: int, change: Change, _other: bytes) -> bytes:
    return data[:at] + data[at : at + change.length] * (1 + change.number % 40) + data[at + change.length :]


def _splice(data: bytes, at: int, change: Change, other: bytes) -> bytes:
    start = change.number % len(other)
    part = other[start : start + change.length * 4]
    return data[:at] + part + data[at + (len(part) if change.big else 0) :]


_KINDS: Final[dict[str, Callable[[bytes, int, Change, bytes], bytes]]] = {
    "bit": _bit,
    "number": _number,
    "cut": _cut,
    "drop": _drop,
    "double": _double,
    "splice": _splice,
}
_KIND_WEIGHTS: Final = ("bit", "number", "number", "number", "cut", "drop", "double", "splice")
_COUNTS: Final = (
    1,
    1,
    1,
    1,
    2,
    2,
    3,
    5,
)  # changes to one file: most decoders end at the first that they notice


def draw_changes(rng: Random) -> list[Change]:
    """Draw what is done to one file."""
    return [_draw_change(rng) for _ in range(rng.choice(_COUNTS))]


def _draw_change(rng: Random) -> Change:
    return Change(
        kind=rng.choice(_KIND_WEIGHTS),
        place=rng.randint(0, _HEAD if rng.random() < 0.5 else 2**16),
        length=rng.randint(1, 64),
        number=rng.choice(_NUMBERS + _NUMBERS_TOO) if rng.random() < 0.7 else rng.getrandbits(32),
        big=rng.random() < 0.5,
        other=rng.randint(0, 99),
    )


def damaged(data: bytes, changes: Sequence[Change], others: Sequence[bytes], *, sums: bool) -> bytes:
    """Return a damaged file; `sums`: the checksums of a PNG are made to agree, or nobody would read on."""
    for change in changes:
        data = change(data, others)
    return _with_sums(data) if sums else data


def _with_sums(data: bytes) -> bytes:
    if not data.startswith(b"\x89PNG"):
        return data
    result, at = bytearray(data), 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 8 + length
        if end + 4 > len(data):
            break
        struct.pack_into(">I", result, end, zlib.crc32(data[at + 4 : end]))
        at = end + 4
    return bytes(result)
