"""From ab at the generator's scale to the chroma of a frame, whatever its size: guided by luma, L kept.

As in `colorify.chroma`, but on Y', Cb and Cr: in each cell they are a line over Y', whose mean is the cell's
own and whose slope is fitted to its surroundings. At one ab, Cb and Cr are almost linear in Y', so that all
the work with Lab is done once a cell. At the frame's own size there remain a multiplication and an addition
at each chroma sample, and a look into a table at each luma sample.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from colorify.recombine import Light, paint
from colorify.video.luma import REACH, chroma_span, fitting, luma_moves, moved, normal
from colorify.video.planes import BT709, LUMA_WEIGHTS, Plane, Planes

FloatArray = NDArray[np.float32]

RADIUS: Final = 1  # cells, as in colorify.chroma
EPSILON: Final = 4e-4  # of Y'**2; where Y' varies less than its root, 0.02, it is grain and no edge
FULL_16: Final = 65535.0


@dataclass(frozen=True)
class Small:
    """A frame as the generator and the flow see it."""

    Y: FloatArray  # (h, w), luma of grey, 0..1
    L: FloatArray  # (h, w), 0..100


def chroma_of(L: FloatArray, ab: FloatArray) -> FloatArray:
    """Return Cb and Cr of each L (h, w) with ab (h, w, 2): (h, w, 2), -0.5..0.5, fitted into sRGB; L kept."""
    height, width = L.shape
    linear = np.clip(L, 0, 100)
    Y = np.where(linear > 8, ((linear + 16) / 116) ** 3, linear / 903.2963).astype(np.float32)
    rgb = np.empty((height, width, 3), np.uint16)
    paint(Light(Y=Y, L=linear), ab[:, :, 0].copy(), ab[:, :, 1].copy(), rgb)
    kr, kb = LUMA_WEIGHTS[BT709]
    red, green, blue = (rgb[:, :, index] * np.float32(1 / FULL_16) for index in range(3))
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    return np.stack([(blue - luma) / (2 * (1 - kb)), (red - luma) / (2 * (1 - kr))], axis=-1)


def painted(grey: Planes, small: Small, ab: FloatArray, *, sampling: tuple[int, int], blur: float) -> Planes:
    """Colour one frame.

    `grey`: its luma; Cb and Cr are not looked at. `ab`: (h, w, 2) float32, CIE Lab, in cells, a whole number
    of px of `small` each way. `sampling`: luma samples to a chroma
    sample, across and down. `blur`: standard deviation of a Gaussian over the chroma, px of the frame; 0:
    none. Returns planes of the same depth and range, BT.709.
    """
    width, height = grey.size
    across, down = sampling
    size = -(-width // across), -(-height // down)
    chroma = _guided(small, ab, grey, size)
    if blur > 0:
        blurred = cv2.GaussianBlur(chroma, (0, 0), blur / across, sigmaY=blur / down)
        chroma = np.asarray(blurred, np.float32)
    Y = grey.Y if size == (width, height) else cv2.resize(grey.Y, size, interpolation=cv2.INTER_AREA)
    codes = _codes(chroma, Y, grey)
    Cb, Cr = np.ascontiguousarray(codes[:, :, 0]), np.ascontiguousarray(codes[:, :, 1])
    shown = (Cb, Cr)
    if size != (width, height):
        wide, high = size[0] * across, size[1] * down
        large = (cv2.resize(plane, (wide, high), interpolation=cv2.INTER_LINEAR) for plane in shown)
        shown = tuple(plane[:height, :width] for plane in large)  # type: ignore[assignment]
    luma = moved(grey.Y, shown[0], shown[1], luma_moves(grey.full), depth=grey.depth)
    return Planes(luma, Cb, Cr, grey.depth, grey.full)


def neutral(grey: Planes, *, sampling: tuple[int, int]) -> Planes:
    """Return a grey frame with chroma planes that hold no colour."""
    width, height = grey.size
    shape = (-(-height // sampling[1]), -(-width // sampling[0]))
    flat = np.full(shape, 2 ** (grey.depth - 1), grey.Y.dtype)
    return Planes(grey.Y, flat, flat, grey.depth, grey.full)


def beside(left: Planes, right: Planes) -> Planes:
    """Put two frames of one kind side by side."""

    def join(a: Plane | None, b: Plane | None) -> Plane | None:
        return None if a is None or b is None else np.hstack([a, b])

    return Planes(
        np.hstack([left.Y, right.Y]),
        join(left.Cb, right.Cb),
        join(left.Cr, right.Cr),
        right.depth,
        right.full,
    )


def _guided(small: Small, ab: FloatArray, grey: Planes, size: tuple[int, int]) -> FloatArray:
    """Return Cb and Cr at the chroma samples of a frame: (h, w, 2), -0.5..0.5."""
    mean = _cells(small.Y, ab)
    chroma = chroma_of(_cells(small.L, ab), ab)
    around = _box(mean)
    within = _cells(np.square(small.Y), ab) - np.square(mean)  # detail that no ab was generated for
    spread = _box(np.square(mean)) - np.square(around) + _box(within)
    spread = np.maximum(spread, 0) + np.float32(EPSILON)
    lines = np.empty((*mean.shape, 4), np.float32)
    for channel in range(2):
        level = np.ascontiguousarray(chroma[:, :, channel])
        slope = (_box(mean * level) - around * _box(level)) / spread
        lines[:, :, channel] = _box(slope)
        lines[:, :, 2 + channel] = level
    bounds = np.dstack([mean, *_extremes(small.Y, ab)])
    lines = cv2.resize(lines, size, interpolation=cv2.INTER_LINEAR)
    bounds = cv2.resize(bounds, size, interpolation=cv2.INTER_LINEAR)
    Y = grey.Y
    if size != grey.size:
        Y = cv2.resize(Y, size, interpolation=cv2.INTER_AREA)
    # beyond what was seen the line is not trusted
    detail = np.clip(normal(Y, grey.depth, grey.full), bounds[:, :, 1], bounds[:, :, 2])
    detail -= bounds[:, :, 0]
    result = lines[:, :, :2] * detail[:, :, None]
    result += lines[:, :, 2:]
    return result


def _cells(plane: FloatArray, ab: FloatArray) -> FloatArray:
    """Return the mean of a plane of the small picture in each cell of ab."""
    return np.asarray(cv2.resize(plane, ab.shape[1::-1], interpolation=cv2.INTER_AREA), np.float32)


def _extremes(plane: FloatArray, ab: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the least and the greatest value in each cell of ab."""
    down, right = (side // cells for side, cells in zip(plane.shape, ab.shape, strict=False))
    window = np.ones((down, right), np.uint8)
    least, greatest = (find(plane, window, anchor=(0, 0)) for find in (cv2.erode, cv2.dilate))
    return np.asarray(least[::down, ::right]), np.asarray(greatest[::down, ::right])


def _codes(chroma: FloatArray, Y: Plane, grey: Planes) -> NDArray[Any]:
    """Return Cb and Cr as codes, shrunk where sRGB has no such colour of this L: (h, w, 2)."""
    codes = np.clip(chroma * np.float32(chroma_span(grey.full)), -REACH, REACH)
    index = ((codes + np.float32(REACH + 2)) * np.float32(0.25)).astype(np.int32)
    level = (Y if grey.depth == 8 else Y >> (grey.depth - 8)) >> 2
    fits = fitting(grey.full)
    place = (index[:, :, 0] * fits.shape[1] + index[:, :, 1]) * 64 + level
    codes *= (fits.take(place) * np.float32(1 / 255))[:, :, None]
    codes += 128
    codes *= 2.0 ** (grey.depth - 8)
    return np.asarray(np.rint(codes), dtype=grey.Y.dtype)


def _box(plane: FloatArray) -> FloatArray:
    side = 2 * RADIUS + 1
    return np.asarray(cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT))
