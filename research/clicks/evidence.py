"""What is known of a click before the network is asked: the rule's evidence, and what the generator sees."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

import colorify.model.generator
from colorify.model import hint_regions
from colorify.model.generator import EncodedPhoto, Generator
from colorify.model.likeness import COMPONENTS
from colorify.model.predict import average_cells

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

STRIDES: Final = (4, 8, 16, 32)  # px of L to a cell of the features
STRIDE: Final = STRIDES[0]
PLANES: Final = 5 + COMPONENTS  # of a photo
EVIDENCE: Final = 9  # planes of a click
RULE: Final = 3  # which of them is what the rule says


def open_generator() -> Generator:
    """Return the embedded generator on one thread, without the agreement of colours, which nobody asks here."""
    colorify.model.generator.find_agreed_shift = lambda *_, **__: None  # type: ignore[assignment]
    return Generator(threads=1, device="cpu")


@dataclass(frozen=True)
class Look:
    """One photo before the generator."""

    encoded: EncodedPhoto

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        return self.encoded.cells

    @property
    def L(self) -> FloatArray:
        """Of the cells, (h, w)."""
        return average_cells(self.encoded.L, *self.shape, STRIDE)

    @property
    def skin(self) -> FloatArray:
        """How likely each cell is skin, (h, w)."""
        made = self.encoded.unguided().prediction
        return hint_regions.estimate_skin(made.ab, made.confidence)

    def planes(self) -> FloatArray:
        """Return (h, w, PLANES): L, the colours without hints, their confidence, skin, whitened logits."""
        made = self.encoded.unguided()
        whitened = np.zeros((*self.shape, COMPONENTS), np.float32)
        for level in made.likeness._levels:
            if level.down is None:  # that of the logits
                whitened[:, :, : level.vectors.shape[2]] = level.vectors
        ab, confidence = made.prediction.ab, made.prediction.confidence
        known = [self.L / 50 - 1, ab[:, :, 0] / 30, ab[:, :, 1] / 30, confidence * 2 - 1, self.skin * 2]
        return np.concatenate([np.stack(known, axis=2), whitened * 3], axis=2)

    def features(self) -> list[FloatArray]:
        """Return the backbone's, (h', w', C) each, of STRIDES."""
        return [self.encoded.features(stride) for stride in STRIDES]

    def weigh(self, masks: Mask, distance: FloatArray, rule: FloatArray) -> FloatArray:
        """Return what is known of clicks: (k, h, w, EVIDENCE). `rule`: as by `find_regions`, -inf outside."""
        made, L, regions = self.encoded.unguided(), self.L, np.isfinite(rule)
        ab = made.prediction.ab
        first, second = made.likeness.of(masks), made.likeness.of(regions)
        more = hint_regions.compare_skin(masks, self.skin)
        at = [(L[mask].mean(), ab[mask].mean(axis=0)) for mask in masks]
        darker = np.stack([L - there for there, _ in at])
        other = np.stack([np.linalg.norm(ab - color, axis=2) for _, color in at])
        said = np.clip(np.maximum(rule, -4), -4, 4) / 2
        planes = [first / 3, second / 3, distance * 2 - 1, said, regions * 2.0 - 1, more, masks * 3.0]
        return np.stack([*planes, darker / 25, other / 15], axis=-1).astype(np.float32)
