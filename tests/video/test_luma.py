"""Which luma a colour needs so that its lightness is that of the grey."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorify.color import rgb_to_lab
from colorify.video.luma import chroma_offsets, luma_table, normalize_luma, shift_luma
from colorify.video.yuv import BT709


@given(st.integers(17, 234), st.integers(-50, 50), st.integers(-50, 50))
@settings(max_examples=60, deadline=None)
def test_moved_luma_has_the_lightness_of_the_grey(Y: int, Cb: int, Cr: int) -> None:
    """In 10 bits and limited range, wherever sRGB has such a colour."""
    planes = [np.full((1, 1), 4 * code, np.uint16) for code in (Y, 128 + Cb, 128 + Cr)]
    luma = shift_luma(*planes, luma_table(False, 10), depth=10)
    offsets = chroma_offsets(np.float32(Cb / 224), np.float32(Cr / 224), BT709)  # type: ignore[arg-type]
    rgb = np.stack([normalize_luma(luma, 10, full=False) + offset for offset in offsets], axis=-1).astype(
        np.float32
    )
    if rgb.min() < 0 or rgb.max() > 1:
        return
    grey = np.repeat(normalize_luma(planes[0], 10, full=False)[..., None], 3, axis=-1)
    assert rgb_to_lab(rgb)[0, 0, 0] == pytest.approx(rgb_to_lab(grey)[0, 0, 0], abs=0.25)


def test_a_table_for_8_bits_says_what_one_for_10_says() -> None:
    random = np.random.default_rng(0)
    Y, Cb, Cr = (random.integers(0, 256, (67, 701)).astype(np.uint8) for _ in range(3))
    eight = shift_luma(Y, Cb, Cr, luma_table(False, 8), depth=8)
    ten = shift_luma(*(np.uint16(4) * plane for plane in (Y, Cb, Cr)), luma_table(False, 10), depth=10)
    assert np.abs(eight - ten / 4).max() <= 0.75  # each is rounded to codes of its own
