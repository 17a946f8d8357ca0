"""Before and after in one picture."""

import numpy as np
import pytest

from colorify.render.comparison import FADE, HOLD_MS, SLIDER, STEPS, animate, put_side_by_side

BEFORE = np.full((40, 60, 3), 50, np.uint8)
AFTER = np.full((40, 60, 3), (200, 100, 0), np.uint8)


@pytest.mark.parametrize("style", [SLIDER, FADE])
def test_an_animation_goes_from_before_to_after(style: str) -> None:
    frames = list(animate(BEFORE, AFTER, style))
    assert len(frames) == STEPS + 1
    assert (frames[0][0] == BEFORE).all()
    assert (frames[-1][0] == AFTER).all()
    assert frames[-1][1] > frames[1][1] < frames[0][1] == HOLD_MS
    distance = [int(np.abs(frame.astype(int) - AFTER).mean(axis=(0, 1))[0]) for frame, _ in frames]
    assert distance == sorted(distance, reverse=True)


def test_the_slider_shows_each_on_its_side_of_a_line() -> None:
    middle, _ = list(animate(BEFORE, AFTER, SLIDER))[STEPS // 2]
    assert (middle[:, :28] == AFTER[:, :28]).all()
    assert (middle[:, 30] == 255).all()
    assert (middle[:, 33:] == BEFORE[:, 33:]).all()


def test_a_fade_shows_both_in_one_place() -> None:
    middle, _ = list(animate(BEFORE, AFTER, FADE))[STEPS // 2]
    assert (middle == (125, 75, 25)).all()


@pytest.mark.parametrize("wide", [True, False])
def test_neither_of_two_side_by_side_gets_small(wide: bool) -> None:
    before, after = (BEFORE, AFTER) if wide else (BEFORE.swapaxes(0, 1), AFTER.swapaxes(0, 1))
    both = put_side_by_side(before, after)
    assert both.shape == ((88, 60, 3) if wide else (60, 88, 3))
    assert (both[:40, :40] == before[:40, :40]).all()
    assert (both[-40:, -40:] == after[-40:, -40:]).all()
