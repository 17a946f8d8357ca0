"""From a frame to what the generator and the flow see of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from colorify.hints import Hint
from colorify.images.sizes import scale_size
from colorify.model.generator import Generator, Prediction
from colorify.model.predict import predict_colors
from colorify.model.preprocess import MAX_ASPECT, MAX_ENLARGEMENT
from colorify.options import ColorOptions
from colorify.render.upsample import fit_chroma
from colorify.video.chroma import shrink
from colorify.video.luma import grey_of, lightness, normalize_luma
from colorify.video.reader import Frame
from colorify.video.yuv import Planes

FloatArray = NDArray[np.float32]

WHITE_CODE: Final = 255.0
# px of the generator's picture to a cell, in which motion is sought and colours are carried. With 1 motion
# takes three times as long and is less steady in grain; with the generator's own 4, colours blur on the way
CELL_PX: Final = 2


@dataclass(frozen=True)
class FrameInput:
    """A frame, and what the generator and the flow see of it."""

    frame: Frame
    luma_small: NDArray[Any]  # (h, w) uint8, luma of its cells


def prepare_frame(frame: Frame, *, aspect: Fraction, short: int) -> FrameInput:
    """Take the grey of a frame, and shrink it to about `short` px on its short side, with square samples."""
    grey = as_grey(frame.planes)
    shrunk = shrink(grey.Y, cells_for(grey.size, aspect, short))
    luma = np.clip(normalize_luma(shrunk, grey.depth, grey.full), 0, 1)
    return FrameInput(replace(frame, planes=grey), np.rint(luma * WHITE_CODE).astype(np.uint8))


def generator_input(seen: FrameInput) -> FloatArray:
    """Return the L of a frame, 0..100, (h, w), as the generator is shown it."""
    grey = seen.frame.planes
    height, width = (CELL_PX * cells for cells in seen.luma_small.shape)
    Y = normalize_luma(grey.Y, grey.depth, grey.full)
    way = cv2.INTER_AREA if width <= Y.shape[1] and height <= Y.shape[0] else cv2.INTER_LINEAR
    return lightness(np.asarray(cv2.resize(Y, (width, height), interpolation=way), np.float32))


def as_grey(planes: Planes) -> Planes:
    """Return a picture without its colour, each pixel with the L that it had."""
    Cb, Cr = planes.Cb, planes.Cr
    neutral = 2 ** (planes.depth - 1)
    if Cb is None or Cr is None or (np.all(neutral == Cb) and np.all(neutral == Cr)):
        return replace(planes, Cb=None, Cr=None)
    if Cb.shape != planes.Y.shape:
        Cb = cv2.resize(Cb, planes.size, interpolation=cv2.INTER_LINEAR)
        Cr = cv2.resize(Cr, planes.size, interpolation=cv2.INTER_LINEAR)
    return replace(planes, Y=grey_of(planes, Cb, Cr), Cb=None, Cr=None)


def cells_for(size: tuple[int, int], aspect: Fraction, short: int) -> tuple[int, int]:
    """Return how many cells a film has across and down; its size is as `model.preprocess` has it."""
    aspect_size = float(size[0] * aspect), float(size[1])
    scale = min(short / min(aspect_size), MAX_ASPECT * short / max(aspect_size), MAX_ENLARGEMENT) / CELL_PX
    return scale_size(aspect_size, scale)


def cell_lightness(seen: FrameInput) -> FloatArray:
    """Return the L, 0..100, of the cells of a frame: (h, w)."""
    return lightness(seen.luma_small * np.float32(1 / WHITE_CODE))


def make_predictor(
    generator: Generator, *, vividness: float
) -> Callable[[FrameInput, Sequence[Hint]], Prediction]:
    """Return what asks the generator about a frame, and says its colours in cells."""

    def predict(seen: FrameInput, hints: Sequence[Hint]) -> Prediction:
        photo = seen.frame.planes.size
        encoded = generator.encode(generator_input(seen))
        colors = predict_colors(encoded, ColorOptions(vividness=vividness, hints=tuple(hints)), photo=photo)
        return resize_to_cells(colors, encoded.L, seen, generator.spec.stride)

    return predict


def resize_to_cells(colors: Prediction, shown: FloatArray, seen: FrameInput, stride: int) -> Prediction:
    """Bring what the generator said to a frame's cells, along the edges of L.

    `shown`: the L that it was shown; it gave one ab for `stride` px of that.
    """
    height, width = seen.luma_small.shape
    L = cell_lightness(seen)
    a, b = fit_chroma(shown, colors.ab, stride=stride).upsample(width, height).ab(L, 0)
    sure = cv2.resize(
        np.ascontiguousarray(colors.confidence), (width, height), interpolation=cv2.INTER_LINEAR
    )
    return Prediction(np.dstack([a, b]), np.asarray(sure, np.float32))
