"""A look is brought to the colours that its shot already has."""

import numpy as np
import pytest
from numpy.typing import NDArray

from colorify.video.shot_colors import align_look
from colorify.video.weighted_colors import WeightedColors

FloatArray = NDArray[np.float32]
SHAPE = (48, 64)
RED, BLUE, GREEN, BROWN = ((50.0, 30.0), (10.0, -50.0), (-40.0, 30.0), (15.0, 20.0))
MIDDLE = SHAPE[1] // 2


def filled(left: tuple[float, float], right: tuple[float, float]) -> FloatArray:
    """Return ab of two things, side by side."""
    ab = np.empty((*SHAPE, 2), np.float32)
    ab[:, :MIDDLE], ab[:, MIDDLE:] = left, right
    return ab


def weights(left: float, right: float) -> FloatArray:
    return filled((left, left), (right, right))[:, :, 0].copy()


def lightness(left: float, right: float) -> FloatArray:
    grain = np.random.default_rng(0).normal(0, 2, SHAPE).astype(np.float32)
    return weights(left, right) + grain


def apart(ab: FloatArray, color: tuple[float, float]) -> float:
    return float(np.hypot(*np.moveaxis(ab - np.array(color, np.float32), 2, 0)).max())


def test_a_thing_that_is_known_keeps_its_colour() -> None:
    shot = WeightedColors(filled(RED, BROWN), weights(0.6, 0.6))
    look = WeightedColors(filled(BLUE, BROWN), weights(0.4, 0.4))
    ab = align_look(shot, look, lightness(30, 70)).ab
    assert apart(ab[:, : MIDDLE - 2], RED) < 9
    assert apart(ab[:, MIDDLE + 2 :], BROWN) < 9


def test_what_is_new_keeps_what_the_look_says_of_it() -> None:
    shot = WeightedColors(filled(RED, RED), weights(0.6, 0.001))
    look = WeightedColors(filled(BLUE, GREEN), weights(0.4, 0.4))
    ab = align_look(shot, look, lightness(30, 70)).ab
    assert apart(ab[:, : MIDDLE - 2], RED) < 9
    assert apart(ab[:, MIDDLE + 2 :], GREEN) < 9


def test_a_part_of_a_known_thing_that_comes_into_view_has_its_colour() -> None:
    weight = weights(0.6, 0.6)
    weight[20:26, 10:14] = 0.001
    shot = WeightedColors(filled(RED, BROWN), weight)
    look = WeightedColors(filled(BLUE, BROWN), weights(0.4, 0.4))
    ab = align_look(shot, look, lightness(30, 70)).ab
    assert apart(ab[20:26, 10:14], RED) < 9


def test_a_smear_of_the_motion_goes() -> None:
    smeared = filled(RED, BROWN)
    smeared[:, MIDDLE : MIDDLE + 2] = RED
    look = WeightedColors(filled(RED, BROWN), weights(0.4, 0.4))
    ab = align_look(WeightedColors(smeared, weights(0.6, 0.6)), look, lightness(30, 70)).ab
    assert apart(ab[:, MIDDLE:], BROWN) < 0.4 * apart(smeared[:, MIDDLE:], BROWN)


@pytest.mark.parametrize(("known", "followed"), [(0.5, False), (0.01, True)])
def test_a_look_that_is_much_surer_is_followed(known: float, followed: bool) -> None:
    look = WeightedColors(filled(BLUE, BLUE), weights(0.4, 0.4))
    ab = align_look(WeightedColors(filled(RED, RED), weights(known, known)), look, lightness(30, 70)).ab
    assert apart(ab, BLUE if followed else RED) < 12
