"""Where colour ends: true ab, reduced to the generator's scale and enlarged again in four ways.

python bench/edges.py PHOTOS                       # a folder of colour photos; figures
python bench/edges.py PHOTOS --crops edges.jpg     # also details of each photo side by side; for two or three

The generator is taken out: what is left is the error that enlarging alone makes. The L of the photo is whole,
so that the distance in ab is the whole colour difference (dE, CIE 1976).

    edges   the tenth of the pixels where true ab changes most within 3 px
    halo    where true ab is flat within 3 px, at most 8 px from such an edge: colour that leaked over it
    beyond  how far ab lies outside the range of true ab within a cell: colours that are nowhere near
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import click
import cv2
import numpy as np
import pyvips
from clock import print_machine
from numpy.typing import NDArray

from colorify.color import lab_to_rgb
from colorify.images.photo import open_photo
from colorify.pixels import pixels_to_lab, to_rgb8
from colorify.render.upsample import (
    A_A,
    A_B,
    EPSILON_L_SQUARED,
    HIGH,
    LOW,
    MEAN_A,
    MEAN_B,
    LinearChromaModel,
    box_mean,
    fit_chroma,
)

FloatArray = NDArray[np.float32]
Enlarger = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]  # small L, its ab, full L -> full ab

STRIDE: Final = 4  # px of the generator's input to a cell of its ab
EDGES: Final = 0.9  # quantile of the change of true ab
FLAT: Final = 2.0  # ab; a smaller change is none
NEAR, FAR = 3, 8  # px
CROP, ZOOM, GAP = 72, 2, 4  # px, times, px


def nearest(small_L: FloatArray, ab: FloatArray, L: FloatArray) -> FloatArray:
    scale = np.array(small_L.shape) / (np.array(L.shape) * STRIDE)
    rows, columns = (
        np.minimum(((np.arange(L.shape[axis]) + 0.5) * scale[axis]).astype(int), ab.shape[axis] - 1)
        for axis in (0, 1)
    )
    return ab[rows[:, None], columns[None, :]]


def bilinear(small_L: FloatArray, ab: FloatArray, L: FloatArray) -> FloatArray:
    planes = np.zeros((7, *ab.shape[:2]), np.float32)
    planes[MEAN_A], planes[MEAN_B] = ab[:, :, 0], ab[:, :, 1]
    return stretched(planes, small_L, L)


def fast_guided_filter(small_L: FloatArray, ab: FloatArray, L: FloatArray, *, radius: int) -> FloatArray:
    """Enlarge as K. He and J. Sun do (arXiv 1505.00996): slopes and offsets averaged over windows."""
    guide = cells(small_L[:, :, None])[:, :, 0].astype(np.float64)
    mean = box_mean(guide, radius)
    variance = box_mean(guide**2, radius) - mean**2
    planes = np.zeros((7, *ab.shape[:2]), np.float32)
    for slope, offset, target in ((A_A, MEAN_A, ab[:, :, 0]), (A_B, MEAN_B, ab[:, :, 1])):
        exact = target.astype(np.float64)
        covariance = box_mean(guide * exact, radius) - mean * box_mean(exact, radius)
        a = covariance / (variance + EPSILON_L_SQUARED)
        planes[slope] = box_mean(a, radius)
        planes[offset] = box_mean(box_mean(exact, radius) - a * mean, radius)
    planes[LOW], planes[HIGH] = 0, 100
    return stretched(planes, small_L, L)


def ours(small_L: FloatArray, ab: FloatArray, L: FloatArray) -> FloatArray:
    return stretched(fit_chroma(small_L, ab, stride=STRIDE).planes, small_L, L)


def stretched(planes: FloatArray, small_L: FloatArray, L: FloatArray) -> FloatArray:
    height, width = small_L.shape
    ab = LinearChromaModel(planes, STRIDE, (width, height)).upsample(L.shape[1], L.shape[0]).ab(L, 0)
    return np.moveaxis(ab, 0, -1)


WAYS: Final[Mapping[str, Enlarger]] = {
    "nearest": nearest,
    "bilinear": bilinear,
    "fast guided, r = 1": partial(fast_guided_filter, radius=1),
    "fast guided, r = 2": partial(fast_guided_filter, radius=2),
    "Colorify": ours,
}
MEASURES: Final = ("mean dE", "dE at edges", "99th percentile", "halo", "beyond")


@click.command()
@click.argument("photos", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--size", default=160, show_default=True, help="Short side of the generator's input, px.")
@click.option("--crops", type=click.Path(path_type=Path), help="Also write details of each photo.")
def main(photos: Path, size: int, crops: Path | None) -> None:
    """Compare ways to enlarge ab."""
    print_machine()
    paths = sorted(path for path in photos.iterdir() if path.suffix in (".jpg", ".png"))
    scores: dict[str, list[list[float]]] = {name: [] for name in WAYS}
    details = []
    for path in paths:
        lab = true_lab(path)
        results = enlarged(lab, size)
        for name, ab in results.items():
            scores[name].append(measured(ab, lab[:, :, 1:], size))
        if crops is not None:
            details.append(detail(lab, results))
    print(f"{len(paths)} photos, ab of {size / STRIDE:g} cells on the short side\n")
    print("".join([f"{'':20}", *(f"{name:>17}" for name in MEASURES)]))
    for name, rows in scores.items():
        print("".join([f"{name:20}", *(f"{value:17.2f}" for value in np.mean(rows, axis=0))]))
    wins = np.mean([a[0] < b[0] for a, b in zip(scores["Colorify"], scores["bilinear"], strict=True)])
    print(f"\nColorify nearer to the truth than bilinear (mean dE) in {100 * wins:.0f} % of the photos")
    if crops is not None:
        picture = np.concatenate(details)
        pyvips.Image.new_from_array(picture, interpretation="srgb").jpegsave(str(crops), Q=90)


def true_lab(path: Path) -> FloatArray:
    photo = open_photo(path)
    pixels = to_rgb8(photo.rows()(0, photo.size[1]))
    return pixels_to_lab(pixels)


def enlarged(lab: FloatArray, size: int) -> dict[str, FloatArray]:
    """Reduce true Lab as the generator would see it and make it, and enlarge its ab in every way."""
    height, width = lab.shape[:2]
    scale = size / min(height, width)
    small = cv2.resize(lab, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    small_L, ab = np.ascontiguousarray(small[:, :, 0]), cells(small[:, :, 1:])
    return {name: way(small_L, ab, np.ascontiguousarray(lab[:, :, 0])) for name, way in WAYS.items()}


def cells(small: FloatArray) -> FloatArray:
    """Average (h, w, n) over the cells of the generator's ab."""
    height, width, planes = small.shape
    padded = np.pad(small, ((0, -height % STRIDE), (0, -width % STRIDE), (0, 0)), mode="edge")
    return padded.reshape(-(-height // STRIDE), STRIDE, -(-width // STRIDE), STRIDE, planes).mean(axis=(1, 3))


def measured(ab: FloatArray, truth: FloatArray, size: int) -> list[float]:
    """Return MEASURES of one photo."""
    error = np.linalg.norm(ab - truth, axis=2)
    change = spread(truth, NEAR)
    edge = change >= max(np.quantile(change, EDGES), FLAT)
    near = cv2.dilate(edge.astype(np.uint8), np.ones((2 * FAR + 1, 2 * FAR + 1), np.uint8)) > 0
    leaked = error[near & (change < FLAT)]
    reach = round(STRIDE * min(truth.shape[:2]) / size)
    low, high = around(truth, reach)
    outside = np.linalg.norm(np.maximum(low - ab, 0) + np.maximum(ab - high, 0), axis=2)
    halo = leaked.mean() if leaked.size else 0.0
    return [
        float(n) for n in (error.mean(), error[edge].mean(), np.quantile(error, 0.99), halo, outside.mean())
    ]


def around(ab: FloatArray, reach: int) -> tuple[FloatArray, FloatArray]:
    window = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    return cv2.erode(ab, window), cv2.dilate(ab, window)


def spread(ab: FloatArray, reach: int) -> FloatArray:
    low, high = around(ab, reach)
    return np.asarray(np.linalg.norm(high - low, axis=2))


def detail(lab: FloatArray, results: Mapping[str, FloatArray]) -> NDArray[np.uint8]:
    """Show the place with most edges: the truth, then every way."""
    edges = cv2.boxFilter(spread(lab[:, :, 1:], NEAR), -1, (CROP, CROP))
    inner = edges[CROP // 2 : -CROP // 2, CROP // 2 : -CROP // 2]
    top, left = np.unravel_index(inner.argmax(), inner.shape)
    area = np.s_[top : top + CROP, left : left + CROP]
    tiles = []
    for ab in (lab[:, :, 1:], *results.values()):
        rgb = lab_to_rgb(np.concatenate([lab[area][:, :, :1], ab[area]], axis=-1))
        tile = np.rint(rgb * 255).astype(np.uint8).repeat(ZOOM, 0).repeat(ZOOM, 1)
        tiles.append(np.pad(tile, ((0, GAP), (0, GAP), (0, 0)), constant_values=255))
    return np.concatenate(tiles, axis=1)


if __name__ == "__main__":
    main()
