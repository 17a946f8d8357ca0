"""Optical flow knows motion, and what is hidden."""

import numpy as np
import pytest

from colorify.video.optical_flow import FlowFinder


def test_flow_knows_motion_and_what_is_hidden() -> None:
    random = np.random.default_rng(0).integers(0, 255, (12, 20)).astype(np.uint8)
    scene = np.kron(random, np.ones((8, 8), np.uint8))
    motion = FlowFinder().between(scene[:, :120], scene[:, 5:125])
    inner = motion.backward[10:38, 10:50]  # the field of motion has half the size
    assert np.median(inner[..., 0]) == pytest.approx(2.5, abs=0.15)
    assert np.median(np.abs(inner[..., 1])) < 0.15
    assert motion.seen_before[10:38, 10:50].mean() > 0.7
    assert motion.seen_before[:, -2:].max() == 0  # it has just come into the picture
