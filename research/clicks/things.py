"""Things to click on in colour photos: what people have labelled, and connected pieces of one clear colour.

Masks are (H, W) bool, at the scale of the generator.
"""

import random
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.io import loadmat

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
import regions  # noqa: F401 - `bench_set` takes it from here
from regions import ALIKE_AB, MIN_CONTRAST_AB, NEAR_AB, common_colors, grow, shrink

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

RIM_PX, CORE_PX = 2, 4  # px on both sides of a border that are not judged, and within which nobody clicks
GAP_PX, RING_PX = 6, 12
MIN_LABELED, MIN_COLORED, MAX_COLORED = 0.006, 0.02, 0.5  # shares of the picture
MAX_GAPS, MAX_ALIKE_RING = 0.08, 0.35
HELD_OUT_EVERY: Final = 8  # labelled photos that nothing is learned from: number % 8 == 1


@dataclass(frozen=True)
class Thing:
    """Where one thing is, what is surely none of it, what of that is skin, and where one may click."""

    inside: Mask
    outside: Mask
    skin: Mask
    start: Mask


class Labeled:
    """The photos of Clothing Co-Parsing whose pixels people have labelled (Apache-2.0)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        names = loadmat(folder / "label_list.mat")["label_list"][0]
        self.names = [str(name[0]) if len(name) else "" for name in names]
        self.skin = self.names.index("skin")
        numbers = sorted(int(path.stem) for path in (folder / "annotations/pixel-level").glob("*.mat"))
        self.held_out = [number for number in numbers if number % HELD_OUT_EVERY == 1]
        self.numbers = sorted({*numbers} - {*self.held_out})

    def read(self, number: int) -> tuple[Pixels, Pixels]:
        """Return a photo, (H, W, 3), and its labels, (H, W)."""
        labels = loadmat(self.folder / f"annotations/pixel-level/{number:04d}.mat")["groundtruth"]
        return np.asarray(Image.open(self.folder / f"photos/{number:04d}.jpg").convert("RGB")), labels

    def find_things(self, labels: Pixels) -> list[Thing]:
        """Return each garment, bag, shoe, skin and hair that is large enough."""
        skin, things = labels == self.skin, []
        for label in np.unique(labels[labels > 0]):
            mask = labels == label
            for piece in pieces_of(shrink(grow(mask, GAP_PX), GAP_PX), MIN_LABELED):
                inside, core = mask & piece, shrink(mask & piece, CORE_PX)
                if inside.mean() < MIN_LABELED or not core.any():
                    continue
                outside = ~grow(mask, RIM_PX)  # another piece of its kind is not judged
                bare = shrink(skin, RIM_PX) & outside & (label != self.skin)
                things.append(Thing(shrink(inside, RIM_PX), outside, bare, core))
        return things


def find_colored_things(lab: FloatArray) -> list[Thing]:
    """Return connected pieces of one clear colour, unlike what is around them. `lab`: (H, W, 3)."""
    ab = cv2.blur(lab[:, :, 1:], (5, 5))
    things: list[Thing] = []
    taken = np.zeros(ab.shape[:2], bool)
    for color in common_colors(ab[::4, ::4]):
        near = (np.linalg.norm(ab - color, axis=2) < NEAR_AB).astype(np.uint8)
        near = cv2.morphologyEx(near, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
        for piece in pieces_of(near, MIN_COLORED):
            if (piece & taken).sum() > 0.3 * piece.sum() or not _stands_out(ab, piece):
                continue
            alike = np.linalg.norm(lab[:, :, 1:] - ab[piece].mean(axis=0), axis=2) < ALIKE_AB
            inside, outside = shrink(piece, RIM_PX), ~grow(piece, RIM_PX) & ~alike
            things.append(Thing(inside, outside, np.zeros_like(taken), shrink(piece, CORE_PX)))
            taken |= piece
    return things


def _stands_out(ab: FloatArray, piece: Mask) -> bool:
    """Whether a piece is whole, not too large, and of another colour than what is around it."""
    ring = grow(piece, RING_PX) & ~grow(piece, RIM_PX)
    closed = shrink(grow(piece, GAP_PX), GAP_PX)
    whole = piece.mean() < MAX_COLORED and closed.sum() < (1 + MAX_GAPS) * piece.sum()
    if not (whole and ring.any() and shrink(piece, CORE_PX).any()):
        return False
    mean = ab[piece].mean(axis=0)
    away = np.linalg.norm(ab[ring] - mean, axis=1)
    apart = np.linalg.norm(ab[ring].mean(axis=0) - mean)
    return bool(apart > MIN_CONTRAST_AB and (away < MIN_CONTRAST_AB).mean() < MAX_ALIKE_RING)


def pieces_of(mask: Any, least: float) -> list[Mask]:
    """Return the connected pieces that cover a share of the picture of at least `least`."""
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    return [pieces == n for n in range(1, count) if stats[n, cv2.CC_STAT_AREA] >= least * mask.size]


def choose_things(things: list[Thing], count: int, rng: random.Random) -> list[Thing]:
    """Return up to `count` of them, larger ones more often, each twice in the mean at most."""
    sizes = [thing.inside.mean() ** 0.5 for thing in things]
    return rng.choices(things, sizes, k=min(count, 2 * len(things)))


@cache
def labeled_photos(folder: Path) -> Labeled:
    """Open the folder once a process."""
    return Labeled(folder)
