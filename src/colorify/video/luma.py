"""Luma and luminance: which Y' a colour must have so that its L is the L of the grey that it replaces.

Y' of Y'CbCr is a weighted sum of gamma-encoded red, green and blue. For a grey it says the luminance, for a
colour it does not: two pixels of one Y' differ in L by their chroma ("non-constant luminance", C. Poynton,
"Digital Video and HD", 2nd ed., chapter 25). So a film whose chroma alone were set would change in
brightness. Here Y' is moved by just as much as gives each pixel its old L, by a table that says the move for
every Y', Cb and Cr.

Codes of a film are taken for sRGB, as players on computers do and as the photos that the generator learned
from.
"""

from functools import cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from colorify.color import RGB_TO_XYZ, linear_to_srgb, rgb_to_lab, srgb_to_linear
from colorify.video.yuv import BT709, LUMA_WEIGHTS, Plane, Planes

FloatArray = NDArray[np.float32]
LumaTable = NDArray[Any]  # by Cb, Cr and Y': of 8 bits what Y' becomes, uint8; above, its move, int16

MAX_CHROMA_CODES: Final = (
    80  # codes of 8 bits that Cb and Cr may be off neutral; more is cut: no generator goes so far
)
TABLE_SIDE: Final = 2 * MAX_CHROMA_CODES + 1
FRACTION: Final = 6  # bits below one 8-bit code in which a move is kept
DECODE_STEPS: Final = 4095
BLOCK_PIXELS: Final = 2**15  # computed at a time
FIT_STEPS: Final = 10  # halvings, in the search for the chroma that fits


def black_and_span(full: bool) -> tuple[float, float]:
    """Return the 8-bit code of black and the codes from black to white (ITU-T H.273, equations 22 to 30)."""
    return (0.0, 255.0) if full else (16.0, 219.0)


def chroma_span(full: bool) -> float:
    """Return the 8-bit codes that Cb and Cr of -0.5..0.5 take."""
    return 255.0 if full else 224.0


def normalize_luma(Y: Plane, depth: int, full: bool) -> FloatArray:
    """Return luma codes as float32, black 0, white 1; foot- and headroom lie outside."""
    black, span = black_and_span(full)
    step = _unit(depth, full)
    return (Y.astype(np.float32) - np.float32(black * step)) * np.float32(1 / (span * step))


def lightness(Y: FloatArray) -> FloatArray:
    """Return L, 0..100, of grey of luma `Y`, 0 (black) to 1 (white)."""
    index = np.clip(Y, 0, 1) * np.float32(DECODE_STEPS) + np.float32(0.5)
    return _lightness_table().take(index.astype(np.int32))


def grey_of(planes: Planes, Cb: Plane, Cr: Plane) -> Plane:
    """Return the luma that a grey picture of the same L as `planes` has.

    `Cb`, `Cr`: those of `planes`, brought to the size of its Y.
    """
    table = grey_table(planes.full, planes.matrix, planes.depth)
    return shift_luma(planes.Y, Cb, Cr, table, depth=planes.depth)


def shift_luma(Y: Plane, Cb: Plane, Cr: Plane, table: LumaTable, *, depth: int) -> Plane:
    """Return `Y` moved as a table says. All three: (h, w), codes of `depth` bits, which the table is for."""
    if depth == 8:
        return _look_up_luma(Y, Cb, Cr, table)
    index = _chroma_index(Cb, depth)
    index *= TABLE_SIDE
    index += _chroma_index(Cr, depth)
    index *= 256
    index += Y >> (depth - 8)
    fine = 2 ** max(depth - 8 - FRACTION, 0)
    unit = 2 ** max(FRACTION - (depth - 8), 0)
    result = table.take(index).astype(np.int32)
    result *= fine
    result += unit // 2
    result //= unit
    result += Y
    return np.clip(result, 0, 2**depth - 1).astype(Y.dtype)


