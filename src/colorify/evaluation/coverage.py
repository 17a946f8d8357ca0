"""What people name first in a bad colouring: things left grey, and colour that does not fill a thing evenly.

Both are counted in cells: squares of CELL_PX x CELL_PX px whose ab is the mean of their pixels' ab.

* **left grey**: of the cells whose true chroma is over COLORED_CHROMA, the share painted under GREY_CHROMA.
* **uneven**: cells whose true colours are alike and that touch make a region. Its spread is the root of the
  mean squared distance of its cells' ab from their mean. What the painted spread exceeds the true one by, 0
  where it does not, is averaged over all regions of MIN_REGION_CELLS cells and more, weighted by their cells.
  The 0 keeps what is left grey, and so has no spread, from making up for what is blotched.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from colorify.pixels import pixels_to_lab

Pixels = NDArray[np.uint8]  # (H, W, 3), sRGB
CellColors = NDArray[np.float64]  # (h, w, 2), CIE Lab: ab

CELL_PX: Final = 4  # px of a side
COLORED_CHROMA: Final = 15.0  # Lab units: a true colour that somebody would miss
GREY_CHROMA: Final = 5.0  # Lab units
ALIKE_AB: Final = 6.0  # Lab units between the mean ab of two regions that are one
MIN_REGION_CELLS: Final = 40  # a hundredth of a picture of 256 x 256 px


@dataclass(frozen=True)
class Coverage:
    """Sums over the cells of one picture or of many."""

    colored: int = 0  # cells whose true chroma is over COLORED_CHROMA
    grey: int = 0  # of these, painted under GREY_CHROMA
    region: int = 0  # cells in regions
    excess: float = 0.0  # Lab units times cells: spread of what was painted, over the truth's

    @property
    def left_grey(self) -> float | None:
        """Share, 0..1; None where nothing is coloured."""
        return self.grey / self.colored if self.colored else None

    @property
    def uneven(self) -> float | None:
        """Lab units; None where there is no region."""
        return self.excess / self.region if self.region else None


def measure_coverage(truth: Pixels, result: Pixels) -> Coverage:
    """Compare one picture with its original of the same size."""
    true, made = average_cells(truth), average_cells(result)
    colored = np.linalg.norm(true, axis=-1) > COLORED_CHROMA
    grey = colored & (np.linalg.norm(made, axis=-1) < GREY_CHROMA)
    regions = [cells for cells in find_regions(true) if len(cells) >= MIN_REGION_CELLS]
    true_flat, made_flat = true.reshape(-1, 2), made.reshape(-1, 2)
    excess = (
        len(cells) * max(0.0, _spread(made_flat[cells]) - _spread(true_flat[cells])) for cells in regions
    )
    return Coverage(
        colored=int(colored.sum()),
        grey=int(grey.sum()),
        region=sum(len(cells) for cells in regions),
        excess=float(sum(excess)),
    )


def add_coverage(pictures: Iterable[Coverage]) -> Coverage:
    """Sum over pictures: each counts by its cells, so that one with a single coloured cell decides little."""
    listed = list(pictures)
    return Coverage(
        colored=sum(each.colored for each in listed),
        grey=sum(each.grey for each in listed),
        region=sum(each.region for each in listed),
        excess=sum(each.excess for each in listed),
    )


def average_cells(rgb: Pixels) -> CellColors:
    """Return the mean ab of each whole cell, in double precision."""
    height, width = (side - side % CELL_PX for side in rgb.shape[:2])
    lab = pixels_to_lab(rgb[:height, :width])
    cells = lab[..., 1:].reshape(height // CELL_PX, CELL_PX, width // CELL_PX, CELL_PX, 2)
    means: CellColors = cells.mean((1, 3), dtype=np.float64)
    return means


def find_regions(ab: CellColors) -> list[NDArray[np.int64]]:
    """Group cells that touch, the most alike first, while the means of two groups are within ALIKE_AB.

    Returns the flat indices of the cells of each region. That a group is known by its mean keeps a slow
    change, as across a sky, from becoming one region of many colours.
    """
    regions = _RegionMerge(ab.reshape(-1, 2))
    for one, other in _touching_pairs(ab):
        regions.merge_if_alike(one, other)
    roots = np.array([regions.find_root(cell) for cell in range(ab.shape[0] * ab.shape[1])])
    order = np.argsort(roots, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(roots[order])) + 1)


def _touching_pairs(ab: CellColors) -> list[list[int]]:
    """List the pairs of cells beside and above each other, flat indices, the most alike first."""
    cells = np.arange(ab.shape[0] * ab.shape[1]).reshape(ab.shape[:2])
    pairs = np.concatenate(
        [
            np.stack([cells[:, :-1].ravel(), cells[:, 1:].ravel()], axis=1),
            np.stack([cells[:-1].ravel(), cells[1:].ravel()], axis=1),
        ]
    )
    flat = ab.reshape(-1, 2)
    distance = np.linalg.norm(flat[pairs[:, 0]] - flat[pairs[:, 1]], axis=1)
    listed: list[list[int]] = pairs[np.argsort(distance, kind="stable")].tolist()
    return listed


class _RegionMerge:
    """Union-find over cells that knows the mean of each group. Plain lists: numpy is slow cell by cell."""

    def __init__(self, ab: NDArray[np.float64]) -> None:
        """`ab`: (cells, 2)."""
        self._parent = list(range(len(ab)))
        self._cells = [1] * len(ab)
        self._a: list[float] = ab[:, 0].tolist()
        self._b: list[float] = ab[:, 1].tolist()

    def find_root(self, cell: int) -> int:
        parent = self._parent
        while parent[cell] != cell:
            parent[cell] = parent[parent[cell]]
            cell = parent[cell]
        return cell

    def merge_if_alike(self, one: int, other: int) -> None:
        one, other = self.find_root(one), self.find_root(other)
        if one == other:
            return
        a, b = self._a[one] - self._a[other], self._b[one] - self._b[other]
        if a * a + b * b > ALIKE_AB**2:
            return
        if self._cells[one] < self._cells[other]:
            one, other, a, b = other, one, -a, -b
        cells = self._cells[one] + self._cells[other]
        share = self._cells[other] / cells
        self._a[one] -= share * a
        self._b[one] -= share * b
        self._cells[one], self._parent[other] = cells, one


def _spread(ab: NDArray[np.float64]) -> float:
    """Root of the mean squared distance from the mean. `ab`: (cells, 2)."""
    return float(np.sqrt(np.square(ab - ab.mean(0)).sum(1).mean()))
