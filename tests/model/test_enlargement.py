"""A small L is enlarged as a bicubic spline would, and stays where it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from colorify.images.photo import open_photo
from colorify.model.enlargement import GROUP, enlarge
from colorify.model.preprocess import reduce_to_scales

FloatArray = NDArray[np.float32]


def slope(height: int, width: int) -> FloatArray:
    """Return an L that falls evenly down and across, of pixel centres in shares of the sides."""
    down, across = ((np.arange(side) + 0.5) / side for side in (height, width))
    return (20 + 40 * down[:, None] + 30 * across).astype(np.float32)


@pytest.mark.parametrize(("small", "large"), [((40, 30), (160, 47)), ((9, 200), (10, 3 * GROUP + 41))])
def test_what_rises_evenly_rises_evenly_at_the_same_places(
    small: tuple[int, int], large: tuple[int, int]
) -> None:
    made, expected = enlarge(slope(*small), large[1], large[0]), slope(*large)
    down, across = (int(2.5 * new / old) for old, new in zip(small, large, strict=True))
    within = np.s_[down:-down, across:-across]
    np.testing.assert_allclose(made[within], expected[within], atol=1e-3)


@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 90), st.integers(0, 90))
def test_any_size_from_one_pixel_on(height: int, width: int, more: int, wider: int) -> None:
    L = np.random.default_rng(4).uniform(0, 100, (height, width)).astype(np.float32)
    made = enlarge(L, width + wider, height + more)
    assert made.shape == (height + more, width + wider)
    assert made.dtype == np.float32
    assert made.flags.c_contiguous
    assert made.min() >= 0
    assert made.max() <= 100
    if not (more or wider):
        np.testing.assert_allclose(made, L, atol=1e-4)


def test_what_is_flat_stays_flat() -> None:
    np.testing.assert_allclose(enlarge(np.full((7, 5), 63, np.float32), 50, 70), 63, atol=1e-4)


def test_an_edge_overshoots_as_a_cubic_does() -> None:
    """A third of the way between two pixels, Keys's kernel has -2/27, 21/27, 9/27, -1/27."""
    L = np.tile(np.repeat(np.array([30, 70], np.float32), 8), (4, 1))
    (row, *_) = enlarge(L, 48, 4)
    assert row[[20, 23]] == pytest.approx([30 - 40 / 27, 30 + 40 * 8 / 27], abs=1e-3)


def test_a_small_photo_is_seen_at_each_scale_as_what_it_has() -> None:
    """Enlarged to the first, reduced to the last; the colour is looked for in what there is."""
    photo = open_photo(np.random.default_rng(1).integers(0, 255, (60, 80, 3)).astype(np.uint8))
    seen = reduce_to_scales(photo, (120, 60, 30))
    assert [each.L.shape for each in seen] == [(120, 160), (60, 80), (30, 40)]
    assert all(each.was_colored for each in seen)
    np.testing.assert_array_equal(seen[0].L, enlarge(seen[1].L, 160, 120))
