"""What a PNG says of its colours before its pixels, of which libvips reads the ICC profile alone.

Where there is no profile, a PNG may name a standard (sRGB, cICP) or give numbers (gAMA, cHRM); from these a
profile is made, and the rest of the program knows nothing of it.
Sources: PNG 3rd edition, sections 4.3 and 11.3.2; ITU-T H.273, tables 2 and 3.
"""

import struct
from typing import BinaryIO, Final

import numpy as np

from colorify.color import WHITE
from colorify.images.cicp import profile_of_numbers
from colorify.images.icc import make_profile
from colorify.images.png_chunks import PIXELS, png_chunks

_MOST_BYTES: Final = 2**10  # of a chunk that is read here; those have 32 at most
_CHUNKS: Final = frozenset({b"iCCP", b"sRGB", b"cICP", b"gAMA", b"cHRM"})
_PARTS: Final = 100_000  # gAMA and cHRM count in these
_SRGB_GAMMA: Final = range(45_454, 45_457)  # 1/2.2, which programs write for sRGB beside its own chunk
_SRGB_XY: Final = (31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000)  # white, red, green, blue
_ROUNDING_PARTS: Final = 100  # of _PARTS: what programs round these by
_GAMMAS: Final = (0.2, 10.0)  # beyond these it is damaged

Chunks = dict[bytes, bytes]


def read_png_profile(file: BinaryIO) -> tuple[bytes | None, str | None]:
    """Return the profile that a PNG without one amounts to, None for sRGB; and what to tell the person.

    Raises StrangeColorsError.
    """
    chunks = _chunks(file)
    if b"cICP" in chunks:
        primaries, transfer = (*chunks[b"cICP"], 2, 2)[:2]  # 2: not said
        return profile_of_numbers(primaries, transfer, "PNG"), None
    if chunks.keys() & {b"iCCP", b"sRGB"} or b"gAMA" not in chunks:
        return None, None
    gamma = int.from_bytes(chunks[b"gAMA"][:4], "big")
    xy = struct.unpack(">8I", chunks[b"cHRM"]) if len(chunks.get(b"cHRM", b"")) == 32 else _SRGB_XY
    is_srgb = max(abs(one - other) for one, other in zip(xy, _SRGB_XY, strict=True)) <= _ROUNDING_PARTS
    if gamma in _SRGB_GAMMA and is_srgb:
        return None, None
    exponent = _PARTS / gamma if gamma else 0.0
    to_xyz = _primaries(xy)
    if not _GAMMAS[0] <= exponent <= _GAMMAS[1] or to_xyz is None:
        return None, "its gAMA or cHRM is damaged; it was read as sRGB"
    return make_profile(f"gamma {exponent:.3g}", to_d65=to_xyz, gamma=exponent), None


def _chunks(file: BinaryIO) -> Chunks:
    """Return what is wanted of what comes before the pixels."""
    found: Chunks = {}
    for kind, size in png_chunks(file):
        if kind == PIXELS:
            break
        if kind in _CHUNKS:
            found.setdefault(kind, file.read(min(size, _MOST_BYTES)))
    return found


def _primaries(xy: tuple[int, ...]) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]] | None":
    """Return (3, 3), linear RGB -> XYZ under D65, of chromaticities; None where they span nothing."""
    white, *colors = (np.array(xy[at : at + 2]) / _PARTS for at in range(0, 8, 2))
    if min(white[1], *(color[1] for color in colors)) <= 0:
        return None
    columns = np.stack([(x / y, 1.0, (1 - x - y) / y) for x, y in colors], axis=1)
    if abs(np.linalg.det(columns)) < 1e-3:
        return None
    # white is taken for D65, as every program does: what a photo calls white stays white
    return np.asarray(columns * np.linalg.solve(columns, WHITE))
