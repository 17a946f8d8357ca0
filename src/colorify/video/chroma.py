"""From ab at the generator's scale to the chroma of a frame, whatever its size: guided by luma, L kept.

As in `render.upsample`, but on Y', Cb and Cr: in each cell they are a line over Y', whose mean is the cell's
own and whose slope is fitted to its surroundings. At one ab, Cb and Cr are almost linear in Y', so that all
the work with Lab is done once a cell. At the frame's own size there remain a multiplication and an addition
at each chroma sample, and a look into a table at each luma sample.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from colorify.render.compose import Luminance, compose_rgb
from colorify.render.upsample import fit_slopes
from colorify.video.luma import (
    MAX_CHROMA_CODES,
    black_and_span,
    chroma_span,
    fitting,
    lightness,
    luma_table,
    normalize_luma,
    shift_luma,
)
from colorify.video.yuv import BT709, LUMA_WEIGHTS, Plane, Planes

FloatArray = NDArray[np.float32]

RADIUS_CELLS: Final = 1  # cells, as in colorify.render.upsample
EPSILON: Final = 4e-4  # of Y'**2; where Y' varies less than its root, 0.02, it is grain and no edge
MAX_16_BIT: Final = 65535.0
# of the table of chroma by L, a and b: between two a, and two b, it is interpolated, and L is taken to be
# whole. On a frame of a street that is 0.03 codes of 8 bits from the exact chroma in the mean, 0.1 at 99.9 %
LAB_STEP: Final = 4
MAX_AB: Final = 112


def shrink(plane: Plane, size: tuple[int, int]) -> Plane:
    """Return a plane at another size, (width, height)."""
    return np.asarray(cv2.resize(_halve(plane, size), size, interpolation=cv2.INTER_LINEAR))


def _halve(plane: Plane, size: tuple[int, int]) -> Plane:
    """Return a plane halved until it is less than twice a size: far faster than other ratios."""
    width, height = size
    while plane.shape[1] >= 2 * width and plane.shape[0] >= 2 * height:
        half = -(-plane.shape[1] // 2), -(-plane.shape[0] // 2)
        plane = cv2.resize(plane, half, interpolation=cv2.INTER_AREA)
    return plane


def chroma_of(L: FloatArray, ab: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return Cb and Cr, (h, w), -0.5..0.5, of each L (h, w) with ab (h, w, 2), fitted into sRGB; L kept."""
    height, width = L.shape
    linear = np.clip(L, 0, 100)
    Y = np.where(linear > 8, ((linear + 16) / 116) ** 3, linear / 903.2963).astype(np.float32)
    rgb = np.empty((height, width, 3), np.uint16)
    compose_rgb(Luminance(Y=Y, L=linear), ab.transpose(2, 0, 1).copy(), rgb)
    kr, kb = LUMA_WEIGHTS[BT709]
    red, green, blue = (rgb[:, :, index] * np.float32(1 / MAX_16_BIT) for index in range(3))
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    Cb, Cr = (blue - luma) / (2 * (1 - kb)), (red - luma) / (2 * (1 - kr))
    return np.asarray(Cb, np.float32), np.asarray(Cr, np.float32)


