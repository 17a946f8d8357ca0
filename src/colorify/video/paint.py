"""From ab at the generator's scale to the chroma of a frame, whatever its size: guided by luma, L kept.

The fast guided filter as in `colorify.chroma` (K. He, J. Sun, 2015, arXiv 1505.00996), but on Y', Cb and Cr:
at one ab, Cb and Cr are almost linear in Y', so that all the work with Lab is done on the small picture. At
the frame's own size there remain a multiplication and an addition at each chroma sample, and a look into a
table at each luma sample.
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

RADIUS: Final = 4  # px of the generator's picture, as in colorify.chroma
EPSILON: Final = 4e-4  # of Y'**2: what chroma.EPSILON, 4 L**2, is on 0..1
FULL_16: Final = 65535.0


@dataclass(frozen=True)
class Small:
    """A frame as the generator and the flow see it."""

    Y: FloatArray  # (h, w), luma of grey, 0..1
    L: FloatArray  # (h, w), 0..100


def chroma_of(small: Small, ab: FloatArray) -> FloatArray:
    """Return Cb and Cr of the small picture, (h, w, 2), -0.5..0.5, fitted into sRGB; L kept.

    `ab`: (., ., 2) float32, CIE Lab, any smaller scale of the same picture.
    """
    height, width = small.L.shape
    ab = np.asarray(cv2.resize(ab, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    linear = np.clip(small.L, 0, 100)
    Y = np.where(linear > 8, ((linear + 16) / 116) ** 3, linear / 903.2963).astype(np.float32)
    rgb = np.empty((height, width, 3), np.uint16)
    paint(Light(Y=Y, L=linear), ab[:, :, 0].copy(), ab[:, :, 1].copy(), rgb)
    kr, kb = LUMA_WEIGHTS[BT709]
    red, green, blue = (rgb[:, :, index] * np.float32(1 / FULL_16) for index in range(3))
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    return np.stack([(blue - luma) / (2 * (1 - kb)), (red - luma) / (2 * (1 - kr))], axis=-1)


def painted(grey: Planes, small: Small, ab: FloatArray, *, sampling: tuple[int, int], blur: float) -> Planes:
    """Colour one frame.

    `grey`: its luma; Cb and Cr are not looked at. `ab`: see `chroma_of`. `sampling`: luma samples to a chroma
    sample, across and down. `blur`: standard deviation of a Gaussian over the chroma, px of the frame; 0:
    none. Returns planes of the same depth and range, BT.709.
    """
    width, height = grey.size
    across, down = sampling
    size = -(-width // across), -(-height // down)
    chroma = _guided(small, chroma_of(small, ab), grey, size)
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


def _guided(small: Small, chroma: FloatArray, grey: Planes, size: tuple[int, int]) -> FloatArray:
    """Return Cb and Cr at the chroma samples of a frame: (h, w, 2), -0.5..0.5."""
    guide = small.Y
    mean = _box(guide)
    spread = _box(np.square(guide)) - mean * mean + np.float32(EPSILON)
    planes = np.empty((*guide.shape, 4), np.float32)
    for channel in range(2):
        target = np.ascontiguousarray(chroma[:, :, channel])
        level = _box(target)
        product = np.asarray(guide * target, dtype=np.float32)
        slope = np.asarray((_box(product) - mean * level) / spread, dtype=np.float32)
        planes[:, :, channel] = _box(slope)
        planes[:, :, 2 + channel] = _box(np.asarray(level - slope * mean, dtype=np.float32))
    window = np.ones((2 * RADIUS + 1, 2 * RADIUS + 1), np.uint8)
    seen = np.dstack([cv2.erode(guide, window), cv2.dilate(guide, window)])
    planes = cv2.resize(planes, size, interpolation=cv2.INTER_LINEAR)
    seen = cv2.resize(seen, size, interpolation=cv2.INTER_LINEAR)
    Y = grey.Y
    if size != grey.size:
        Y = cv2.resize(Y, size, interpolation=cv2.INTER_AREA)
    bounded = np.clip(normal(Y, grey.depth, grey.full), seen[:, :, 0], seen[:, :, 1])
    result = planes[:, :, :2] * bounded[:, :, None]
    result += planes[:, :, 2:]
    return result


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
    return np.asarray(cv2.boxFilter(plane, cv2.CV_32F, (side, side), borderType=cv2.BORDER_REFLECT))
