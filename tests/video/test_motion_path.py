"""The way from a frame to another one of its shot."""

import numpy as np
import pytest
from numpy.typing import NDArray

from colorify.video.motion_path import FADE_PER_FRAME, MotionPath
from colorify.video.optical_flow import FIELD_STEP, OCCLUDED_WEIGHT
from colorify.video.weighted_colors import WeightedColors

FloatArray = NDArray[np.float32]
CELLS = (60, 40)
FIELD = (20, 30)
SHIFT_PX = 0.25  # px of the field, from frame to frame: less than any one step that would be noticed


def colors() -> WeightedColors:
    columns = np.tile(np.arange(CELLS[0], dtype=np.float32), (CELLS[1], 1))
    return WeightedColors(np.dstack([columns, -columns]), np.ones_like(columns))


def moved(frames: int, *, hidden: tuple[slice, slice] | None = None) -> MotionPath:
    """Return the way to a frame before, while all moves to the left; `hidden`: not seen in the first step."""
    flow = np.full((*FIELD, 2), (SHIFT_PX, 0), np.float32)
    way = MotionPath.begin(CELLS)
    for number in range(frames):
        seen = np.ones(FIELD, np.float32)
        if number == 0 and hidden is not None:
            seen[hidden] = 0
        way = way.extend(flow, seen)
    return way


def test_colours_come_from_where_they_were_and_are_not_blurred() -> None:
    carried = moved(16).carry(colors())
    expected = np.arange(2, 42, dtype=np.float32) + 16 * SHIFT_PX * FIELD_STEP
    assert carried.ab[20, 2:42, 0] == pytest.approx(expected, abs=0.05)
    assert carried.weight[20, 2:42] == pytest.approx(FADE_PER_FRAME**16, abs=1e-3)


def test_what_came_in_slowly_from_beyond_the_edge_is_not_seen_before() -> None:
    came = round(16 * SHIFT_PX * FIELD_STEP)
    weight = moved(16).carry(colors()).weight
    assert weight[:, -came + 1 :].max() < 0.1
    assert weight[:, : -came - 2].min() > 0.5


def test_what_was_hidden_stays_unsure_wherever_it_moves() -> None:
    weight = moved(8, hidden=np.s_[6:14, 8:18]).carry(colors()).weight
    middle = round((13 - 8 * SHIFT_PX) * FIELD_STEP)
    assert weight[20, middle] < 3 * OCCLUDED_WEIGHT
    assert weight[4, middle] > 0.5


GREY = np.full((CELLS[1], CELLS[0]), 100, np.uint8)


def test_what_is_beside_what_is_hidden_is_not_sure() -> None:
    way = moved(1, hidden=np.s_[8:12, 10:14])
    beside = np.s_[20, 14 * FIELD_STEP + 1]
    assert way.carry(colors()).weight[beside] > 0.5
    assert way.carry_surely(colors(), GREY, GREY).weight[beside] < 0.5


def test_what_is_of_another_brightness_is_another_thing() -> None:
    other = GREY.copy()
    other[10:20, 10:20] = 180
    weight = moved(0).carry_surely(colors(), GREY, other).weight
    assert weight[12:18, 12:18].max() < 0.01
    assert weight[:, 30:].min() > 0.9


def test_two_ways_are_joined_by_what_is_nearer_and_seen() -> None:
    grey = WeightedColors(0 * colors().ab, colors().weight)
    red = WeightedColors(grey.ab + np.float32(40), grey.weight)
    near, far = moved(1, hidden=np.s_[8:12, 10:14]), moved(30)
    joined = near.join(grey, far, red)
    carried = near.carry(grey).join(far.carry(red)).ab
    assert np.abs(joined - carried)[:, :30].mean() < 1
    assert joined[4, 20].max() < 15
    assert joined[20, 23].min() > 35
