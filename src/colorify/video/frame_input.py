"""From a frame to what the generator and the flow see of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from colorify.hints import Hint
from colorify.model.generator import Colors, Generator
from colorify.model.predict import guided_colors
from colorify.model.preprocess import ENLARGED, LONGEST
from colorify.options import Look
from colorify.render.upsample import fit_chroma
from colorify.video.chroma import Small
from colorify.video.luma import grey_of, lightness, normal
from colorify.video.reader import Frame
from colorify.video.yuv import Planes

WHITE: Final = 255.0
# px of the generator's picture to a cell, in which motion is sought and colours are carried. With 1 motion
# takes three times as long and is less steady in grain; with the generator's own 4, colours blur on the way
CELL: Final = 2


@dataclass(frozen=True)
class Seen:
    """A frame, and what the generator and the flow see of it."""

    frame: Frame
    small: Small
    thumb: NDArray[Any]  # (h, w) uint8, luma of its cells


def look_at(frame: Frame, *, aspect: Fraction, short: int) -> Seen:
    """Take the grey of a frame, and shrink it to about `short` px on its short side, with square samples."""
    grey = as_grey(frame.planes)
    cells = cells_for(grey.size, aspect, short)
    width, height = CELL * cells[0], CELL * cells[1]
    Y = normal(grey.Y, grey.depth, grey.full)
    way = cv2.INTER_AREA if width <= Y.shape[1] and height <= Y.shape[0] else cv2.INTER_LINEAR
    shrunk = np.asarray(cv2.resize(Y, (width, height), interpolation=way), np.float32)
    small = np.clip(shrunk, 0, 1)
    thumb = np.rint(cv2.resize(small, cells, interpolation=cv2.INTER_AREA) * WHITE).astype(np.uint8)
    return Seen(replace(frame, planes=grey), Small(small, lightness(small)), thumb)


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
    shown = float(size[0] * aspect), float(size[1])
    scale = min(short / min(shown), LONGEST * short / max(shown), ENLARGED) / CELL
    return max(1, round(shown[0] * scale)), max(1, round(shown[1] * scale))


def looker(generator: Generator, *, vividness: float) -> Callable[[Seen, Sequence[Hint]], Colors]:
    """Return what asks the generator about a frame, and says its colours in cells."""

    def look(seen: Seen, hints: Sequence[Hint]) -> Colors:
        photo = seen.frame.planes.size
        glance = generator.look(seen.small.L)
        colors = guided_colors(glance, Look(vividness=vividness, hints=tuple(hints)), photo=photo)
        return in_cells(colors, seen, generator.spec.stride)

    return look


def in_cells(colors: Colors, seen: Seen, stride: int) -> Colors:
    """Bring what the generator said, one ab for `stride` px, to a frame's cells, along the edges of L."""
    height, width = seen.thumb.shape
    L = np.asarray(cv2.resize(seen.small.L, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    a, b = fit_chroma(seen.small.L, colors.ab, stride=stride).enlarged(width, height).ab(L, 0)
    sure = cv2.resize(
        np.ascontiguousarray(colors.confidence), (width, height), interpolation=cv2.INTER_LINEAR
    )
    return Colors(np.dstack([a, b]), np.asarray(sure, np.float32))