def look_up_chroma(L: FloatArray, ab: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return nearly what `chroma_of` does, in a quarter of the time, by a table."""
    table, steps = _chroma_table(), 2 * MAX_AB // LAB_STEP
    a, b = (
        np.clip(plane * np.float32(1 / LAB_STEP) + np.float32(steps / 2), 0, steps) for plane in cv2.split(ab)
    )
    b += np.rint(L) * np.float32(steps + 1)
    Cb, Cr = cv2.split(cv2.remap(table, a, b, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
    return np.asarray(Cb, np.float32), np.asarray(Cr, np.float32)


@cache
def _chroma_table() -> FloatArray:
    """Tabulate Cb and Cr: a row for each whole L and b, a column for each a."""
    steps = np.arange(-MAX_AB, MAX_AB + 1, LAB_STEP, dtype=np.float32)
    L, b, a = np.meshgrid(np.arange(101, dtype=np.float32), steps, steps, indexing="ij")
    wide = -1, len(steps)
    return np.dstack(chroma_of(L.reshape(wide), np.dstack([a.reshape(wide), b.reshape(wide)])))


def color_frame(grey: Planes, ab: FloatArray, *, sampling: tuple[int, int], blur: float) -> Planes:
    """Colour one frame.

    `grey`: its luma; Cb and Cr are not looked at. `ab`: (h, w, 2) float32, CIE Lab, of the frame's cells.
    `sampling`: luma samples to a chroma sample, across and down. `blur`: standard deviation of a Gaussian
    over the chroma, px of the frame; 0: none. Returns planes of the same depth and range, BT.709.
    """
    width, height = grey.size
    across, down = sampling
    size = -(-width // across), -(-height // down)
    Y = grey.Y if size == (width, height) else cv2.resize(grey.Y, size, interpolation=cv2.INTER_AREA)
    chroma = _guided(normalize_luma(Y, grey.depth, grey.full), ab)
    if blur > 0:
        wide, high = blur / across, blur / down
        chroma = [np.asarray(cv2.GaussianBlur(one, (0, 0), wide, sigmaY=high), np.float32) for one in chroma]
    Cb, Cr = _codes(chroma, Y, grey)
    shown = [Cb, Cr]
    if size != (width, height):
        large = size[0] * across, size[1] * down
        shown = [cv2.resize(one, large, interpolation=cv2.INTER_LINEAR)[:height, :width] for one in shown]
    luma = shift_luma(grey.Y, shown[0], shown[1], luma_table(grey.full, grey.depth), depth=grey.depth)
    return Planes(luma, Cb, Cr, grey.depth, grey.full)


def to_rgb(planes: Planes, *, long: int) -> NDArray[np.uint8]:
    """Return a coloured frame as sRGB of 8 bits, no longer than `long` px, for a glance at it: (h, w, 3)."""
    step = -(-max(planes.size) // long)
    Y = normalize_luma(planes.Y[::step, ::step], planes.depth, planes.full)
    kr, kb = LUMA_WEIGHTS[planes.matrix]
    unit = chroma_span(planes.full) * 2.0 ** (planes.depth - 8)
    Cb, Cr = (
        np.zeros_like(Y)
        if plane is None
        else cv2.resize((plane - np.float32(2.0 ** (planes.depth - 1))) / np.float32(unit), Y.shape[::-1])
        for plane in (planes.Cb, planes.Cr)
    )
    red, blue = Y + 2 * (1 - kr) * Cr, Y + 2 * (1 - kb) * Cb
    green = (Y - kr * red - kb * blue) / (1 - kr - kb)
    rgb = np.clip(np.stack([red, green, blue], axis=2), 0, 1)
    return np.asarray(np.rint(rgb * 255), np.uint8)


def convert_depth(grey: Planes, depth: int, *, full: bool) -> Planes:
    """Return a grey frame in another depth and range."""
    if (depth, full) == (grey.depth, grey.full):
        return grey
    black, span = black_and_span(full)
    unit = (2**depth - 1) / 255 if full else 2.0 ** (depth - 8)
    codes = normalize_luma(grey.Y, grey.depth, grey.full).astype(np.float64) * (span * unit) + black * unit
    codes = np.clip(np.rint(codes), 0, 2**depth - 1)
    return Planes(codes.astype(np.uint8 if depth == 8 else np.uint16), None, None, depth, full)


def make_neutral_frame(grey: Planes, *, sampling: tuple[int, int]) -> Planes:
    """Return a grey frame with chroma planes that hold no colour."""
    width, height = grey.size
    shape = (-(-height // sampling[1]), -(-width // sampling[0]))
    flat = np.full(shape, 2 ** (grey.depth - 1), grey.Y.dtype)
    return Planes(grey.Y, flat, flat, grey.depth, grey.full)


def join_side_by_side(left: Planes, right: Planes) -> Planes:
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


def _guided(Y: FloatArray, ab: FloatArray) -> list[FloatArray]:
    """Return Cb and Cr, -0.5..0.5, at the chroma samples of a frame, whose luma `Y` is, 0..1; all (h, w)."""
    height, width = Y.shape
    cells = ab.shape[1], ab.shape[0]

    def enlarged(plane: FloatArray) -> FloatArray:
        # plane by plane: numpy takes several times as long for channels that lie between each other
        return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)

    near = _halve(Y, cells)
    mean = shrink(near, cells)
    within = shrink(np.square(near), cells) - np.square(mean)  # detail that no ab was generated for
    least, greatest = _extremes(near, cells)
    detail = np.maximum(Y, enlarged(least))  # beyond what was seen the line is not trusted
    np.minimum(detail, enlarged(greatest), out=detail)
    detail -= enlarged(mean)
    result = []
    levels = np.stack(look_up_chroma(lightness(mean), ab))
    slopes = fit_slopes(mean, within, levels, epsilon=EPSILON, average=_average)
    for level, slope in zip(levels, slopes, strict=True):
        plane = enlarged(slope)
        plane *= detail
        plane += enlarged(level)
        result.append(plane)
    return result


def _extremes(near: FloatArray, cells: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """Return the least and the greatest value in each of `cells`, so many across and down.

    A cell has two px of `near` each way, or less.
    """
    window = np.ones((2, 2), np.uint8)
    least, greatest = (
        cv2.resize(find(near, window, anchor=(0, 0)), cells, interpolation=cv2.INTER_NEAREST)
        for find in (cv2.erode, cv2.dilate)
    )
    return np.asarray(least, np.float32), np.asarray(greatest, np.float32)


def _codes(chroma: Sequence[FloatArray], Y: Plane, grey: Planes) -> list[Plane]:
    """Return Cb and Cr as codes, shrunk where sRGB has no such colour of this L."""
    fits = fitting(grey.full)
    codes = [
        np.clip(plane * np.float32(chroma_span(grey.full)), -MAX_CHROMA_CODES, MAX_CHROMA_CODES)
        for plane in chroma
    ]
    rows, columns = (
        ((one + np.float32(MAX_CHROMA_CODES + 2)) * np.float32(0.25)).astype(np.int32) for one in codes
    )
    rows *= fits.shape[1]
    rows += columns
    rows *= fits.shape[2]
    rows += (Y if grey.depth == 8 else Y >> (grey.depth - 8)) >> 2
    share = fits.take(rows) * np.float32(2.0 ** (grey.depth - 8) / 255)
    middle = np.float32(2.0 ** (grey.depth - 1))
    return [np.rint(one * share + middle).astype(grey.Y.dtype) for one in codes]


def _average(planes: FloatArray) -> FloatArray:
    """Average (n, h, w) over windows of cells: as `upsample.box_mean` but at the borders; faster."""
    side = (2 * RADIUS_CELLS + 1,) * 2
    return np.stack([cv2.blur(plane, side, borderType=cv2.BORDER_REFLECT) for plane in planes])
