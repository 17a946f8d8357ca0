"""What is smoothed ends where the guide has an edge."""

import numpy as np

from colorify.video.guided_filter import filter_guided

HEIGHT, WIDTH = 24, 32


def test_an_edge_that_the_guide_shows_stays_and_one_that_it_does_not_show_goes() -> None:
    upper, left = np.zeros((2, HEIGHT, WIDTH), np.float32)
    upper[: HEIGHT // 2], left[:, : WIDTH // 2] = 10, 10
    unseen = np.zeros_like(upper)
    smooth = filter_guided(np.stack([upper, left, unseen]), np.stack([upper, unseen]), radius=6, epsilon=0.1)
    assert np.abs(smooth[0] - upper).max() < 0.5
    assert 4 < smooth[1, 3, WIDTH // 2] < 6
    assert np.abs(np.diff(smooth[1], axis=1)).max() < 2
    assert np.abs(smooth[2]).max() < 1e-5


def test_a_plane_that_is_a_line_over_several_guides_is_found_again() -> None:
    guide = np.random.default_rng(0).normal(0, 20, (3, HEIGHT, WIDTH)).astype(np.float32)
    plane = 0.5 * guide[0] - 0.25 * guide[1] + 2 * guide[2] + 7
    smooth = filter_guided(plane[None], guide, radius=4, epsilon=0.01)
    assert np.abs(smooth[0] - plane).max() < 0.1
