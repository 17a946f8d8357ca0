"""Enlarged ab lies where it belongs, follows the edges of L, and makes no halos."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from colorify.images.photo import open_photo
from colorify.render.upsample import fit_chroma, interpolation_taps, repeat_edges, upsample_rows

STRIDE = 4


def enlarged(
    L: NDArray[Any], ab: NDArray[Any], full: NDArray[Any], strength: float = 1.0
) -> NDArray[np.float32]:
    """ab of the full L, (H, W, 2), from a fit at the small one."""
    chroma = fit_chroma(L.astype(np.float32), ab.astype(np.float32), stride=STRIDE).scale(strength)
    height, width = full.shape
    return np.moveaxis(chroma.upsample(width, height).ab(full.astype(np.float32), 0), 0, -1)


def cells(plane: NDArray[Any]) -> NDArray[Any]:
    """Average over the cells of the generator's output."""
    h, w = plane.shape[0] // STRIDE, plane.shape[1] // STRIDE
    return plane.reshape(h, STRIDE, w, STRIDE, *plane.shape[2:]).mean(axis=(1, 3))


def test_one_colour_stays_one_colour() -> None:
    random = np.random.default_rng(0)
    L, full = random.uniform(0, 100, (32, 48)), random.uniform(0, 100, (160, 240))
    ab = np.broadcast_to([12.0, -30.0], (8, 12, 2))
    np.testing.assert_allclose(enlarged(L, ab, full), np.broadcast_to([12, -30], (160, 240, 2)), atol=1e-3)


def test_strength_multiplies() -> None:
    random = np.random.default_rng(0)
    L, ab = random.uniform(0, 100, (32, 32)), random.uniform(-40, 40, (8, 8, 2))
    full = random.uniform(0, 100, (100, 90))
    np.testing.assert_allclose(enlarged(L, ab, full, 0.5), 0.5 * enlarged(L, ab, full), atol=1e-3)
    assert np.all(enlarged(L, ab, full, 0.0) == 0)


