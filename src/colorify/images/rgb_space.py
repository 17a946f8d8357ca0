"""RGB spaces that a result may be in: what turns light into their codes, and the profile that says so."""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorify.color import WHITE, XYZ_TO_RGB, linear_to_srgb, srgb_to_linear
from colorify.images.icc import CURVE_STEPS, D50, Curve, adaptation_matrix, make_profile, read_primaries

FloatArray = NDArray[np.float32]
Pixels = NDArray[Any]
Table = Pixels  # (n,) of uint8 or uint16

ROOT_STEPS: Final = 2**18 - 1  # of the table that encodes light in 16 bits
# Of a float32, dropped to look light up in the table of 8 bits: its leading bits are an index that is as fine
# everywhere in proportion to the light, 1/8192, and costs no root. Half of that is 0.007 of a step of white.
BITS_DROPPED: Final = 10
_DARKEST: Final = 2.0**-24  # light that is code 0 in 8 bits, whatever the curve


@dataclass(frozen=True)
class Standard:
    """A space that a standard defines; its white is D65."""

    name: str  # in the profile
    primaries: tuple[tuple[float, float], ...]  # CIE xy of red, green, blue
    gamma: float | None  # None: the curve of sRGB


# Made here, as libvips ships no Adobe RGB, and a Display P3 whose red is cut off at Z = 0: 0.1 % off in blue.
STANDARDS: Final = {
    # SMPTE RP 431-2 for the primaries, IEC 61966-2-1 for white and curve
    "p3": Standard("compatible with Display P3", ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), None),
    # Adobe RGB (1998) Color Image Encoding, version 2005-05, section 4.3
    "adobe": Standard(
        "compatible with Adobe RGB (1998)", ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), 563 / 256
    ),
}


@dataclass(frozen=True, eq=False)
class RgbSpace:
    """One RGB space."""

    profile: bytes  # ICC, to embed
    from_xyz: NDArray[np.float32]  # (3, 3): XYZ relative to white, D65 -> linear RGB; its rows sum to 1
    curves: tuple[Curve, Curve, Curve] | None  # of red, green, blue; None: that of sRGB

    @property
    def is_srgb(self) -> bool:
        return self.curves is None

    def encoders(self, depth: int) -> tuple[Table, Table, Table]:
        """Return, for red, green and blue, the codes of light, by its `table_index`."""
        return _encoders(self, depth)

    def luminance_tables(self, depth: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return what each code of red, green and blue adds to Y: three tables of (2**depth,) float32.

        Y is the second row of XYZ under D65, relative to white, so that white has 1.
        """
        return _luminance_tables(self, depth)


@cache
def srgb() -> RgbSpace:
    """Return sRGB, IEC 61966-2-1."""
    return RgbSpace(
        bytes(pyvips.Operation.call("profile_load", "srgb")), (XYZ_TO_RGB * WHITE).astype(np.float32), None
    )


def resolve_space(wanted: str, source: bytes | None, notes: list[str]) -> RgbSpace:
    """Return the space of a result: `wanted` is one of options.PROFILES, `source` the profile of the photo.

    "keep" takes the photo's own where it is one of RGB that is made of primaries and curves; else it is sRGB,
    and `notes` says so.
    """
    if wanted == "srgb":
        return srgb()
    if wanted == "keep":
        kept = read_space(source) if source is not None else None
        if kept is None:
            why = "it has none of RGB" if source is None else "it is made of tables, or damaged"
            notes.append(f"its profile could not be kept, as {why}; the result is sRGB")
        return kept or srgb()
    space = read_space(standard_profile(wanted))
    assert space is not None  # a test reads both
    return space


@lru_cache(maxsize=8)  # a folder of photos has one profile or a few
def read_space(profile: bytes) -> RgbSpace | None:
    """Return the space that an ICC profile describes; None where it is not made of primaries and curves."""
    if profile == srgb().profile:
        return srgb()
    found = read_primaries(profile)
    if found is None:
        return None
    from_d65 = np.linalg.inv(found.to_d50) @ adaptation_matrix(WHITE, D50) * WHITE
    # rounding in the profile must not tint greys
    from_d65 /= from_d65.sum(axis=1, keepdims=True)
    return RgbSpace(profile, from_d65.astype(np.float32), found.curves)


@cache
def standard_profile(name: str) -> bytes:
    """Return an ICC profile of one of STANDARDS."""
    row = STANDARDS[name]
    xyz = np.array([(x / y, 1.0, (1 - x - y) / y) for x, y in row.primaries]).T
    # each primary as bright as makes all three together white
    return make_profile(row.name, to_d65=xyz * np.linalg.solve(xyz, WHITE), gamma=row.gamma)


def table_index(linear: FloatArray, depth: int) -> NDArray[np.int32]:
    """Return where light, 0..1, stands in the tables of `RgbSpace.encoders`; it may be written over."""
    if depth == 8:
        bits = linear.view(np.int32)
        return np.right_shift(bits, BITS_DROPPED, out=bits)
    root = np.sqrt(linear, out=linear)
    root *= np.float32(ROOT_STEPS)
    root += np.float32(0.5)
    return root.astype(np.int32)


@lru_cache(maxsize=16)
def _encoders(space: RgbSpace, depth: int) -> tuple[Table, Table, Table]:
    light, first = _table_light(depth)
    dtype, most = (np.uint8, 255) if depth == 8 else (np.uint16, 65535)
    dark = np.zeros(first, dtype)
    if space.curves is None:
        table = np.concatenate([dark, np.rint(linear_to_srgb(light) * most).astype(dtype)])
        return table, table, table
    codes = np.linspace(0, 1, CURVE_STEPS + 1)
    red, green, blue = (
        np.concatenate([dark, np.rint(np.interp(light, curve, codes) * most).astype(dtype)])
        for curve in space.curves
    )
    return red, green, blue


def _table_light(depth: int) -> tuple[FloatArray, int]:
    """Return the light of the places of a table, from one on below which all is black, and which that is."""
    if depth == 16:
        return (np.linspace(0, 1, ROOT_STEPS + 1) ** 2).astype(np.float32), 0
    first, last = (int(np.float32(light).view(np.int32)) >> BITS_DROPPED for light in (_DARKEST, 1.0))
    middles = (np.arange(first, last + 1, dtype=np.int32) << BITS_DROPPED) + (1 << (BITS_DROPPED - 1))
    return middles.view(np.float32), first


@lru_cache(maxsize=16)
def _luminance_tables(space: RgbSpace, depth: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    codes = np.linspace(0, 1, 2**depth)
    luma = np.linalg.inv(space.from_xyz.astype(np.float64))[1]
    if space.curves is None:
        light = np.stack([srgb_to_linear(codes.astype(np.float32))] * 3)
    else:
        steps = np.linspace(0, 1, CURVE_STEPS + 1)
        light = np.stack([np.interp(codes, steps, curve) for curve in space.curves])
    red, green, blue = (luma[:, None] * light).astype(np.float32)
    return red, green, blue
