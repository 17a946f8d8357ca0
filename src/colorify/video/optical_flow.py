"""Where each pixel of a frame is in the next one: optical flow, how far to believe it, and carrying by it.

Dense inverse search (T. Kroeger, R. Timofte, D. Dai, L. Van Gool, "Fast Optical Flow using Dense Inverse
Search", ECCV 2016), as in OpenCV. Its patches are compared with their means taken off, so that a flash or
flicker of the lamp does not look like motion. What one frame shows and the other hides is found by going
there and back (N. Sundaram, T. Brox, K. Keutzer, "Dense point trajectories by GPU-accelerated large
displacement optical flow", ECCV 2010, section 4).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Grey = NDArray[Any]  # (h, w) uint8

MIN_FLOW_PX: Final = 16  # px; smaller pictures have no patch to search for: nothing is taken to move
MIN_FIELD_PX: Final = 12  # px of the field, of its longer side: the same
THERE_AND_BACK: Final = (0.01, 0.5)  # Sundaram et al. 2010, equation 5: share of the lengths, and px squared
# px of the pictures to one of the field of motion. Sought at a quarter of their size, and smoothed,
# it takes as long, and colours that are carried over 64 frames drift 1.2 times as far
FIELD_STEP: Final = 2
SEARCH_STEPS: Final = 5  # of gradient descent, for each patch; with 16 it takes a fifth longer for no more
VISIBILITY_BLUR: Final = 3  # px of the field, side of the square over which it is averaged what is seen
SAME_LIGHT: Final = (
    10.0  # of 255: how different two views of one point may be, their mean difference taken off
)
OCCLUDED_WEIGHT: Final = 0.01  # weight of what was probably hidden: used where nothing better is known
_NO_MAP: Final[Any] = None  # x and y are in one array; the type stubs of OpenCV lack this way


@dataclass(frozen=True)
class Motion:
    """Between two frames of one size, `earlier` and `later`: a field at 1 / FIELD_STEP of their size."""

    backward: (
        FloatArray  # (h, w, 2) px of the field: where a point of `later` was in `earlier`, relative to it
    )
    forward: FloatArray  # (h, w, 2), likewise: the reverse
    seen_before: FloatArray  # (h, w), of `later`: 0 (hidden before) to 1
    seen_after: FloatArray  # (h, w), of `earlier`: 0 (hidden after) to 1


class FlowFinder:
    """Finds motion; not to be shared between threads."""

    def __init__(self) -> None:
        """Prepare."""
        create: Any = getattr(cv2, "DISOpticalFlow_create")  # noqa: B009 - OpenCV's type stubs lack it
        self._search = create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._search.setFinestScale(0)
        self._search.setGradientDescentIterations(SEARCH_STEPS)
        self._search.setVariationalRefinementIterations(0)

    def between(self, earlier: Grey, later: Grey) -> Motion:
        """Find the motion between two frames, (h, w) uint8."""
        height, width = earlier.shape
        size = -(-width // FIELD_STEP), -(-height // FIELD_STEP)
        before, now = (cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (earlier, later))
        if min(earlier.shape) < MIN_FLOW_PX or max(before.shape) < MIN_FIELD_PX:
            still = np.zeros((*before.shape, 2), np.float32)
            light = same_light(before, now, still)
            return Motion(still, still, light, light)
        forward, backward = self._search.calc(before, now, None), self._search.calc(now, before, None)
        seen_before = _consistent(backward, forward) * same_light(now, before, backward)
        seen_after = _consistent(forward, backward) * same_light(before, now, forward)
        return Motion(backward, forward, seen_before, seen_after)


def warp(picture: FloatArray, flow: FloatArray) -> FloatArray:
    """Fetch `picture`, (h, w) or (h, w, n), from where `flow` points; its edge is repeated beyond it."""
    places = place_grid(*flow.shape[:2]) + flow
    way = cv2.INTER_LINEAR
    return np.asarray(cv2.remap(picture, places, _NO_MAP, way, borderMode=cv2.BORDER_REPLICATE), np.float32)


@lru_cache(maxsize=4)
def place_grid(height: int, width: int) -> FloatArray:
    """Return x and y of each pixel: (h, w, 2)."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return np.dstack([x, y])


def _consistent(there: FloatArray, back: FloatArray) -> FloatArray:
    """Return 1 where going there and back ends at the start, within the picture; elsewhere 0; smoothed.

    Single cells, in grain or where there is little to see, would show later as specks of another colour.
    """
    height, width = there.shape[:2]
    returned = warp(back, there)
    share, slack = THERE_AND_BACK
    gap = _squared_length(there + returned)
    limit = (_squared_length(there) + _squared_length(returned)) * np.float32(share) + np.float32(
        slack / FIELD_STEP**2
    )
    x, y = cv2.split(place_grid(height, width) + there)
    inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
    agreement = cv2.blur((gap < limit).astype(np.float32), (VISIBILITY_BLUR, VISIBILITY_BLUR))
    return np.asarray(agreement * inside, dtype=np.float32)


def _squared_length(field: FloatArray) -> FloatArray:
    """Return the squared length of each vector: (h, w)."""
    x, y = cv2.split(field)  # a sum over a last axis of 2 takes numpy five times as long
    return np.asarray(x * x + y * y, np.float32)


def same_light(here: Grey, there: Grey, flow: FloatArray, tolerance: float = SAME_LIGHT) -> FloatArray:
    """Return how alike a frame is to another one brought onto it, 0..1, whatever the exposure."""
    gap = warp(there.astype(np.float32), flow) - here
    gap -= np.median(gap[::2, ::2])  # a quarter of the points says as much
    gap = np.asarray(cv2.blur(np.abs(gap), (3, 3)), dtype=np.float32)
    return np.asarray(np.exp(-((gap / np.float32(tolerance)) ** 2)), dtype=np.float32)