def _look_up_luma(Y: Plane, Cb: Plane, Cr: Plane, table: LumaTable) -> Plane:
    """Do the same with 8 bits, in half of the time: block by block in the cache of a core."""
    result = np.empty_like(Y)
    rows = max(1, BLOCK_PIXELS // Y.shape[1])
    nothing = np.zeros((rows, Y.shape[1]), np.uint8)
    for top in range(0, len(Y), rows):
        part = slice(top, top + rows)
        # four bytes side by side are the index into a table with 256 entries for each of them
        index = cv2.merge([Y[part], Cr[part], Cb[part], nothing[: len(Y) - top]]).view("<u4")[:, :, 0]
        # none is outside; to look for one takes longer
        table.take(index.astype(np.intp), mode="clip", out=result[part])
    return result


@cache
def luma_table(full: bool, depth: int) -> LumaTable:
    """Tabulate, for a grey's Y' and the Cb and Cr it gets, which Y' keeps its L."""
    forward = _grey_codes(full, BT709)
    codes = np.arange(256, dtype=np.float32)
    inverse = np.empty_like(forward)
    for row, target in zip(forward, inverse, strict=True):
        target[:] = np.interp(codes, row, codes)
    return _as_table(_as_moves(inverse, full), depth)


@cache
def grey_table(full: bool, matrix: int, depth: int) -> LumaTable:
    """Tabulate which Y' the grey has that is of the same L as a colour."""
    return _as_table(_as_moves(_grey_codes(full, matrix), full), depth)


@cache
def fitting(full: bool) -> NDArray[np.uint8]:
    """Tabulate how much of a chroma fits into sRGB at a luminance: 0..255, by Cb/4, Cr/4 and Y'/4 of grey.

    Shape (TABLE_SIDE//4 + 1, TABLE_SIDE//4 + 1, 64). A rough table is enough: the colours come fitted from
    the small picture.
    """
    steps = np.arange(-MAX_CHROMA_CODES, MAX_CHROMA_CODES + 1, 4, dtype=np.float32)
    Cb, Cr = np.meshgrid(steps / chroma_span(full), steps / chroma_span(full), indexing="ij")
    black, span = black_and_span(full)
    Y = srgb_to_linear(np.clip((np.arange(64, dtype=np.float32) * 4 + 2 - black) / span, 0, 1))
    low, high = np.zeros((*Cb.shape, 64), np.float32), np.ones((*Cb.shape, 64), np.float32)
    red, green, blue = chroma_offsets(Cb[..., None], Cr[..., None], BT709)
    for _ in range(FIT_STEPS):
        scale = (low + high) / 2
        r, g, b = (np.asarray(offset * scale, np.float32) for offset in (red, green, blue))
        darkest = -np.minimum(np.minimum(r, g), b)
        brightest = 1 - np.maximum(np.maximum(r, g), b)
        fits = (_luminance(darkest, r, g, b) <= Y) & (_luminance(brightest, r, g, b) >= Y)
        fits &= darkest <= brightest
        low, high = np.where(fits, scale, low), np.where(fits, high, scale)
    low[low > 0.99] = 1
    return np.asarray(low * 255, dtype=np.uint8)


def _grey_codes(full: bool, matrix: int) -> FloatArray:
    """Return the 8-bit codes of the greys whose luminance each Cb, Cr and Y' has: (TABLE_SIDE**2, 256)."""
    black, span = black_and_span(full)
    steps = np.arange(-MAX_CHROMA_CODES, MAX_CHROMA_CODES + 1, dtype=np.float32) / chroma_span(full)
    Cb, Cr = (axis.reshape(-1, 1) for axis in np.meshgrid(steps, steps, indexing="ij"))
    Y = ((np.arange(256, dtype=np.float32) - black) / span)[None, :]
    red, green, blue = chroma_offsets(Cb, Cr, matrix)
    grey = _encode(_luminance(Y, red, green, blue))
    return np.asarray(grey * span + black, dtype=np.float32)


def _luminance(Y: FloatArray, red: FloatArray, green: FloatArray, blue: FloatArray) -> FloatArray:
    """Return Y of linear light, 0..1, of Y' + offsets; what a screen cannot show is cut off, as it does."""
    weights = RGB_TO_XYZ[1].astype(np.float32)
    total = weights[0] * _decode(Y + red)
    total += weights[1] * _decode(Y + green)
    total += weights[2] * _decode(Y + blue)
    return np.asarray(total, dtype=np.float32)


def chroma_offsets(Cb: FloatArray, Cr: FloatArray, matrix: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return R'-Y', G'-Y' and B'-Y' (ITU-T H.273, equations 38 to 40)."""
    kr, kb = LUMA_WEIGHTS[matrix]
    red, blue = np.float32(2 * (1 - kr)) * Cr, np.float32(2 * (1 - kb)) * Cb
    green = -(np.float32(kr) * red + np.float32(kb) * blue) / np.float32(1 - kr - kb)
    return np.asarray(red), np.asarray(green), np.asarray(blue)


def _as_moves(codes: FloatArray, full: bool) -> LumaTable:
    """Return how far to move Y', in 2**-FRACTION of an 8-bit code: (TABLE_SIDE**2 * 256,)."""
    black, span = black_and_span(full)
    at = np.arange(256, dtype=np.float32)
    moves = np.clip((codes - at) * 2**FRACTION, -(2**15), 2**15 - 1)
    moves[:, (at <= black) | (at >= black + span)] = 0  # black, white and beyond have no colour
    return np.asarray(np.rint(moves).reshape(-1), dtype=np.int16)


def _as_table(moves: LumaTable, depth: int) -> LumaTable:
    """Return moves as the table for films of `depth` bits."""
    if depth > 8:
        return moves
    codes = (moves.reshape(TABLE_SIDE, TABLE_SIDE, 256) + 2 ** (FRACTION - 1)) >> FRACTION
    codes = np.clip(codes + np.arange(256, dtype=np.int16), 0, 255).astype(np.uint8)
    places = _chroma_index(np.arange(256, dtype=np.uint8), 8)
    return np.asarray(codes[places][:, places].reshape(-1), np.uint8)


def _chroma_index(plane: Plane, depth: int) -> NDArray[np.int32]:
    codes = plane.astype(np.int32)
    if depth > 8:
        codes += 2 ** (depth - 9)
        codes >>= depth - 8
    codes -= 128 - MAX_CHROMA_CODES
    return np.clip(codes, 0, 2 * MAX_CHROMA_CODES, out=codes)


def _unit(depth: int, full: bool) -> float:
    """Return the codes of `depth` bits to one of 8: limited range is shifted, full ends at 2**depth - 1."""
    return (2**depth - 1) / 255 if full else 2.0 ** (depth - 8)


def _decode(encoded: FloatArray) -> FloatArray:
    index = np.clip(encoded, 0, 1) * np.float32(DECODE_STEPS) + np.float32(0.5)
    return _decode_table().take(index.astype(np.int32))


def _encode(linear: FloatArray) -> FloatArray:
    root = np.sqrt(np.clip(linear, 0, 1)) * np.float32(DECODE_STEPS) + np.float32(0.5)
    return _encode_table().take(root.astype(np.int32))


@cache
def _decode_table() -> FloatArray:
    return srgb_to_linear(np.linspace(0, 1, DECODE_STEPS + 1, dtype=np.float32))


@cache
def _encode_table() -> FloatArray:
    return linear_to_srgb(np.linspace(0, 1, DECODE_STEPS + 1, dtype=np.float32) ** 2)


@cache
def _lightness_table() -> FloatArray:
    ramp = np.linspace(0, 1, DECODE_STEPS + 1, dtype=np.float32)
    grey: NDArray[Any] = np.repeat(ramp[:, None], 3, axis=1)
    return np.ascontiguousarray(rgb_to_lab(grey)[:, 0])
