"""What is known of the colours of a frame, each with its weight."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from colorify.model.generator import Prediction

FloatArray = NDArray[np.float32]

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

    def resize(self, size: tuple[int, int]) -> "WeightedColors":
        """Return the same in fewer cells, (width, height)."""
        ab, weight = (cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (self.ab, self.weight))
        return WeightedColors(np.asarray(ab, np.float32), np.asarray(weight, np.float32))


def weigh_prediction(colors: Prediction) -> WeightedColors:
    """Return what the generator says of a frame, in cells, with its confidence as the weight."""
    return WeightedColors(colors.ab, np.maximum(colors.confidence, np.float32(MIN_WEIGHT)))
