"""Other plausible colourings of a photo: other modes of the generator's distribution, chosen by region.

A cell by itself knows several colours, but not which of them goes with which of its neighbour's: sampled cell
by cell, they are noise. So cells are gathered into regions of like distribution and like L (k-means; a
distribution enters by the roots of its probabilities, whose distance is Hellinger's), and a whole region goes
to another of its modes at once. Within the mode each cell keeps its own annealed mean, and so its shades. The
colourings are ranked by the likelihood of the modes that they take, by area, and each is to differ clearly
from all before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.model.generator import Distribution
from colorify.model.suggestions import clip_ab_to_gamut, find_modes
from colorify.render.upsample import box_mean

FloatArray = NDArray[np.float32]

MAX_REGIONS: Final = 8  # at most
MIN_SEED_DISTANCE_SQUARED: Final = 0.15  # squared distance between the seeds of two regions
KMEANS_ROUNDS: Final = 12  # of k-means
L_WEIGHT: Final = 1.5  # of L / 100 beside the roots of probabilities
PLACE_WEIGHT: Final = 0.3  # of x and y, as shares of the longer side
REGION_BLUR_CELLS: Final = 1  # cells around a cell over which regions are averaged
MIN_MODE_PROBABILITY: Final = 0.08  # probability of a mode within a region
MIN_REGION_CHANGE_LAB: Final = 12.0  # Lab units by which a region is to change
MIN_DIFFERENCE_LAB: Final = 15.0  # Lab units, as shown, between two colourings, over at least
MIN_DIFFERENT_SHARE: Final = 0.1  # of the photo
REGION_MIX_SHARE: Final = (
    0.3  # of the region's distribution mixed into a cell's: not every cell knows every mode
)
MAX_SWITCHED_REGIONS: Final = 3  # regions that change at once


@dataclass(frozen=True)
class _Switch:
    """One region in another of its modes."""

    region: int
    loss: float  # of log likelihood, by area
    change: FloatArray  # (h, w, 2), Lab: what it adds to ab


def alternative_colors(
    ab: FloatArray, likely: Distribution, L: FloatArray, *, temperature: float
) -> Iterator[FloatArray]:
    """Yield colourings, (h, w, 2) Lab, that differ, from the likeliest on; the first is `ab`.

    `ab`: (h, w, 2), as generated. `L`: (h, w), 0..100, of the cells. `temperature`: that of `ab`.
    """
    yield ab
    accepted = [clip_ab_to_gamut(L, ab)]
    switches = list(_switches(ab, likely, L, temperature))
    ways = [
        way
        for count in range(1, MAX_SWITCHED_REGIONS + 1)
        for way in combinations(switches, count)
        if len({switch.region for switch in way}) == count
    ]
    for way in sorted(ways, key=lambda way: sum(switch.loss for switch in way)):
        coloring = (ab + sum(switch.change for switch in way)).astype(np.float32)
        in_gamut = clip_ab_to_gamut(L, coloring)
        if all(_difference(in_gamut, other) >= MIN_DIFFERENCE_LAB for other in accepted):
            accepted.append(in_gamut)
            yield coloring


def _switches(ab: FloatArray, likely: Distribution, L: FloatArray, temperature: float) -> Iterator[_Switch]:
    p = likely.probabilities
    regions = _regions(p, L)
    for region in range(regions.shape[2]):
        weight = regions[:, :, region]
        area = float(weight.mean())
        shared = np.tensordot(weight, p, 2) / weight.sum()
        modes = find_modes(shared, likely.centers)
        masses = np.bincount(modes, shared)
        for mode in np.flatnonzero(masses >= MIN_MODE_PROBABILITY):
            mixed = (p + np.float32(REGION_MIX_SHARE) * shared)[:, :, modes == mode]
            sharp = (mixed / mixed.max(axis=2, keepdims=True)) ** (1 / temperature)
            other = sharp @ likely.centers[modes == mode] / sharp.sum(axis=2, keepdims=True)
            change = weight[:, :, None] * (other - ab)
            if np.linalg.norm(change, axis=2).sum() / weight.sum() >= MIN_REGION_CHANGE_LAB:
                yield _Switch(region, area * float(np.log(masses.max() / masses[mode])), change)


def _regions(p: FloatArray, L: FloatArray) -> FloatArray:
    """Return to which region each cell belongs, softly: (h, w, k), their sum over k is 1."""
    h, w = L.shape
    rows, columns = np.mgrid[:h, :w] / max(h, w) * PLACE_WEIGHT
    stacked = np.dstack([np.sqrt(p), L * (L_WEIGHT / 100), rows, columns])
    points = stacked.reshape(h * w, -1).astype(np.float32)
    centers = _choose_seeds(points)
    for _ in range(KMEANS_ROUNDS):
        nearest = _squared_distances(points, centers).argmin(axis=1)
        for number in np.unique(nearest):
            centers[number] = points[nearest == number].mean(axis=0)
    numbers = np.arange(len(centers))
    raw = _squared_distances(points, centers).argmin(axis=1).reshape(h, w, 1) == numbers
    clean = _smooth(raw).argmax(axis=2)[..., None] == numbers  # lone cells join those around them
    return _smooth(clean[:, :, clean.any(axis=(0, 1))])


def _choose_seeds(points: FloatArray) -> FloatArray:
    """Choose the seeds of regions: points far from each other, from the one nearest to the mean on."""
    chosen = [int(_squared_distances(points, points.mean(axis=0)[None])[:, 0].argmin())]
    apart = np.full(len(points), np.inf, np.float32)
    while len(chosen) < MAX_REGIONS:
        apart = np.minimum(apart, _squared_distances(points, points[chosen[-1]][None])[:, 0])
        if apart.max() < MIN_SEED_DISTANCE_SQUARED:
            break
        chosen.append(int(apart.argmax()))
    return np.array(points[chosen])


def _squared_distances(points: FloatArray, centers: FloatArray) -> FloatArray:
    """Return squared distances, (n, k)."""
    return np.asarray((points**2).sum(1)[:, None] - 2 * points @ centers.T + (centers**2).sum(1))


def _smooth(planes: NDArray[Any]) -> FloatArray:
    """Average (h, w, k) over the cells around each cell."""
    return box_mean(planes.transpose(2, 0, 1).astype(np.float32), REGION_BLUR_CELLS).transpose(1, 2, 0)


def _difference(one: FloatArray, other: FloatArray) -> float:
    return float(np.quantile(np.linalg.norm(one - other, axis=2), 1 - MIN_DIFFERENT_SHARE))
