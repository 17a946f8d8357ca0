"""The generator's colours, and over them those that a person asked for.

A generator may follow hints well or badly; a person's word counts whatever it does. So the hints are given
to it, if it follows any (see `Spec`), and afterwards the thing that a hint lies on becomes the hint's
colour, evenly: see `hint_regions`; and what the generator finds plausible elsewhere goes along: see
`hint_propagation`. This happens at the generator's scale, before ab is upsampled to the photo's.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from colorify.errors import PhotoError, option
from colorify.hints import Hint, draw_hints, number_hints
from colorify.model.alternatives import alternative_colors
from colorify.model.bilateral_grid import BilateralGrid
from colorify.model.generator import EncodedPhoto, Prediction
from colorify.model.geodesic import geodesic_distances
from colorify.model.hint_propagation import correlate, estimate_plausibility, limit, propagate_hints
from colorify.model.hint_regions import estimate_skin, fill_regions, find_regions, place_hints, spare_skin
from colorify.model.non_local_means import move_unsure
from colorify.model.postprocess import (
    calm_loud_colors,
    fade_uncertain,
    increase_chroma_contrast,
    smooth_uncertain,
)
from colorify.options import ColorOptions
from colorify.render.upsample import repeat_edges

FloatArray = NDArray[np.float32]

# cells by which a hint is larger than its region: a pixel's ab is interpolated between cells less than 1 away
MARGIN: Final = 1.0
# hints from which on each thing is taken to have some of its own (a reference gives hundreds): then ways by L
# alone will do, which is half of the work
MANY_HINTS: Final = 32


def predict_colors(encoded: EncodedPhoto, options: ColorOptions, *, photo: tuple[int, int]) -> Prediction:
    """Generate the colours of a photo, in the alternative that is wanted, and honour the hints.

    See `iterate_colorings`. Raises PhotoError for an alternative that there is not.
    """
    count = 0
    for colors in iterate_colorings(encoded, options, photo=photo):
        count += 1
        if count == options.alternative:
            return colors
    raise missing_alternative(options.alternative, count)


def missing_alternative(wanted: int, found: int) -> PhotoError:
    """Return what to raise for an alternative that there is not, where `found` there are."""
    return PhotoError(
        f"alternative {wanted}: the generator knows {found} clearly different plausible "
        f"colourings of this photo. Ask for {option('alternative', found)}."
    )


def iterate_colorings(
    encoded: EncodedPhoto, options: ColorOptions, *, photo: tuple[int, int]
) -> Iterator[Prediction]:
    """Yield the plausible colourings of a photo with the hints of `look`, each made when it is asked for.

    `encoded`: at the photo. `photo`: (width, height) of the upright photo, px, in which the hints are placed.
    The confidence stays the generator's.
    Raises UsageError for a hint outside the photo or without a colour, WeightsError after the first colouring
    of a regression.
    """
    height, width = encoded.L.shape
    generator = encoded.generator
    stride = generator.spec.stride
    small = width, height
    given = draw_hints(options.hints, photo=photo, small=small, stride=stride) if options.hints else None
    shift = encoded.unguided().agreed_shift
    colors = encoded.predict(hints=given, vividness=options.vividness)
    h, w, _ = colors.ab.shape
    L = average_cells(encoded.L, h, w, stride)
    grid = BilateralGrid(L)
    numbers = number_hints(options.hints, photo=photo, small=small, stride=stride, margin=MARGIN)

    def guided(ab: FloatArray) -> Prediction:
        ab = increase_chroma_contrast(ab, encoded.contrast * options.vividness)
        ab = calm_loud_colors(ab, 1 - options.vividness)
        ab = smooth_uncertain(ab, colors.confidence, grid)
        if options.hints:
            ab = _apply_hints(encoded, ab, L, options.hints, numbers)
        return Prediction(ab=ab, confidence=colors.confidence)

    agreed = colors.ab if shift is None else move_unsure(colors.ab, colors.confidence, shift)
    ordinary = fade_uncertain(agreed, colors.confidence, L, grid)
    yield guided(ordinary)
    likely = encoded.distribution(hints=given, vividness=options.vividness)
    others = alternative_colors(ordinary, likely, L, temperature=generator.spec.temperature)
    for ab in islice(others, 1, None):  # the first is the ordinary one; in others what is new does not fade
        yield guided(ab)


def _apply_hints(
    encoded: EncodedPhoto, ab: FloatArray, L: FloatArray, hints: Sequence[Hint], numbers: NDArray[np.intp]
) -> FloatArray:
    """Give each hint its own; `L`: of the cells; `numbers`: (h, w), as by `number_hints`."""
    left = np.unique(numbers[numbers >= 0])  # others are covered
    if not len(left):
        return ab
    wanted = np.array([hints[number].ab for number in left], np.float32)
    masks = numbers == left[:, None, None]
    unguided = encoded.unguided()
    roots = unguided.sqrt_probabilities()
    ways = geodesic_distances(masks, L)
    alike = correlate(masks, ways, roots)
    inside, share = propagate_hints(ab, masks, wanted, alike)
    if roots is not None:
        alike = alike * estimate_plausibility(wanted, masks, roots, encoded.generator.centers)
    skin = estimate_skin(unguided.prediction.ab, unguided.prediction.confidence)
    alike = alike * spare_skin(masks, skin)
    outside, _ = propagate_hints(ab, masks, wanted, alike)
    if len(left) < MANY_HINTS:
        # ways within a thing; by these, true colours would tell less of the next thing (0.2 to 0.6 dB)
        ways = geodesic_distances(masks, L, unguided.likeness.unlike_neighbors)
    reach = np.array([hints[number].reach for number in left], np.float32)
    regions = find_regions(masks, ways, unguided.likeness, skin, reach)
    # between hints that lie close together, what is interpolated from them; the rest of their things evenly
    even = fill_regions(ab, wanted, regions, ways)
    inside = limit(inside + (1 - share)[:, :, None] * (even - ab), ab, wanted)
    filled = np.isfinite(regions.max(axis=0))
    combined = np.where(filled[:, :, None], inside, outside)
    return place_hints(combined, wanted, masks)


def average_cells(L: FloatArray, h: int, w: int, stride: int) -> FloatArray:
    """Average L, (H, W), over cells of `stride` px: (h, w)."""
    cells = repeat_edges(L, h * stride, w * stride).reshape(h, stride, w, stride)
    # column by column: numpy's own mean over two axes takes six times as long
    rows = sum((cells[:, :, :, column] for column in range(1, stride)), start=cells[:, :, :, 0])
    total = sum((rows[:, row] for row in range(1, stride)), start=rows[:, 0])
    return np.asarray(total / np.float32(stride**2), dtype=np.float32)
