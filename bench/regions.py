"""Colour photos with a thing to click on: where it is, what else is there, and where skin is.

Where NAME.png lies beside a photo, of its size, its greys say what each pixel is: 0 something else, 1 the
thing, 2 skin, 3 not to be judged. Otherwise the thing is found by the true colours: pixels within NEAR_AB of
one of the colours that the photo has most of, the largest connected piece of them that has a clear colour of
its own and differs from what is around it. What else has that colour is not judged. Where skin is, true
colours do not say: a lion's mane, a lit ceiling and red leaves have them, too.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from colorify.color import rgb_to_lab
from colorify.evaluation.scoring import find_photos
from colorify.images.photo import open_photo
from colorify.pixels import to_rgb8

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]
Pixels = NDArray[np.uint8]

OTHER, THING, SKIN, UNJUDGED = range(4)  # greys of a label picture
SIZES: Final = (0.03, 0.4)  # share of the picture that a thing covers
NEAR_AB: Final = 12.0  # Lab units; what is nearer to the colour of a thing may be part of it
ALIKE_AB: Final = 18.0  # Lab units; what is nearer, and no part of it, is not judged
MIN_CHROMA: Final = 14.0  # of a clear colour
MIN_CONTRAST_AB: Final = 15.0  # Lab units between a thing and what is around it
RING_PX: Final = 12  # px around a thing that count as around it
GAP_PX: Final = 6  # px; holes and bays twice as wide are closed
MAX_GAPS: Final = 0.06  # share by which that may enlarge a thing: what is all holes is no one thing
RIM_PX: Final = 2  # px on both sides of a border that are not judged: no label is more exact


@dataclass(frozen=True)
class Thing:
    """A photo at working size, with one thing on it. Masks are (h, w)."""

    name: str
    pixels: Pixels  # (h, w, 3)
    lab: FloatArray  # (h, w, 3), true
    inside: Mask
    outside: Mask
    skin: Mask  # part of the outside; nowhere, if no person has labeled it

    @property
    def center(self) -> tuple[int, int]:
        """Column and row of the place deepest inside."""
        return deepest_place(self.inside)

    @property
    def ab(self) -> FloatArray:
        """Its true mean a and b."""
        return np.asarray(self.lab[self.inside, 1:].mean(axis=0))


def find_things(folder: Path, short: int, limit: int) -> list[Thing]:
    """Read the photos of a folder that have such a thing, at `short` px on the short side."""
    found = (read_thing(path, short) for path in find_photos(folder) if not is_label(path))
    return [thing for thing in found if thing is not None][:limit]


def is_label(path: Path) -> bool:
    """Tell whether a picture is the labels of another."""
    return path.suffix == ".png" and path.with_suffix(".jpg").exists()


def read_thing(path: Path, short: int) -> Thing | None:
    """Read one photo; None: no thing of a useful size and a clear colour is on it."""
    photo = open_photo(path)
    scale = short / min(photo.size)
    pixels = to_rgb8(photo.shrink(*(round(side * scale) for side in photo.size)))
    lab = rgb_to_lab(pixels / np.float32(255)).astype(np.float32)
    labels = path.with_suffix(".png")
    if labels.exists() and labels != path:
        return _labeled(path.stem, pixels, lab, cv2.imread(str(labels), cv2.IMREAD_GRAYSCALE))
    inside = find_colored_piece(lab)
    if inside is None:
        return None
    ab = lab[inside, 1:].mean(axis=0)
    alike = np.linalg.norm(lab[:, :, 1:] - ab, axis=2) < ALIKE_AB
    outside = ~grow(inside, RIM_PX) & ~alike
    return Thing(path.stem, pixels, lab, shrink(inside, RIM_PX), outside, np.zeros_like(outside))


def _labeled(name: str, pixels: Pixels, lab: FloatArray, labels: Pixels) -> Thing:
    h, w, _ = lab.shape
    small = cv2.resize(labels, (w, h), interpolation=cv2.INTER_NEAREST)
    outside = ~grow(small == THING, RIM_PX) & (small != UNJUDGED)
    skin = shrink(small == SKIN, RIM_PX) & outside
    return Thing(name, pixels, lab, shrink(small == THING, RIM_PX), outside, skin)


def find_colored_piece(lab: FloatArray) -> Mask | None:
    """Return the largest connected piece of one clear colour, unlike what is around it."""
    ab = cv2.blur(lab[:, :, 1:], (5, 5))
    best: Mask | None = None
    for color in common_colors(ab):
        near = (np.linalg.norm(ab - color, axis=2) < NEAR_AB).astype(np.uint8)
        _, pieces, stats, _ = cv2.connectedComponentsWithStats(
            cv2.morphologyEx(near, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)), connectivity=4
        )
        if len(stats) < 2:
            continue
        piece = pieces == 1 + stats[1:, cv2.CC_STAT_AREA].argmax()
        size = piece.mean()
        ring = grow(piece, RING_PX) & ~grow(piece, RIM_PX)
        closed = shrink(grow(piece, GAP_PX), GAP_PX)
        if not (SIZES[0] < size < SIZES[1] and ring.any() and closed.mean() < (1 + MAX_GAPS) * size):
            continue
        apart = np.linalg.norm(ab[ring].mean(axis=0) - ab[piece].mean(axis=0))
        if apart > MIN_CONTRAST_AB and (best is None or size > best.mean()):
            best = piece
    return best


def common_colors(ab: FloatArray) -> list[FloatArray]:
    """Return the clear colours that a photo has most of: a and b each, at most eight."""
    cells, counts = np.unique(np.round(ab.reshape(-1, 2) / 8), axis=0, return_counts=True)
    most = cells[np.argsort(-counts)] * 8
    return [color for color in most if np.hypot(*color) >= MIN_CHROMA][:8]


def deepest_place(mask: Mask) -> tuple[int, int]:
    """Return column and row of the place of a mask that is farthest from its border."""
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    row, column = np.unravel_index(depth.argmax(), depth.shape)
    return int(column), int(row)


def grow(mask: Mask, px: int) -> Mask:
    """Return a mask that reaches `px` farther."""
    kernel = np.ones((2 * px + 1, 2 * px + 1), np.uint8)
    return cv2.dilate(mask.astype(np.uint8), kernel).astype(bool)


def shrink(mask: Mask, px: int) -> Mask:
    """Return a mask without what is within `px` of its border."""
    return ~grow(~mask, px)
