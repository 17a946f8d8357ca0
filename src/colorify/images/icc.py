"""ICC profiles made of curves, and for RGB of three primaries: read, and made from published numbers.

Little CMS, which libvips asks, lays a lattice over a conversion of 16 bits: from sRGB to Display P3 it was
out by up to 344 of 65,535 steps on random colours. A profile of this kind is nine numbers and a curve, and
by these a conversion is exact. Source: ICC.1:2022, sections 7.2 (header), 8.4.3, 10.6 (curv), 10.18 (para).
"""

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.float64]  # (CURVE_STEPS + 1,), light of evenly spaced codes, both 0..1, never falling
Matrix = NDArray[np.float64]  # (3, 3)

CURVE_STEPS: Final = 2**18  # a quarter of a step of 16 bits
D50: Final = np.array([0.9642, 1.0, 0.8249])  # the white of every profile
_WHITE_TOLERANCE: Final = 0.01  # of X, Y, Z; a profile whose white is another one is damaged
_TABLES: Final = (b"A2B0", b"B2A0", b"D2B0", b"B2D0")  # go before the primaries where a profile has both
# cone responses, for the change of white: Bradford, ICC.1:2022 annex E
BRADFORD: Final = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_SRGB_CURVE: Final = np.array([2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045])  # g, a, b, c, d
_FIXED_POINT_ONE: Final = 65536  # s15Fixed16Number
_JOINT: Final = 1e-4  # of light: where a line meets a power, both of rounded numbers, as in BT.709
_PARAMETER_COUNTS: Final = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}  # numbers of a parametric curve, by its function


@dataclass(frozen=True, eq=False)
class Primaries:
    """What a profile of this kind says."""

    to_d50: Matrix  # linear RGB -> XYZ relative to D50, its columns the primaries
    curves: tuple[Curve, Curve, Curve]  # red, green, blue


def read_primaries(profile: bytes) -> Primaries | None:
    """Return what a profile says; None where it is no profile of RGB, damaged, or made of tables."""
    if len(profile) < 132 or profile[36:40] != b"acsp" or profile[16:24] != b"RGB XYZ ":
        return None
    try:
        tags = _tags(profile)
        if any(name in tags for name in _TABLES):
            return None
        columns = [_xyz(tags[name]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
        red, green, blue = (_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC"))
    except (KeyError, struct.error, ValueError):
        return None
    to_d50 = np.stack(columns, axis=1)
    if np.abs(to_d50.sum(axis=1) - D50).max() > _WHITE_TOLERANCE or abs(np.linalg.det(to_d50)) < 1e-3:
        return None
    return Primaries(to_d50, (red, green, blue))


def read_grey(profile: bytes) -> Curve | None:
    """Return the light of grey codes by a profile; None where it is none of grey, damaged, or made of tables.

    Little CMS straightens the darkest 2 % of a curve, which moves L by up to 0.4.
    """
    if len(profile) < 132 or profile[36:40] != b"acsp" or profile[16:24] != b"GRAYXYZ ":
        return None
    try:
        tags = _tags(profile)
        return None if any(name in tags for name in _TABLES) else _curve(tags[b"kTRC"])
    except (KeyError, struct.error, ValueError):
        return None


def make_profile(name: str, *, to_d65: Matrix, gamma: float | None) -> bytes:
    """Make a profile, version 4.2, of a space whose white is D65.

    `to_d65`: (3, 3), linear RGB -> XYZ. `gamma`: in steps of 1/256, as ICC has it; None: the curve of sRGB.
    """
    adaptation = adaptation_matrix(to_d65.sum(axis=1), D50)
    to_d50 = adaptation @ to_d65
    if gamma is None:
        curve = b"para" + bytes(4) + struct.pack(">H2x", 3) + _fixed(_SRGB_CURVE)
    else:
        curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))
    tags = [
        (b"desc", _text(name)),
        (b"cprt", _text("CC0")),
        (b"wtpt", _numbers(b"XYZ ", D50)),
        (b"chad", _numbers(b"sf32", adaptation.ravel())),
        *((tag, _numbers(b"XYZ ", to_d50[:, at])) for at, tag in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))),
        *((tag, curve) for tag in (b"rTRC", b"gTRC", b"bTRC")),
    ]
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for tag, data in tags:
        table += tag + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = struct.pack(">I4xI", start + len(body), 0x04200000) + b"mntrRGB XYZ "
    # a date is asked for; a fixed one gives the same bytes on every run
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _fixed(D50)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def adaptation_matrix(white: NDArray[np.float64], to: NDArray[np.float64]) -> Matrix:
    """Return the (3, 3) that turns XYZ seen under one white into XYZ seen under another (Bradford)."""
    scale = (BRADFORD @ to) / (BRADFORD @ white)
    return np.asarray(np.linalg.inv(BRADFORD) @ (scale[:, None] * BRADFORD))


def _tags(profile: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", profile, 128)
    rows = (struct.unpack_from(">4sII", profile, 132 + 12 * at) for at in range(min(count, 100)))
    return {name: profile[start : start + size] for name, start, size in rows}


def _xyz(tag: bytes) -> NDArray[np.float64]:
    if tag[:4] != b"XYZ ":
        raise ValueError("no XYZ")
    return np.array(struct.unpack_from(">3i", tag, 8)) / _FIXED_POINT_ONE


def _curve(tag: bytes) -> Curve:
    """Return the light of CURVE_STEPS + 1 codes. Raises ValueError where it is none that can be undone."""
    codes = np.linspace(0, 1, CURVE_STEPS + 1)
    if tag[:4] == b"para":
        (kind,) = struct.unpack_from(">H", tag, 8)
        parameters = struct.unpack_from(f">{_PARAMETER_COUNTS[kind]}i", tag, 12)
        with np.errstate(all="ignore"):  # a damaged power leads beyond all numbers, which is looked at below
            light = _parametric(codes, kind, parameters)
    elif tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        points = np.frombuffer(tag, ">u2", count, 12).astype(np.float64)
        if count < 2:
            light = codes ** (points[0] / 256 if count else 1.0)
        else:
            light = np.interp(codes, np.linspace(0, 1, count), points / 65535)
    else:
        raise ValueError("no curve")
    if not np.isfinite(light).all():
        raise ValueError("a curve that leads beyond all numbers")
    light = np.clip(light, 0, 1)
    if light[0] > 1e-3 or light[-1] < 1 - 1e-3 or np.diff(light).min() < -_JOINT:
        raise ValueError("a curve that does not rise from black to white")
    return np.maximum.accumulate(light)


def _parametric(codes: Curve, kind: int, raw: tuple[int, ...]) -> Curve:
    """Compute table 68 of ICC.1:2022: a power, and a line below d."""
    numbers = [value / _FIXED_POINT_ONE for value in raw]
    g, a, b, c, d, e, f = (numbers + [0.0] * 7)[:7]
    if kind == 0:
        return np.asarray(codes**g)
    if kind in (1, 2):  # the line is flat, at c
        power = np.maximum(a * codes + b, 0) ** g + (c if kind == 2 else 0)
        return np.where(codes >= -b / a, power, c if kind == 2 else 0.0) if a else power
    power = np.maximum(a * codes + b, 0) ** g + (e if kind == 4 else 0)
    return np.where(codes >= d, power, c * codes + (f if kind == 4 else 0))


def _fixed(values: NDArray[np.float64]) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * _FIXED_POINT_ONE) for value in values.tolist()))


def _numbers(kind: bytes, values: NDArray[np.float64]) -> bytes:
    return kind + bytes(4) + _fixed(values)


def _text(words: str) -> bytes:
    text = words.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(text), 28) + text
