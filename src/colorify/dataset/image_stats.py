"""What can be measured of a picture to tell whether it can teach colour.

All is measured on the picture shrunk to 256 px on its long side, in CIE Lab.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.color import lab_to_linear
from colorify.dataset.near_duplicates import HASHED_PX, perceptual_hash
from colorify.dataset.storage import read_lab
from colorify.images.photo import Photo
from colorify.images.sizes import shrink_size

Lab = NDArray[np.float32]  # (H, W, 3): L 0..100, a and b about -110..110
Plane = NDArray[np.float32]  # (H, W)

LONG_SIDE: Final = 256  # px
TINT_BINS: Final = 24  # of L, within each of which a tint has one colour
FLAT_STEP: Final = 0.6  # L units between neighbours; in a photograph grain alone is more, in most places
ENTROPY_BINS: Final = 64  # of L
COLOR_STEP: Final = 4.0  # Lab units: the side of the cubes that colours are counted in
TOP_COLORS: Final = 6
VIVID_CHROMA: Final = 50.0  # Lab units
GAMUT_EDGE: Final = 0.002  # linear light, 0..1: a channel below it has nothing left to give
BORDER_NOISE: Final = 4.0  # Lab units that a border may vary by
BORDER_RINGING: Final = (
    0.15  # share of a line of border that may vary more, where JPEG rings beside the picture
)
BORDER_EDGE: Final = 0.6  # share of a line that must change at once where a border ends
BORDER_MAX: Final = 0.4  # of a side


@dataclass(frozen=True)
class Measures:
    """The numbers that the rules of screening look at."""

    width: int  # px
    height: int  # px
    phash: int  # 64 bits
    chroma: float  # mean distance from grey, Lab units
    own_color: float  # 95th percentile of the distance from the tint that L explains, Lab units
    flat: float  # share of pixels that differ from no neighbour, 0..1
    entropy: float  # of L, bits, 0..6
    top_colors: float  # share of the six commonest colours, 0..1
    vivid: float  # share of pixels with a chroma above 50 at the edge of sRGB, 0..1
    border: float  # thickest border, as a share of its side, 0..1


def measure_photo(photo: Photo) -> Measures:
    """Measure a photo. Raises PhotoError where it is damaged."""
    width, height = photo.size
    lab = read_lab(photo, *shrink_size(photo.size, long=LONG_SIDE))
    return Measures(
        width=width,
        height=height,
        phash=perceptual_hash(read_lab(photo, HASHED_PX, HASHED_PX)[..., 0]),
        chroma=_rounded(_chroma(lab).mean()),
        own_color=_rounded(own_color(lab)),
        flat=_rounded(flat_share(lab)),
        entropy=_rounded(entropy(lab[..., 0])),
        top_colors=_rounded(top_colors(lab)),
        vivid=_rounded(vivid_share(lab)),
        border=_rounded(border_share(lab)),
    )


def own_color(lab: Lab) -> float:
    """Return how much colour there is beyond a tint: 0 for grey and for sepia, toned and faded prints.

    A tint gives every pixel of one L the same a and b. So: the 95th percentile of the distance of (a, b) from
    a curve over L, which is drawn through the medians of L, a and b in bins of L. At half the size, since
    most JPEG files keep a and b at half the size of L, so that they do not agree at its edges.
    """
    pixels = _halved(lab).reshape(-1, 3)
    bins = np.minimum(pixels[:, 0] / 100 * TINT_BINS, TINT_BINS - 1).astype(np.intp)
    order = np.argsort(bins, kind="stable")
    groups = np.split(order, np.cumsum(np.bincount(bins, minlength=TINT_BINS))[:-1])
    knots = np.array([np.median(pixels[group], axis=0) for group in groups if len(group)])
    tint = np.stack([np.interp(pixels[:, 0], knots[:, 0], knots[:, i]) for i in (1, 2)], axis=1)
    return float(np.percentile(np.linalg.norm(pixels[:, 1:] - tint, axis=1), 95))


def _chroma(lab: Lab) -> Plane:
    return np.hypot(lab[..., 1], lab[..., 2])


def _halved(lab: Lab) -> Lab:
    height, width = (side // 2 * 2 for side in lab.shape[:2])
    if min(height, width) < 2:
        return lab
    quarters = lab[:height, :width].reshape(height // 2, 2, width // 2, 2, 3)
    return np.asarray(quarters.mean(axis=(1, 3), dtype=np.float32))


def flat_share(lab: Lab) -> float:
    """Return the share of pixels whose L and ab are those of the pixels to the right and below."""
    if min(lab.shape[:2]) < 2:
        return 1.0
    right = np.abs(np.diff(lab, axis=1)).max(axis=2)[:-1]
    below = np.abs(np.diff(lab, axis=0)).max(axis=2)[:, :-1]
    return float((np.maximum(right, below) < FLAT_STEP).mean())


def entropy(L: Plane) -> float:
    """Return the entropy of L in 64 bins, in bits."""
    counts = np.bincount(np.minimum(L / 100 * ENTROPY_BINS, ENTROPY_BINS - 1).astype(np.intp).ravel())
    share = counts[counts > 0] / L.size
    return float(-(share * np.log2(share)).sum())


def top_colors(lab: Lab) -> float:
    """Return the share of the picture that its six commonest colours fill."""
    cubes = np.floor((lab + np.float32(128)) / COLOR_STEP).astype(np.int64)
    codes = (cubes[..., 0] << 20) + (cubes[..., 1] << 10) + cubes[..., 2]
    counts = np.sort(np.unique(codes, return_counts=True)[1])
    return float(counts[-TOP_COLORS:].sum() / codes.size)


def vivid_share(lab: Lab) -> float:
    """Return the share of pixels that are strongly coloured and at the edge of sRGB.

    A picture whose saturation was turned up has large parts there, all gradations lost.
    """
    at_edge = lab_to_linear(lab).min(axis=2) < GAMUT_EDGE
    return float((at_edge & (_chroma(lab) > VIVID_CHROMA)).mean())


def border_share(lab: Lab) -> float:
    """Return the thickness of the thickest border, as a share of the side it lies along.

    A border is a strip of one colour that ends along a straight line, at opposite sides or at all four: a sky
    or a white studio wall is of one colour too, but ends along the outline of things.
    """
    rows, columns = lab, lab.transpose(1, 0, 2)
    pairs = [(_strip(side), _strip(side[::-1]), side.shape[0]) for side in (rows, columns)]
    return max((min(first, last) / size if first and last else 0.0) for first, last, size in pairs)


def _strip(lines: Lab) -> int:
    """Return how many of the first lines are border."""
    color = np.median(lines[0], axis=0)
    away = np.abs(lines[: max(3, int(len(lines) * BORDER_MAX))] - color).max(axis=2) > BORDER_NOISE
    share = away.mean(axis=1)
    if share[0] > BORDER_RINGING or share.max() < BORDER_EDGE:
        return 0
    end = int(np.argmax(share >= BORDER_EDGE))
    # the line before may be a mixture of border and picture
    return end if end > 1 and share[: end - 1].max() <= BORDER_RINGING else 0


def _rounded(value: Any) -> float:
    return round(float(value), 4)
