"""Perceptual hashes, and the photos that look alike.

The hash is the 64-bit DCT hash of Zauner, "Implementation and Benchmarking of Perceptual Image Hash
Functions" (2010), section 3.2: brightness at 32 x 32, its 8 x 8 lowest frequencies without the mean, each
above or below their median.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from colorify.errors import UsageError

Hashes = NDArray[np.uint64]  # (N,)

HASHED_PX: Final = 32  # px of the picture that is hashed
HASH_FREQUENCIES: Final = 8  # frequencies a direction
MAX_BITS: Final = 7  # eight bytes and at most seven bits apart: at least one byte is equal
HASHES_AT_ONCE: Final = (
    2048  # hashes compared with all others of their bucket at a time, which bounds the memory
)


def _dct_rows() -> NDArray[np.float64]:
    """The rows 1..HASH_FREQUENCIES of the DCT-II matrix; (HASH_FREQUENCIES, HASHED_PX).

    Row 0, the mean, says nothing about the content.
    """
    k, n = np.arange(1, HASH_FREQUENCIES + 1)[:, None], np.arange(HASHED_PX)[None, :]
    return np.asarray(np.cos(np.pi * k * (2 * n + 1) / (2 * HASHED_PX)))


_ROWS: Final = _dct_rows()


def perceptual_hash(L: NDArray[np.float32]) -> int:
    """Return the 64-bit hash of `L`: (32, 32) float32, any range."""
    low = _ROWS @ L.astype(np.float64) @ _ROWS.T
    bits = (low > np.median(low)).ravel()
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def distance(a: Hashes, b: Hashes) -> NDArray[np.uint8]:
    """Count the bits that differ, element by element (shapes as numpy broadcasts them)."""
    different = np.ascontiguousarray(a ^ b)
    counts = _POPCOUNT[different.view(np.uint8)].reshape(*different.shape, 8)
    return np.asarray(counts.sum(axis=-1, dtype=np.uint8))


_POPCOUNT: Final = np.array([bin(value).count("1") for value in range(256)], dtype=np.uint8)


def find_near_duplicates(hashes: Sequence[int], order: Sequence[int], *, bits: int) -> list[int | None]:
    """Walk the photos in `order`, best first; return for each the kept photo that it is a twin of, or None.

    Twins differ in at most `bits` of 64 bits, 0..7. Every photo is compared with kept ones alone, so that a
    chain of small differences does not make twins of its ends.
    """
    distinct, member_of = _distinct(hashes)
    near: dict[int, list[int]] = {}
    for a, b in _close(distinct, bits):
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    kept: dict[int, int] = {}  # distinct hash -> photo
    twin_of: list[int | None] = [None] * len(hashes)
    for photo in order:
        mine = int(member_of[photo])
        found = next((kept[other] for other in (mine, *near.get(mine, ())) if other in kept), None)
        twin_of[photo] = found
        if found is None:
            kept[mine] = photo
    return twin_of


def group_near_duplicates(hashes: Sequence[int], *, bits: int) -> list[int]:
    """Return for each photo the number of its family: all that chains of twins lead to.

    Wider than twins on purpose: what divides photos into sets must not divide a chain either.
    """
    distinct, member_of = _distinct(hashes)
    root = list(range(len(distinct)))

    def find(i: int) -> int:
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i

    for a, b in _close(distinct, bits):
        low, high = sorted((find(a), find(b)))
        root[high] = low
    return [find(int(i)) for i in member_of]


def _distinct(hashes: Sequence[int]) -> tuple[Hashes, NDArray[np.intp]]:
    distinct, member_of = np.unique(np.asarray(hashes, dtype=np.uint64), return_inverse=True)
    return distinct, member_of.reshape(-1)


def _close(distinct: Hashes, bits: int) -> set[tuple[int, int]]:
    """Return the pairs of positions whose hashes differ in at most `bits` bits.

    Two hashes so close share at least one whole byte at its place, so that only those are compared.
    """
    if not 0 <= bits <= MAX_BITS:
        raise UsageError(f"{bits} bits between twins: expected 0 to {MAX_BITS}.")
    close: set[tuple[int, int]] = set()
    for shift in range(0, 64, 8):
        byte = (distinct >> np.uint64(shift)) & np.uint64(0xFF)
        order = np.argsort(byte, kind="stable")
        starts = np.searchsorted(byte[order], np.arange(257, dtype=np.uint64))
        for value in range(256):
            bucket = order[starts[value] : starts[value + 1]]
            for start in range(0, len(bucket), HASHES_AT_ONCE):
                rows = bucket[start : start + HASHES_AT_ONCE]
                near = distance(distinct[rows][:, None], distinct[bucket][None, :]) <= bits
                for i, j in zip(*np.nonzero(near), strict=True):
                    if rows[i] < bucket[j]:
                        close.add((int(rows[i]), int(bucket[j])))
    return close
