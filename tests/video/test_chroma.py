"""From ab to the chroma of a frame: inside sRGB, and by a table where that is as good."""

import numpy as np

from colorify.video.chroma import chroma_of, look_up_chroma


def test_the_table_of_chroma_says_nearly_what_it_was_made_from() -> None:
    random = np.random.default_rng(0)
    L = random.uniform(20, 90, (80, 120)).astype(np.float32)
    ab = random.normal(0, 12, (80, 120, 2)).astype(np.float32)
    gaps = 224 * np.abs(np.subtract(look_up_chroma(L, ab), chroma_of(L, ab)))
    assert gaps.mean() < 0.15
    assert np.quantile(gaps, 0.99) < 1
    wild = np.stack(look_up_chroma(L, 20 * ab))
    assert np.abs(wild).max() <= 0.5


def test_chroma_stays_inside_srgb() -> None:
    L = np.linspace(0, 100, 64, dtype=np.float32).reshape(8, 8)
    chroma = np.stack(chroma_of(L, np.full((8, 8, 2), 100, np.float32)), axis=-1)
    assert np.abs(chroma).max() <= 0.5
    assert np.abs(chroma[0, 0]).max() < 0.01  # black has no colour
    assert np.abs(chroma[-1, -1]).max() < 0.01  # nor has white
