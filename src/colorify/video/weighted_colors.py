"""What is known of the colours of a frame, each with its weight: joined, and carried along the motion."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from colorify.model.generator import Prediction
from colorify.video.optical_flow import OCCLUDED_WEIGHT, warp

FloatArray = NDArray[np.float32]

# of a weight, a frame: how soon what the motion smeared gives way to what a look says of the place. The hue
# of a thing does not hang on it: see `shot_colors`
DECAY_PER_FRAME: Final = 0.97
MIN_WEIGHT: Final = 0.05  # of confidence: nobody is to have no say at all


@dataclass(frozen=True)
class WeightedColors:
    """What is known of the colours of a frame, in cells."""

    ab: FloatArray  # (h, w, 2)
    weight: FloatArray  # (h, w)

    def join(self, other: "WeightedColors | None") -> "WeightedColors":
        """Return the mean of both, by their weights."""
        if other is None:
            return self
        weight = self.weight + other.weight
        share = (other.weight / np.maximum(weight, np.float32(1e-9)))[:, :, None]
        return WeightedColors(np.asarray(self.ab + share * (other.ab - self.ab), np.float32), weight)

    def carry(self, flow: FloatArray, seen: FloatArray) -> "WeightedColors":
        """Return what it is of a frame whose cells were, in this one, where `flow` points, if `seen` here."""
        weight = warp(self.weight, flow) * (
            np.float32(DECAY_PER_FRAME) * np.maximum(seen, np.float32(OCCLUDED_WEIGHT))
        )
        return WeightedColors(warp(self.ab, flow, sharp=True), np.asarray(weight, np.float32))


def weigh_prediction(colors: Prediction) -> WeightedColors:
    """Return what the generator says of a frame, in cells, with its confidence as the weight."""
    return WeightedColors(colors.ab, np.maximum(colors.confidence, np.float32(MIN_WEIGHT)))
