"""From a frame to what the generator and the flow see of it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

import cv2
import numpy as np

from colorify.generator import Colors, Generator
from colorify.hints import Hint, draw_hints
from colorify.seen import ENLARGED, LONGEST
from colorify.video.film import Frame
from colorify.video.luma import grey_of, lightness, normal
from colorify.video.paint import Small
from colorify.video.planes import Planes
from colorify.video.steady import Seen

WHITE: Final = 255.0
# px of the generator's picture to a px of the one in which motion is sought: a third of the time at the same
# steadiness, and better with grain (bench/video.py)
THUMB: Final = 2


def look_at(frame: Frame, *, aspect: Fraction, short: int) -> Seen:
    """Take the grey of a frame, and shrink it to `short` px on its short side, with square samples."""
    grey = as_grey(frame.planes)
    width, height = small_size(grey.size, aspect, short)
    Y = normal(grey.Y, grey.depth, grey.full)
    way = cv2.INTER_AREA if width <= Y.shape[1] and height <= Y.shape[0] else cv2.INTER_LINEAR
    shrunk = np.asarray(cv2.resize(Y, (width, height), interpolation=way), np.float32)
    small = np.clip(shrunk, 0, 1)
    less = max(1, width // THUMB), max(1, height // THUMB)
    thumb = np.rint(cv2.resize(small, less, interpolation=cv2.INTER_AREA) * WHITE).astype(np.uint8)
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


def small_size(size: tuple[int, int], aspect: Fraction, short: int) -> tuple[int, int]:
    """Return the width and height at which the generator is to see a film, as `colorizer` does for photos."""
    shown = float(size[0] * aspect), float(size[1])
    scale = min(short / min(shown), LONGEST * short / max(shown), ENLARGED)
    return max(1, round(shown[0] * scale)), max(1, round(shown[1] * scale))


def looker(generator: Generator, *, vividness: float) -> Callable[[Seen, Sequence[Hint]], Colors]:
    """Return what asks the generator about a frame."""

    def look(seen: Seen, hints: Sequence[Hint]) -> Colors:
        height, width = seen.small.L.shape
        drawn = None
        if hints:
            stride = generator.spec.stride
            drawn = draw_hints(hints, photo=seen.frame.planes.size, small=(width, height), stride=stride)
        return generator(seen.small.L, hints=drawn, vividness=vividness)

    return look
