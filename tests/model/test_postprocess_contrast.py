"""Colours are moved away from their mean, and what is grey stays grey."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from colorify.model.postprocess import HALF_EFFECT_CHROMA, calm_loud_colors, increase_chroma_contrast

FloatArray = NDArray[np.float32]
COLORS = arrays(np.float32, (3, 4, 2), elements=st.floats(-110, 110, width=32))


def strips(*colors: tuple[float, float]) -> FloatArray:
    """Equal strips of each of the colours."""
    return np.repeat(np.array(colors, np.float32), 6, axis=0).reshape(1, -1, 2).repeat(4, axis=0)


def test_a_lawn_gets_greener_and_a_brick_wall_redder() -> None:
    lawn, wall = (-20.0, 30.0), (25.0, 25.0)
    made = increase_chroma_contrast(strips(lawn, wall), 0.4)
    assert made[0, 0, 0] < lawn[0] - 5
    assert made[0, -1, 0] > wall[0] + 5


def test_a_picture_of_one_colour_stays_as_it_is() -> None:
    ab = strips((20, 30))
    np.testing.assert_allclose(increase_chroma_contrast(ab, 1.0), ab, atol=1e-4)


def test_white_in_a_warm_picture_stays_white_and_a_tinge_of_warmth_leaves_it() -> None:
    ab = strips((0, 0), (1, 2), (30, 40), (30, 40))
    made = increase_chroma_contrast(ab, 0.4)
    assert np.array_equal(made[:, :6], ab[:, :6])
    before, after = (np.linalg.norm(each[0, 6]) for each in (ab, made))
    assert after < before + 1.5  # it may become as cold as it was warm, but no colour that one sees


@given(ab=COLORS)
def test_a_share_of_nothing_changes_nothing(ab: FloatArray) -> None:
    assert increase_chroma_contrast(ab, 0) is ab


def test_an_emerald_backdrop_is_emerald_no_more_and_skin_is_still_skin() -> None:
    emerald, skin, grey = (-55.0, 25.0), (14.0, 17.0), (1.0, 1.0)
    made = calm_loud_colors(strips(emerald, skin, grey), 1.0)
    kept = np.linalg.norm(made[0, ::6], axis=1) / np.linalg.norm([emerald, skin, grey], axis=1)
    assert kept[0] < 0.55
    assert kept[1] > 0.7
    assert kept[2] > 0.95
    hues = np.arctan2(*np.array([emerald, skin, grey]).T)
    np.testing.assert_allclose(np.arctan2(*made[0, ::6].T), hues, rtol=1e-5)


@given(ab=COLORS, amount=st.floats(-1, 0))
def test_who_wants_as_much_colour_or_more_loses_none(ab: FloatArray, amount: float) -> None:
    assert calm_loud_colors(ab, amount) is ab


@given(ab=COLORS, share=st.floats(0, 2))
def test_no_colour_goes_towards_the_mean_or_farther_than_its_share(ab: FloatArray, share: float) -> None:
    away, moved = ab - ab.mean(axis=(0, 1)), increase_chroma_contrast(ab, share) - ab
    chroma = np.linalg.norm(ab, axis=2, keepdims=True)
    np.testing.assert_allclose(moved, share * away * chroma / (chroma + HALF_EFFECT_CHROMA), atol=1e-2)
