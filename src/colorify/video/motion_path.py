"""Where the points of a frame are in another one of its shot: the motions between, one after the other.

Colours are fetched once, from the frame that was looked at, however many frames lie between. Carried from
frame to frame they would blur a little with each.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from colorify.video.optical_flow import FIELD_STEP, OCCLUDED_WEIGHT, place_grid, warp
from colorify.video.weighted_colors import WeightedColors

FloatArray = NDArray[np.float32]

# of a weight, a frame: how soon what is farther away gives way to what is nearer
FADE_PER_FRAME: Final = 0.97
HEM_PX: Final = 3  # px of the field, side of the square in which all has to be seen where that is to be sure


@dataclass(frozen=True)
class MotionPath:
    """From a frame to another one, its origin, in a field as that of `Motion`."""

    shift: (
        FloatArray  # (h, w, 2), px of the field: where a point of the frame is in the origin, relative to it
    )
    seen: FloatArray  # (h, w), 0..1: how surely it is seen there and all the way
    frames: int  # how far away the origin is

    @classmethod
    def begin(cls, cells: tuple[int, int]) -> "MotionPath":
        """Return the way of a frame of so many cells, across and down, to itself."""
        width, height = (-(-side // FIELD_STEP) for side in cells)
        return cls(np.zeros((height, width, 2), np.float32), np.ones((height, width), np.float32), 0)

    def extend(self, flow: FloatArray, seen: FloatArray) -> "MotionPath":
        """Return the way of a neighbour of the frame, whose points are in the frame where `flow` points.

        `seen`: (h, w), how surely they are seen there.
        """
        least = np.minimum(warp(self.seen, flow), np.maximum(seen, np.float32(OCCLUDED_WEIGHT)))
        return MotionPath(flow + warp(self.shift, flow), np.asarray(least, np.float32), self.frames + 1)

    def carry(self, colors: WeightedColors) -> WeightedColors:
        """Return the colours of the origin at the cells of the frame, fading with the distance."""
        return self._carry(colors, self._visible() * np.float32(FADE_PER_FRAME**self.frames))

    def carry_surely(self, colors: WeightedColors) -> WeightedColors:
        """Return them without fading, but only where also what is around is seen.

        Where one thing hides another, the flow of the one reaches a little into the other.
        """
        return self._carry(
            colors, np.asarray(cv2.erode(self._visible(), np.ones((HEM_PX, HEM_PX))), np.float32)
        )

    def _carry(self, colors: WeightedColors, share: FloatArray) -> WeightedColors:
        height, width = colors.weight.shape
        rows, columns = self.seen.shape
        scale = np.array([width / columns, height / rows], np.float32)
        flow, wide = (
            np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
            for plane in (self.shift * scale, share)
        )
        return _warp_colors(colors, flow, wide)

    def carry_coarsely(self, colors: WeightedColors) -> WeightedColors:
        """Return the same without fading, at the points of the field alone, from colours of its size."""
        return _warp_colors(colors, self.shift, self._visible())

    def _visible(self) -> FloatArray:
        """Return how surely each point is seen in the origin: what is beyond its edge is not."""
        height, width = self.seen.shape
        x, y = cv2.split(place_grid(height, width) + self.shift)
        inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
        return np.where(inside, self.seen, np.float32(OCCLUDED_WEIGHT))


def _warp_colors(colors: WeightedColors, flow: FloatArray, share: FloatArray) -> WeightedColors:
    weight = warp(colors.weight, flow) * share
    return WeightedColors(warp(colors.ab, flow), np.asarray(weight, np.float32))
