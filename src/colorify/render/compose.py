"""The L of the photo and generated ab become sRGB pixels: the only arithmetic done at full size.

Done on rows, in numpy, 5 times faster here than the same steps as libvips operations: the tables below take
the place of every power, and the light Y of a pixel goes from the photo to the result without passing through
L. Where a colour lies outside the result's space its chroma gives way, as in `color.fit_gamut`; Y, hence L,
never does.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.color import LAB_DELTA, srgb_to_linear
from colorify.images.rgb_space import RgbSpace, Table, srgb, table_index
from colorify.pixels import are_neutral

FloatArray = NDArray[np.float32]
Pixels = NDArray[Any]  # uint8 or uint16, sRGB

ROOT_STEPS: Final = 2**16 - 1  # of the table that gives the L of a Y; indexed by the root of Y
MIN_LIGHT: Final = np.float32(1e-12)  # of light; in place of 0 where it divides
_ONE: Final = np.float32(1).view(np.uint32)
_DARK: Final = np.float32(LAB_DELTA)
_F_OF_AB: Final = np.array([1 / 500, -1 / 200], np.float32)[:, None, None]  # what a and b add to the f of Y
# px; a larger product OpenBLAS spreads over threads of its own, in the way of ours
_PRODUCT_PIXELS: Final = 2**18 // 9
_MANY_OUTSIDE_SHARE: Final = 0.25  # share of pixels outside of the gamut from which on all are computed


@dataclass(frozen=True)
class Luminance:
    """How bright a strip of the photo is."""

    Y: FloatArray  # (h, w), luminance in linear light, 0..1
    L: FloatArray  # (h, w), CIE Lab, 0..100


def bits_per_sample(dtype: np.dtype[Any]) -> int:
    """Return the bits a sample of uint8 or uint16 pixels."""
    return 8 * dtype.itemsize


def luminance_of(pixels: Pixels, space: RgbSpace | None = None) -> Luminance:
    """Measure the light of a strip: (h, w, 1) grey of sRGB or (h, w, 3) of `space`, uint8 or uint16.

    `space`: the RGB of the pixels (None: sRGB). Nothing is converted, so that no colour is cut off.
    """
    if pixels.shape[2] == 1:
        return _look_up(pixels, *_decoding(bits_per_sample(pixels.dtype)))
    if are_neutral(pixels):
        return _look_up(pixels, *_neutral_decoding(space or srgb(), bits_per_sample(pixels.dtype)))
    Y = linear_luminance(pixels, space)
    return Luminance(Y=Y, L=lightness_from_luminance(Y))


def _look_up(pixels: Pixels, light: FloatArray, lightness: FloatArray) -> Luminance:
    """Return the light of grey pixels, (h, w, 1 or 3), by tables of the Y and the L of their codes."""
    grey = pixels[:, :, 0].astype(np.intp)  # once; each take would do it for itself
    return Luminance(Y=light.take(grey), L=lightness.take(grey))


def linear_luminance(pixels: Pixels, space: RgbSpace | None = None) -> FloatArray:
    """Return the Y of a strip alone: see `luminance_of`."""
    depth = bits_per_sample(pixels.dtype)
    if pixels.shape[2] == 1:
        return _decoding(depth)[0].take(pixels[:, :, 0])
    space = space or srgb()
    if are_neutral(pixels):
        return _neutral_decoding(space, depth)[0].take(pixels[:, :, 0])
    red, green, blue = space.luminance_tables(depth)
    Y = red.take(pixels[:, :, 0])
    Y += green.take(pixels[:, :, 1])
    Y += blue.take(pixels[:, :, 2])
    return _limit_light(Y, space)


def _limit_light(Y: FloatArray, space: RgbSpace) -> FloatArray:
    """Limit Y, in place, to 0..1: primaries that nobody can see may add less than nothing."""
    return Y if space.is_srgb else np.clip(Y, 0, 1, out=Y)


def lightness_from_luminance(Y: FloatArray) -> FloatArray:
    """Return the L, 0..100, of light, 0..1."""
    return _lightness_of_root().take(_root_index(Y))


def luminance_from_lightness(L: FloatArray) -> Luminance:
    """Return the light of an L, 0..100, so exact that without ab `linear_rgb` gives three times the same."""
    Y = np.empty_like(L)
    _inverse_f(_f_of(L), out=Y)
    return Luminance(Y=Y, L=L)


def compose_rgb(light: Luminance, ab: FloatArray, out: Pixels, space: RgbSpace | None = None) -> None:
    """Write the colours of a strip into `out`: (h, w, 3), uint8 or uint16, of `space` (None: sRGB).

    `ab`: (2, h, w) float32, CIE Lab; used as scratch space: it holds nothing of use afterwards.
    """
    space = space or srgb()
    linear = linear_rgb(light, ab, space)
    move_into_gamut(light.Y, linear)
    for channel, codes in enumerate(space.encoders(bits_per_sample(out.dtype))):
        encode_plane(linear[channel], codes, out[:, :, channel])


def linear_rgb(light: Luminance, ab: FloatArray, space: RgbSpace) -> FloatArray:
    """Return linear RGB, beyond 0..1 where a colour is outside `space`: (3, h, w). `ab`: as `compose_rgb`."""
    fy = _f_of(light.L)
    ab *= _F_OF_AB
    ab += fy
    xyz = np.empty((3, *fy.shape), np.float32)  # relative to white: grey is (Y, Y, Y)
    xyz[1] = light.Y
    _inverse_f(ab, out=xyz[::2])
    return _multiply_matrix(space.from_xyz, xyz)


def encode_plane(plane: FloatArray, codes: Table, out: Pixels) -> None:
    """Write the light of one channel, 0..1, into `out` as `codes`; `plane` is used as scratch space."""
    out[:] = codes.take(table_index(plane, bits_per_sample(out.dtype)))


def _f_of(L: FloatArray) -> FloatArray:
    f = L * np.float32(1 / 116)
    f += np.float32(16 / 116)
    return f


def _inverse_f(f: FloatArray, out: FloatArray) -> None:
    """Undo the f of CIE Lab: a cube, and in the dark its tangent. `f` is used as scratch space."""
    if f.min() >= _DARK:
        np.multiply(f, f, out=out)
        out *= f
        return
    bright = np.maximum(f, _DARK)
    f -= bright  # 0 but in the dark
    f *= np.float32(3 * LAB_DELTA**2)
    np.multiply(bright, bright, out=out)
    out *= bright
    out += f


def _multiply_matrix(matrix: FloatArray, planes: FloatArray) -> FloatArray:
    """Multiply a matrix, (3, 3), with each pixel of planes, (3, h, w)."""
    flat = planes.reshape(3, -1)
    product = np.empty_like(flat)
    for start in range(0, flat.shape[1], _PRODUCT_PIXELS):
        part = np.s_[:, start : start + _PRODUCT_PIXELS]
        np.matmul(matrix, flat[part], out=product[part])
    return product.reshape(planes.shape)


def move_into_gamut(Y: FloatArray, linear: FloatArray) -> None:
    """Move, in place, each colour towards the grey of its light until it lies within 0..1."""
    # as an unsigned number, the bits of a float below 0 or above 1 are larger than those of 1
    outside = np.flatnonzero((linear.view(np.uint32) > _ONE).any(axis=0))
    if not outside.size:
        return
    planes, grey = linear.reshape(3, -1), Y.ravel()
    # to pick pixels costs more than to compute one, but few are outside: 1.4 % in old photographs
    few = outside.size < _MANY_OUTSIDE_SHARE * Y.size
    if few:
        planes, grey = planes.take(outside, axis=1), grey.take(outside)
    _move_to_grey(planes, grey)
    np.clip(planes, 0, 1, out=planes)  # where rounding led out again
    if few:
        for plane, mixed in zip(linear, planes, strict=True):
            plane.ravel()[outside] = mixed


def _move_to_grey(planes: FloatArray, grey: FloatArray) -> None:
    """Move, in place, each colour, (3, ...), towards `grey`, (...), until it is in 0..1, but for rounding."""
    over, under = planes.max(axis=0) - grey, grey - planes.min(axis=0)
    scale = (1 - grey) / np.maximum(over, MIN_LIGHT, out=over)
    np.minimum(scale, grey / np.maximum(under, MIN_LIGHT, out=under), out=scale)
    np.minimum(scale, 1, out=scale)
    planes -= grey
    planes *= scale
    planes += grey


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


@lru_cache(maxsize=16)
def _neutral_decoding(space: RgbSpace, depth: int) -> tuple[FloatArray, FloatArray]:
    """Return the Y and the L of every code that red, green and blue have in common, as of any other pixel."""
    red, green, blue = space.luminance_tables(depth)
    Y = _limit_light(red + green + blue, space)
    return Y, lightness_from_luminance(Y)


@cache
def _lightness_of_root() -> FloatArray:
    return _lightness(np.linspace(0, 1, ROOT_STEPS + 1) ** 2)


def _lightness(Y: NDArray[Any]) -> FloatArray:
    line = Y / (3 * LAB_DELTA**2) + 4 / 29
    f = np.where(Y > LAB_DELTA**3, np.cbrt(Y), line)
    return (116 * f - 16).astype(np.float32)
