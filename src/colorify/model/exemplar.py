"""The colours of another photo as hints: where both show the same thing, it is taken to have the same colour.

Where they do is asked of the generator's own backbone, which knows things whatever their colour, by its
features at stride 16; as in M. He et al., "Deep Exemplar-based Colorization" (SIGGRAPH 2018), who ask VGG-19.
Each channel is standardised over both photos, and cells are compared by cosine. A match counts if each is the
other's nearest (T. Dekel et al., "Best-Buddies Similarity", CVPR 2015), if they are ALIKE, and if cells
around it found their matches around its match. Photos with too few matches give no hint.
"""

from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from colorify.color import lab_to_rgb
from colorify.errors import PhotoError, option
from colorify.hints import Hint
from colorify.images.decode import Source
from colorify.images.photo import MAX_PIXELS, open_photo
from colorify.model.generator import EncodedPhoto, Generator
from colorify.model.preprocess import is_colored, reduce_to_lab, reduced_size
from colorify.pixels import to_hex

FloatArray = NDArray[np.float32]
Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]

FEATURE_STRIDE_PX: Final = 16  # px of L to a cell of the features that are compared
MIN_SIMILARITY: Final = 0.5  # cosine
MIN_AGREEING_NEIGHBORS: Final = 3  # of the eight cells around, whose matches lie
MAX_MATCH_DISTANCE_CELLS: Final = 1.6  # cells or less from the match
MIN_MATCHED_SHARE: Final = (
    0.06  # of the cells of the photo; unrelated photos reached 0.026, other crops began at 0.25
)


@dataclass(frozen=True)
class Reference:
    """What a photo shows, and in which colours."""

    features: FloatArray  # (h, w, C)
    lab: FloatArray  # (h, w, 3), CIE Lab, means of its cells


def open_reference(
    source: Source, generator: Generator, *, short: int, max_pixels: int = MAX_PIXELS
) -> Reference:
    """Look at a colour photo, reduced to `short` px.

    Raises PhotoError, for a grey one too; UsageError, WeightsError.
    """
    photo = open_photo(source, max_pixels=max_pixels)
    generator.check_memory(reduced_size(photo.size, short))
    lab = reduce_to_lab(photo, short)
    if not is_colored(lab):
        raise PhotoError(f"{photo.origin.name}: has no colour. Give {option('reference')} a colour photo.")
    features = generator.encode(np.ascontiguousarray(lab[:, :, 0])).features(FEATURE_STRIDE_PX)
    h, w = features.shape[:2]
    margins = ((0, h * FEATURE_STRIDE_PX - lab.shape[0]), (0, w * FEATURE_STRIDE_PX - lab.shape[1]), (0, 0))
    cells = np.pad(lab, margins, mode="edge").reshape(h, FEATURE_STRIDE_PX, w, FEATURE_STRIDE_PX, 3)
    return Reference(features, cells.mean(axis=(1, 3)))


def find_reference_hints(
    encoded: EncodedPhoto, reference: Reference, *, photo: tuple[int, int]
) -> tuple[Hint, ...]:
    """Return hints for what the photo has in common with the reference; none if that is too little.

    `photo`: (width, height) of the upright photo, px, on which the hints are placed.
    """
    rows, columns, matched = _matches(encoded.features(FEATURE_STRIDE_PX), reference.features)
    if matched.mean() < MIN_MATCHED_SHARE:
        return ()
    height, width = encoded.L.shape
    hints = []
    for row, column in np.argwhere(matched):
        rgb = lab_to_rgb(reference.lab[rows[row, column], columns[row, column]])
        x, y = (
            min((column + 0.5) * FEATURE_STRIDE_PX / width, 1.0),
            min((row + 0.5) * FEATURE_STRIDE_PX / height, 1.0),
        )
        hints.append(Hint(min(x * photo[0], photo[0] - 1), min(y * photo[1], photo[1] - 1), to_hex(rgb)))
    return tuple(hints)


def _matches(ours: FloatArray, theirs: FloatArray) -> tuple[Indices, Indices, Mask]:
    """Return, for each cell of ours, (h, w), the row and the column of theirs, and whether it counts."""
    h, w, channels = ours.shape
    across = theirs.shape[1]
    both = [plane.reshape(-1, channels) for plane in (ours, theirs)]
    together = np.concatenate(both)
    mean, spread = together.mean(axis=0), together.std(axis=0) + 1e-6
    one, other = (_normalize((plane - mean) / spread) for plane in both)
    alike = one @ other.T
    nearest, back = alike.argmax(axis=1), alike.argmax(axis=0)
    counts = (back[nearest] == np.arange(h * w)) & (alike.max(axis=1) > MIN_SIMILARITY)
    rows, columns = (index.reshape(h, w) for index in np.divmod(nearest, across))
    return rows, columns, counts.reshape(h, w) & (_agreement(rows, columns) >= MIN_AGREEING_NEIGHBORS)


def _normalize(vectors: FloatArray) -> FloatArray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))


def _agreement(rows: Indices, columns: Indices) -> Indices:
    """Count the cells around each cell whose matches lie near its match, but not on it."""
    neighbors = np.zeros(rows.shape, np.intp)
    edge = -10  # far from everything
    wide_rows, wide_columns = (np.pad(index, 1, constant_values=edge) for index in (rows, columns))
    h, w = rows.shape
    for down, right in product((0, 1, 2), repeat=2):
        there = np.s_[down : down + h, right : right + w]
        apart = np.hypot(wide_rows[there] - rows, wide_columns[there] - columns)
        neighbors += (apart > 0) & (apart <= MAX_MATCH_DISTANCE_CELLS)
    return neighbors
