"""Where the points of a frame are in another one of its shot: the motions between, one after the other.

Colours are fetched once, from the frame that was looked at, however many frames lie between. Carried from
frame to frame they would blur a little with each.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from colorify.video.optical_flow import FIELD_STEP, OCCLUDED_WEIGHT, Grey, place_grid, same_light, warp
from colorify.video.weighted_colors import WeightedColors

FloatArray = NDArray[np.float32]

# of a weight, a frame: how soon what is farther away gives way to what is nearer
FADE_PER_FRAME: Final = 0.97
SAME_LIGHT: Final = 20.0  # of 255: how different two views of a point may be that are up to 64 frames apart
HEM_PX: Final = 3  # px of the field, side of the square in which all has to be seen where that is to be sure


@dataclass(frozen=True)
class MotionPath:
    """From a frame to another one, its origin, in a field as that of `Motion`."""

    # (h, w, 2), px of the field: where a point of the frame is in the origin, relative to it
    shift: FloatArray
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
        share = self._visible() * np.float32(FADE_PER_FRAME**self.frames)
        return WeightedColors(
            self._fetch(colors.ab), self._fetch(colors.weight) * self._enlarge(share, colors)
        )

    def carry_surely(self, colors: WeightedColors, origin: Grey, here: Grey) -> WeightedColors:
        """Return them without fading, but only where all around is seen, and as bright as it was there.

        Where one thing hides another, the flow of the one reaches a little into the other, frame by frame.
        `origin`, `here`: the luma of the cells of both frames.
        """
        rows, columns = self.seen.shape
        there, now = (
            cv2.resize(one, (columns, rows), interpolation=cv2.INTER_AREA) for one in (origin, here)
        )
        visible = cv2.erode(self._visible(), np.ones((HEM_PX, HEM_PX)))
        share = np.asarray(visible * same_light(now, there, self.shift, SAME_LIGHT), np.float32)
        return WeightedColors(
            self._fetch(colors.ab), self._fetch(colors.weight) * self._enlarge(share, colors)
        )

    def join(self, colors: WeightedColors, other: "MotionPath", others: WeightedColors) -> FloatArray:
        """Return the mean, (h, w, 2), of the `colors` of the origin and of those at the end of another way.

        By their weights as `carry` has them, but of the field: half of the work.
        """
        weight, rival = self._fading_weight(colors), other._fading_weight(others)
        share = self._enlarge(rival / np.maximum(weight + rival, np.float32(1e-9)), colors)
        ab = self._fetch(colors.ab)
        ab += share[:, :, None] * (other._fetch(others.ab) - ab)
        return ab

    def _fading_weight(self, colors: WeightedColors) -> FloatArray:
        rows, columns = self.seen.shape
        weight = cv2.resize(colors.weight, (columns, rows), interpolation=cv2.INTER_AREA)
        share = self._visible() * np.float32(FADE_PER_FRAME**self.frames)
        return np.asarray(warp(np.asarray(weight, np.float32), self.shift) * share, np.float32)

    def _fetch(self, plane: FloatArray) -> FloatArray:
        """Fetch a plane of the origin's cells from where the cells of the frame are there."""
        height, width = plane.shape[:2]
        rows, columns = self.seen.shape
        flow = cv2.resize(self.shift, (width, height), interpolation=cv2.INTER_LINEAR)
        flow *= np.array([width / columns, height / rows], np.float32)
        return warp(plane, np.asarray(flow, np.float32))

    def _enlarge(self, plane: FloatArray, colors: WeightedColors) -> FloatArray:
        size = colors.weight.shape[::-1]
        return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR), np.float32)

    def carry_coarsely(self, colors: WeightedColors) -> WeightedColors:
        """Return the same without fading, at the points of the field alone, from colours of its size."""
        weight = np.asarray(warp(colors.weight, self.shift) * self._visible(), np.float32)
        return WeightedColors(warp(colors.ab, self.shift), weight)

    def _visible(self) -> FloatArray:
        """Return how surely each point is seen in the origin: what is beyond its edge is not."""
        height, width = self.seen.shape
        x, y = cv2.split(place_grid(height, width) + self.shift)
        inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
        return np.where(inside, self.seen, np.float32(OCCLUDED_WEIGHT))