@pytest.mark.parametrize("factor", [1, 2, 3, 8, 12.5])
@pytest.mark.parametrize("size", [(64, 64), (61, 67), (33, 30)])
def test_a_ramp_of_colour_stays_in_its_place(factor: float, size: tuple[int, int]) -> None:
    """Nothing moves, by not even a tenth of a pixel of the small picture: centre lies on centre."""
    h, w = size
    height, width = round(h * factor), round(w * factor)
    rows, columns = -(-h // STRIDE), -(-w // STRIDE)
    x = (np.arange(columns) + 0.5) * STRIDE  # where the cells lie, px of the small picture
    y = (np.arange(rows) + 0.5) * STRIDE
    ab = np.stack(np.broadcast_arrays(x[None, :], y[:, None]), axis=-1)
    result = enlarged(np.full(size, 50.0), ab, np.full((height, width), 50.0))
    truth_x = (np.arange(width) + 0.5) * w / width
    truth_y = (np.arange(height) + 0.5) * h / height
    across = (truth_x > x[0]) & (truth_x < x[-1])
    down = (truth_y > y[0]) & (truth_y < y[-1])
    np.testing.assert_allclose(result[0, across, 0], truth_x[across], atol=0.02)
    np.testing.assert_allclose(result[down, 0, 1], truth_y[down], atol=0.02)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize(("width", "height"), [(512, 384), (1000, 700), (801, 1203)])
def test_the_small_picture_lies_on_the_large_one(
    tmp_path: Path, suffix: str, width: int, height: int
) -> None:
    """What libvips shrinks, by its own loaders where they can, and what we enlarge, are in the same place."""
    y, x = np.mgrid[:height, :width]
    plane = 128 + 60 * np.sin(x / 60) + 50 * np.cos(y / 70)
    path = tmp_path / f"waves{suffix}"
    pyvips.Image.new_from_array(plane.astype(np.uint8)).copy(interpretation="b-w").write_to_file(str(path))
    w, h = width // 8, height // 8
    small = open_photo(path).shrink(w, h)[:, :, 0].astype(np.float32)
    result = upsample_rows(
        small[:, None, :],
        interpolation_taps(height, h, h / height),
        interpolation_taps(width, w, w / width),
        0,
        height,
    )[0]

    def error(shift_x: int, shift_y: int) -> float:
        moved = np.roll(result, (shift_y, shift_x), axis=(0, 1))
        return float(np.abs(moved - plane)[50:-50, 50:-50].mean())

    best = min(((x, y) for x in range(-3, 4) for y in range(-3, 4)), key=lambda shift: error(*shift))
    assert best == (0, 0)  # of pixels of the large picture


def test_colour_ends_where_the_edge_is() -> None:
    """A dark red half beside a bright blue one: the border of colour is as sharp as that of light."""
    full = np.where(np.arange(320) < 160 + 7, 30.0, 80.0)[None, :].repeat(240, axis=0)
    truth = np.where(full[..., None] < 50, [40.0, 20.0], [-5.0, -40.0])
    L = full.reshape(60, 4, 80, 4).mean(axis=(1, 3))
    ab = cells(truth.reshape(60, 4, 80, 4, 2).mean(axis=(1, 3)))
    found = enlarged(L, ab, full)
    plain = enlarged(np.full_like(L, 50), ab, np.full_like(full, 50))  # no guide: bilinear
    error, plain_error = np.abs(found - truth), np.abs(plain - truth)
    assert error.mean() < 0.75 * plain_error.mean()
    assert found.max() <= truth.max() + 6  # no halo on either side
    assert found.min() >= truth.min() - 6


@given(seed=st.integers(0, 2**32 - 1), grain=st.sampled_from([0.0, 3.0, 30.0]))
@settings(max_examples=40, deadline=None)
def test_ab_never_leaves_the_range_around_it_by_much(seed: int, grain: float) -> None:
    random = np.random.default_rng(seed)
    L = np.clip(
        np.kron(random.uniform(0, 100, (8, 8)), np.ones((8, 8))) + random.normal(0, grain, (64, 64)), 0, 100
    )
    ab = random.uniform(-60, 60, (16, 16, 2))
    full = np.clip(np.kron(L, np.ones((3, 3))) + random.normal(0, 20, (192, 192)), 0, 100)
    found = enlarged(L, ab, full)
    span = ab.max() - ab.min()
    assert found.max() <= ab.max() + 0.25 * span
    assert found.min() >= ab.min() - 0.25 * span


def test_reduced_again_it_is_what_the_generator_made() -> None:
    y, x = np.mgrid[:64, :96]
    L = 50 + 30 * np.sin(x / 9) * np.cos(y / 7)
    ab = cells(np.stack([30 * np.sin(x / 20), 25 * np.cos(y / 15)], axis=-1))
    found = cells(enlarged(L, ab, L))
    assert np.abs(found - ab)[1:-1, 1:-1].max() < 2.5


def test_rows_do_not_depend_on_where_strips_begin() -> None:
    random = np.random.default_rng(0)
    L, ab = random.uniform(0, 100, (30, 41)), random.uniform(-50, 50, (8, 11, 2))
    full = random.uniform(0, 100, (101, 133)).astype(np.float32)
    whole = fit_chroma(L.astype(np.float32), ab.astype(np.float32), stride=STRIDE).upsample(133, 101)
    expected = whole.ab(full, 0)
    for rows in (1, 7, 100):
        parts = [whole.ab(full[top : top + rows], top) for top in range(0, 101, rows)]
        np.testing.assert_allclose(np.concatenate(parts, axis=1), expected, atol=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (3, 5)])
def test_the_smallest_pictures(size: tuple[int, int]) -> None:
    ab = np.full((-(-size[0] // STRIDE), -(-size[1] // STRIDE), 2), 17.0)
    np.testing.assert_allclose(enlarged(np.full(size, 40.0), ab, np.full(size, 40.0)), 17, atol=1e-3)


@pytest.mark.parametrize("beyond", [(0, 0), (3, 0), (0, 2), (1, 3)])
def test_edges_are_repeated_as_numpy_does_it(beyond: tuple[int, int]) -> None:
    plane = np.arange(12, dtype=np.float32).reshape(3, 4)
    expected = np.pad(plane, [(0, side) for side in beyond], mode="edge")
    np.testing.assert_array_equal(repeat_edges(plane, 3 + beyond[0], 4 + beyond[1]), expected)
