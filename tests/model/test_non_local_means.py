"""What the generator takes for one thing gets one colour, near or not; other things keep theirs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from colorify.model.non_local_means import (
    ALL_CONFIDENCE,
    MAX_SOURCES,
    NONE_CONFIDENCE,
    agree_on_logits,
    average_blocks,
    choose_sources,
    find_agreed_shift,
    move_unsure,
)

FloatArray = NDArray[np.float32]
OTHERS = 20  # colours of which the generator thinks little, and that differ from cell to cell
CENTERS = np.array([[0, 0], [40, 20], [-5, -40], [-30, 30], *[[0, 0]] * OTHERS], np.float32)
GREY, RED, BLUE, GREEN = range(4)
TEMPERATURE = 0.38


def decode(logits: FloatArray) -> FloatArray:
    likely = np.exp((logits - logits.max(axis=2, keepdims=True)) / TEMPERATURE)
    return np.asarray(likely @ CENTERS / likely.sum(axis=2, keepdims=True))


def think(bins: NDArray[np.intp], logit: float = 3.0) -> FloatArray:
    """Return the logits of a generator that thinks so of each cell."""
    rng = np.random.default_rng(5)
    others = rng.normal(-8, 1, (*bins.shape, OTHERS))
    return np.concatenate([logit * np.eye(4)[bins], others], axis=2).astype(np.float32)


def see(things: NDArray[np.intp]) -> dict[int, FloatArray]:
    """Return the features of a backbone that tells things apart."""
    return {
        stride: np.eye(2, dtype=np.float32)[things[:: stride // 4, :: stride // 4]] for stride in (16, 32)
    }


def agree(logits: FloatArray, confidence: FloatArray, things: NDArray[np.intp]) -> FloatArray:
    ab = decode(logits)
    shift = find_agreed_shift(logits, confidence, see(things), ab, CENTERS, temperature=TEMPERATURE, stride=4)
    assert shift is not None
    return move_unsure(ab, confidence, shift)


def scene(side: int = 48) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """A thing on the left, another on the right, and what is thought of them."""
    things = np.zeros((side, side), int)
    things[:, side // 2 :] = 1
    return things, np.where(things == 1, GREEN, BLUE)


def test_a_stain_on_a_thing_takes_the_colour_of_the_thing() -> None:
    things, bins = scene()
    bins[8:16, 4:12] = RED
    confidence = np.full(bins.shape, 0.3, np.float32)
    made = agree(think(bins, 1.5), confidence, things)
    stain, plain = decode(think(bins, 1.5))[11, 7], decode(think(bins, 1.5))[30, 7]
    assert np.linalg.norm(made[11, 7] - plain) < 0.5 * np.linalg.norm(stain - plain)


def test_what_a_teacher_says_of_a_stain_is_what_its_picture_shows() -> None:
    things, bins = scene()
    bins[8:16, 4:12] = RED
    confidence = np.full(bins.shape, 0.3, np.float32)
    confidence[32:] = NONE_CONFIDENCE
    logits = think(bins, 1.5)
    said = agree_on_logits(logits, confidence, see(things), stride=4)
    shown = agree(logits, confidence, things)
    away = np.linalg.norm(decode(logits)[11, 7] - shown[11, 7])
    assert np.linalg.norm(decode(said)[11, 7] - shown[11, 7]) < 0.2 * away
    np.testing.assert_array_equal(said[32:], logits[32:])
    nothing = np.ones_like(logits)
    np.testing.assert_array_equal(agree_on_logits(nothing, confidence, {}, stride=4), nothing)


def test_another_thing_keeps_its_colour() -> None:
    things, bins = scene()
    logits = think(bins)
    made = agree(logits, np.full(bins.shape, 0.2, np.float32), things)
    np.testing.assert_allclose(made[:, :18], decode(logits)[:, :18], atol=2)
    np.testing.assert_allclose(made[:, 30:], decode(logits)[:, 30:], atol=2)


def test_the_surer_part_convinces_the_unsure_one() -> None:
    things, bins = scene()
    bins[:24, :24] = RED  # half of the thing on the left
    for sure_bin, sure in ((RED, np.s_[:24]), (BLUE, np.s_[24:])):
        confidence = np.full(bins.shape, 0.2, np.float32)
        confidence[sure] = 0.55
        made = agree(think(bins, 1.0), confidence, things)
        unsure = made[36, 8] if sure_bin == RED else made[12, 8]
        away = np.linalg.norm(CENTERS[[RED, BLUE]] - unsure, axis=1)
        assert away.argmin() == [RED, BLUE].index(sure_bin)


def test_what_the_generator_is_sure_of_stays_to_the_last_bit() -> None:
    things, bins = scene()
    logits = think(bins, 1.0)
    confidence = np.full(bins.shape, NONE_CONFIDENCE, np.float32)
    np.testing.assert_array_equal(agree(logits, confidence, things), decode(logits))


def test_shades_within_a_block_stay() -> None:
    """Only the mean of 2 x 2 cells moves: what is finer is the generator's."""
    things, bins = scene()
    bins[1::2, 1::2] = RED
    logits = think(bins)
    made, before = agree(logits, np.full(bins.shape, ALL_CONFIDENCE, np.float32), things), decode(logits)
    fine = made - before
    np.testing.assert_allclose(np.diff(fine[10:30, 4:14], axis=0), 0, atol=0.5)


def test_where_nothing_tells_cells_apart_nothing_moves() -> None:
    flat = np.ones((12, 12, len(CENTERS)), np.float32)
    sure = np.full((12, 12), 0.2, np.float32)
    features = {16: np.ones((3, 3, 5), np.float32)}
    ab = decode(flat)
    assert find_agreed_shift(flat, sure, features, ab, CENTERS, temperature=TEMPERATURE, stride=4) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (41, 1), (3, 200), (37, 22)])
def test_any_shape(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 2, (*shape, len(CENTERS))).astype(np.float32)
    sure = rng.uniform(0, 1, shape).astype(np.float32)
    shift = find_agreed_shift(logits, sure, {}, decode(logits), CENTERS, temperature=TEMPERATURE, stride=4)
    assert shift is None or (shift.shape == (*shape, 2) and np.isfinite(shift).all())


@given(st.integers(1, 500), st.integers(1, 500))
def test_sources_are_few_and_lie_all_over(high: int, wide: int) -> None:
    rows, columns, each = choose_sources((high, wide))
    step = round(each**0.5)
    assert 0 < len(rows) * len(columns) <= MAX_SOURCES
    for places, length in ((rows, high), (columns, wide)):
        assert places[0] < step
        assert length - step <= places[-1] < length
        assert (np.diff(places) == step).all()


def test_blocks_are_means_of_four_and_of_fewer_at_the_end() -> None:
    planes = np.arange(15, dtype=np.float32).reshape(3, 5, 1)
    expected = [[3.0, 5.0, 6.5], [10.5, 12.5, 14.0]]
    np.testing.assert_array_equal(average_blocks(planes)[:, :, 0], expected)
