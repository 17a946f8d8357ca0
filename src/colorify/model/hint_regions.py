"""The thing that a hint lies on: which cells of the photo one click is meant for.

Whether a cell belongs to it is a sum of evidence, in logits (0: as likely as not):

* how alike the generator takes the cell and the hint for: see `likeness`;
* minus how far it is by ways on which L and what the generator sees change slowly, see `geodesic`; where none
  leads, it does not belong;
* minus how much more likely it is skin, which is told best by the colour that it is given without hints, and
  which must not turn green with a dress. But half of a skirt may be painted so, too: what is near by its way,
  and much more like the thing than like the surest skin of the photo, is part of the thing.

This is asked twice: first from the hint alone, then from all that was sure to belong to it, which knows folds
and shadows that the hint does not lie on. Then each cell and the eight around it are averaged. Of the cells
for which more speaks than against, those that hang together with the hint are its region; and what is surely
the same thing and touches it, over a seam, a belt or a shadow that no way crosses. Hints compete: a
cell is that one's for which most speaks, so that a neutral hint protects what it lies on, and two on one
thing share it.

How much has to speak for a cell is the person's to say, too: a hint's `reach` lowers or raises it.

Found on 60 photos: 30 of people whose garments are labelled (CCP), 30 of COCO, BSDS and others with a thing
of a clear colour. docs/guided.md has what `bench/hints.py` says of 60 others, research/measurements.md the
methods that were compared.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from colorify.model.likeness import Likeness
from colorify.render.upsample import box_mean

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

DISTANCE_WEIGHT: Final = 2.7  # logits of the whole geodesic distance
SKIN_WEIGHT: Final = 3.0  # logits of a cell that is surely skin, where the hint surely is not
MORE_SKIN: Final = 0.5  # by which a cell may be likelier skin than the hint's place, and still belong
FIRST_LIKENESS, SECOND_LIKENESS = 0.8, 1.1  # logits against all: what is asked of a cell at first, and then
# Painted like skin, and a part of the thing all the same: logits by which it is more like the thing than like
# what is surely skin, and how far it is at most by its way. So many cells show what skin is in this photo.
OWN_LOGITS, OWN_DISTANCE = 1.5, 0.3
SURE_SKIN, MIN_SKIN_CELLS = 0.8, 4
SURE_LIKENESS: Final = 3.1  # of a cell to which no way needs to lead
# By which a cell is likelier skin that gets less of a hint on another thing, and none of it; with 0 and
# MORE_SKIN one true colour would be worth 0.02 dB less
SPARED_SKIN: Final = (0.6, 0.9)
MAX_EVIDENCE: Final = 4.0  # logits; beyond, a cell says no more about its neighbours
REACH_LOGITS: Final = 2.0  # by which less is asked of all cells where a hint's reach is 1
SHARED_LOGITS: Final = 1.5  # logits by which another hint may be the likelier one, so that they mix
# Skin by the colours that it is given: hue in radians, its standard deviation, and from which chroma and
# which confidence on it is full evidence
SKIN_HUE, SKIN_HUE_SPREAD = np.radians(50), np.radians(15)
SKIN_CHROMA, SKIN_CONFIDENCE = 15.0, 0.4
MIX_SHARPNESS: Final = 2.0  # how fast the likelier of two hints prevails, a logit
NEARNESS_POWER, STEP = 4, 0.01  # and the nearer: power of its distance, to which STEP is added


def estimate_skin(ab: FloatArray, confidence: FloatArray) -> FloatArray:
    """Return how likely each cell is skin, (h, w), 0..1. `ab`: (h, w, 2), without hints."""
    away = np.angle(np.exp(1j * (np.arctan2(ab[:, :, 1], ab[:, :, 0]) - SKIN_HUE)))
    chroma = np.clip(np.hypot(ab[:, :, 0], ab[:, :, 1]) / SKIN_CHROMA, 0, 1)
    sure = np.clip(confidence / SKIN_CONFIDENCE, 0, 1)
    return np.asarray(np.exp(-((away / SKIN_HUE_SPREAD) ** 2)) * chroma * sure, np.float32)


def find_regions(
    masks: Mask, distance: FloatArray, likeness: Likeness, skin: FloatArray, reach: FloatArray | None = None
) -> FloatArray:
    """Return what speaks for each cell's belonging to each hint, in logits: (k, h, w); none: -inf.

    `masks`: (k, h, w), where each hint is, no two at one place and none empty. `distance`: of the cells from
    them, (k, h, w), 0..1. `skin`: (h, w), 0..1. `reach`: of each hint, (k,), -1..1; None: 0.
    """
    asked = np.float32(0) if reach is None else -REACH_LOGITS * reach[:, None, None]
    more = compare_skin(masks, skin)
    against = np.where((more > MORE_SKIN) & ~masks, np.inf, SKIN_WEIGHT * np.maximum(more, 0))
    far = np.where((distance >= 1) & ~masks, np.inf, DISTANCE_WEIGHT * distance)
    first = likeness.of(masks) - against - far - FIRST_LIKENESS
    sure = connect((first > asked) & (first >= first.max(axis=0)), masks)
    alike = likeness.of(sure)
    true_skin = (skin > SURE_SKIN) & (distance.min(axis=0) >= OWN_DISTANCE)
    if true_skin.sum() >= MIN_SKIN_CELLS:
        own = (alike - likeness.of(true_skin[None]) > OWN_LOGITS) & (distance < OWN_DISTANCE)
        against = np.where(own, 0, against)
    second = alike - against
    evidence = _average(second - far - SECOND_LIKENESS, against)
    near = (evidence > asked) & (evidence >= evidence.max(axis=0) - SHARED_LOGITS)
    regions = connect(near, masks)
    if likeness.known:
        surely = _average(second - SURE_LIKENESS, against)
        evidence = np.maximum(evidence, surely)
        surely_near = (surely > asked) & (evidence >= evidence.max(axis=0) - SHARED_LOGITS)
        regions = _join(regions, surely_near)
    return np.where(regions, evidence, -np.inf).astype(np.float32)


def compare_skin(masks: Mask, skin: FloatArray) -> FloatArray:
    """Return how much likelier skin each cell is than where each hint is: (k, h, w), -1..1."""
    at_hints = np.tensordot(masks.astype(np.float32), skin, ((1, 2), (0, 1))) / masks.sum(axis=(1, 2))
    return np.asarray(skin - at_hints[:, None, None], np.float32)


def spare_skin(masks: Mask, skin: FloatArray) -> FloatArray:
    """Return how much of each hint may go beyond its thing, (k, h, w): none onto skin, if not from it."""
    least, most = SPARED_SKIN
    return np.asarray(np.clip((most - compare_skin(masks, skin)) / (most - least), 0, 1))


def _average(evidence: FloatArray, against: FloatArray) -> FloatArray:
    """Average each cell and those around it; where something is infinitely against a cell, it stays so.

    One cell alone is often mistaken: a dot on the cloth, a spot of light.
    """
    around = box_mean(np.clip(evidence, -MAX_EVIDENCE, MAX_EVIDENCE), 1)
    return np.where(np.isinf(against), -np.inf, around)


def _join(regions: Mask, others: Mask) -> Mask:
    """Return the regions, each with what of the others it reaches over gaps of up to two cells."""
    joined = regions | others
    wide = box_mean(joined.astype(np.float32), 1) > 0
    return connect(wide, regions) & joined


def fill_regions(
    ab: FloatArray, hint_ab: FloatArray, regions: FloatArray, distance: FloatArray
) -> FloatArray:
    """Return `ab` with each region in the colour of its hint, evenly; what several share is mixed.

    `ab`: (h, w, 2). `hint_ab`: (k, 2). `regions`: as by `find_regions`. `distance`: (k, h, w), 0..1.
    """
    most = regions.max(axis=0)
    filled = np.isfinite(most)
    weights = np.exp(MIX_SHARPNESS * (regions - np.where(filled, most, 0)))
    weights *= (distance + STEP) ** -NEARNESS_POWER
    mixed = np.tensordot(weights, hint_ab, (0, 0)) / np.maximum(weights.sum(axis=0), 1e-9)[:, :, None]
    return np.asarray(np.where(filled[:, :, None], mixed, ab), np.float32)


def place_hints(ab: FloatArray, hint_ab: FloatArray, masks: Mask) -> FloatArray:
    """Return `ab` with each hint where it was put, whatever there is."""
    placed = ab.copy()
    number, *place = np.nonzero(masks)
    placed[*place] = hint_ab[number]
    return placed


def connect(masks: Mask, seeds: Mask) -> Mask:
    """Return what of each mask hangs together with its seed, which is part of it: (k, h, w).

    Cells hang together across their sides: as runs in a row, and these across the rows. Of many masks most
    cells are outside, and cost nothing.
    """
    inside = masks | seeds
    _, h, w = inside.shape
    cells = np.flatnonzero(inside)
    runs = ((np.diff(cells, prepend=-2) > 1) | (cells % w == 0)).cumsum() - 1
    upper = np.flatnonzero(cells // w % h < h - 1)
    lower = np.minimum(np.searchsorted(cells, cells[upper] + w), len(cells) - 1)
    linked = cells[lower] == cells[upper] + w
    above, below = np.unique(np.stack([runs[upper[linked]], runs[lower[linked]]]), axis=1)
    reached = np.zeros(int(runs[-1]) + 1, bool)
    reached[runs[seeds.ravel()[cells]]] = True
    while (apart := reached[above] != reached[below]).any():
        reached[above[apart]] = reached[below[apart]] = True
    result = np.zeros(inside.size, bool)
    result[cells] = reached[runs]
    return result.reshape(inside.shape)
