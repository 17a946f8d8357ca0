"""The L of the photo and generated ab become sRGB pixels: the only arithmetic done at full size.

Done on rows, in numpy, 5 times faster here than the same steps as libvips operations: the tables below take
the place of every power, and the light Y of a pixel goes from the photo to the result without passing through
L. Where a colour lies outside the result's space its chroma gives way, as in `color.fit_gamut`; Y, hence L,
never does.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.color import LAB_DELTA, srgb_to_linear
from colorify.space import Space, place, srgb

FloatArray = NDArray[np.float32]
Pixels = NDArray[Any]  # uint8 or uint16, sRGB

ROOT_STEPS: Final = 2**16 - 1  # of the table that gives the L of a Y; indexed by the root of Y
_TINY: Final = np.float32(1e-12)  # light that is code 0 in every space; 0 itself has no place in a table
_MANY: Final = 0.25  # share of pixels outside of the gamut from which on all are computed


@dataclass(frozen=True)
class Light:
    """How bright a strip of the photo is."""

    Y: FloatArray  # (h, w), luminance in linear light, 0..1
    L: FloatArray  # (h, w), CIE Lab, 0..100


def depth_of(dtype: np.dtype[Any]) -> int:
    """Return the bits a sample of uint8 or uint16 pixels."""
    return 8 * dtype.itemsize


def measure(pixels: Pixels, space: Space | None = None) -> Light:
    """Measure the light of a strip: (h, w, 1) grey of sRGB or (h, w, 3) of `space`, uint8 or uint16.

    `space`: the RGB of the pixels (None: sRGB). Nothing is converted, so that no colour is cut off.
    """
    depth = depth_of(pixels.dtype)
    if pixels.shape[2] == 1:
        light, lightness = _decoding(depth)
        grey = pixels[:, :, 0]
        return Light(Y=light.take(grey), L=lightness.take(grey))
    space = space or srgb()
    red, green, blue = space.shares(depth)
    Y = red.take(pixels[:, :, 0])
    Y += green.take(pixels[:, :, 1])
    Y += blue.take(pixels[:, :, 2])
    if not space.is_srgb:  # primaries that nobody can see may add less than nothing
        np.clip(Y, 0, 1, out=Y)
    return Light(Y=Y, L=_lightness_of_root().take(_root_index(Y)))


def paint(light: Light, a: FloatArray, b: FloatArray, out: Pixels, space: Space | None = None) -> None:
    """Write the colours of a strip into `out`: (h, w, 3), uint8 or uint16, of `space` (None: sRGB).

    `a`, `b`: (h, w) float32, CIE Lab; both are used as scratch space and hold nothing of use afterwards.
    """
    depth = depth_of(out.dtype)
    space = space or srgb()
    linear = _linear(light, a, b, space)
    _fit_gamut(light.Y, linear)
    for channel, (plane, encode) in enumerate(zip(linear, space.encoders(depth), strict=True)):
        out[:, :, channel] = encode.take(place(plane, depth))


def _linear(light: Light, a: FloatArray, b: FloatArray, space: Space) -> FloatArray:
    """Return linear RGB, not within 0..1 where a colour is outside `space`: (3, h, w).

    (X, Y, Z) = (Y, Y, Y) is grey, so that only X - Y and Z - Y make colour; all relative to white.
    """
    fy = light.L * np.float32(1 / 116)
    fy += np.float32(16 / 116)
    a *= np.float32(1 / 500)
    a += fy
    b *= np.float32(-1 / 200)
    b += fy
    X, Z = _inverse_f(a), _inverse_f(b)
    X -= light.Y
    Z -= light.Y
    linear = np.empty((3, *fy.shape), np.float32)
    for plane, row in zip(linear, space.from_xyz, strict=True):
        np.multiply(X, row[0], out=plane)
        np.multiply(Z, row[2], out=fy)
        plane += fy
        plane += light.Y
    return linear


def _inverse_f(f: FloatArray) -> FloatArray:
    """Undo the f of CIE Lab: a cube, and a line in the dark."""
    cube = f * f
    cube *= f
    dark = np.flatnonzero(f < np.float32(LAB_DELTA))
    if dark.size:
        cube.ravel()[dark] = np.float32(3 * LAB_DELTA**2) * (f.ravel()[dark] - np.float32(4 / 29))
    return cube


def _fit_gamut(Y: FloatArray, linear: FloatArray) -> None:
    """Move, in place, each colour towards the grey of its light until it lies above 0 and within 1."""
    red, green, blue = linear
    high = np.maximum(red, green)
    np.maximum(high, blue, out=high)
    low = np.minimum(red, green)
    np.minimum(low, blue, out=low)
    if high.max() <= 1 and low.min() >= _TINY:
        return
    outside = np.flatnonzero((high > 1) | (low < _TINY))
    # to pick pixels costs more than to compute one, but few are outside: 1.4 % in old photographs
    which = outside if outside.size < _MANY * Y.size else slice(None)
    grey = Y.ravel()[which]
    scale = (1 - grey) / np.maximum(high.ravel()[which] - grey, _TINY)
    np.minimum(scale, grey / np.maximum(grey - low.ravel()[which], _TINY), out=scale)
    np.clip(scale, 0, 1, out=scale)
    for plane in linear:
        flat = plane.ravel()
        mixed = flat[which] - grey
        mixed *= scale
        mixed += grey
        flat[which] = np.maximum(mixed, _TINY)


def _root_index(linear: FloatArray) -> NDArray[np.int32]:
    """Return where light, 0..1, stands in the table of its root.

    The root spreads the dark about as evenly as sRGB and L do: no step of a table is then wider than 1.5
    times its share.
    """
    root = np.sqrt(linear)
    root *= np.float32(ROOT_STEPS)
    root += np.float32(0.5)
    return root.astype(np.int32)


@cache
def _decoding(depth: int) -> tuple[FloatArray, FloatArray]:
    """Return the Y and the L of every code of grey."""
    codes = np.linspace(0, 1, 2**depth, dtype=np.float64)
    Y = srgb_to_linear(codes.astype(np.float32))
    return Y, _lightness(Y)


@cache
def _lightness_of_root() -> FloatArray:
    return _lightness(np.linspace(0, 1, ROOT_STEPS + 1) ** 2)


def _lightness(Y: NDArray[Any]) -> FloatArray:
    line = Y / (3 * LAB_DELTA**2) + 4 / 29
    f = np.where(Y > LAB_DELTA**3, np.cbrt(Y), line)
    return (116 * f - 16).astype(np.float32)
