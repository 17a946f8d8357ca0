import numpy as np
import pytest

from colorify.evaluation.metrics import mean, score


def flat(*rgb: int) -> np.ndarray:
    return np.full((8, 8, 3), rgb, np.uint8)


def test_a_perfect_result_has_no_error() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    scores = score(picture, picture)
    assert scores.psnr > 130
    assert scores.delta_e == scores.lightness_error == 0
    assert scores.colorfulness == scores.true_colorfulness > 0


def test_psnr_of_a_known_error() -> None:
    assert score(flat(100, 100, 100), flat(110, 110, 110)).psnr == pytest.approx(20 * np.log10(255 / 10))


def test_delta_e_of_known_colors() -> None:
    # CIE Lab of sRGB red (53.24, 80.09, 67.20) and green (87.73, -86.18, 83.18)
    scores = score(flat(255, 0, 0), flat(0, 255, 0))
    assert scores.delta_e == pytest.approx(170.6, abs=0.2)
    assert scores.lightness_error == pytest.approx(34.5, abs=0.1)


def test_mean_averages_each_measure() -> None:
    one, two = score(flat(10, 10, 10), flat(20, 20, 20)), score(flat(10, 10, 10), flat(10, 10, 10))
    assert mean([one, two]).delta_e == pytest.approx(one.delta_e / 2)
