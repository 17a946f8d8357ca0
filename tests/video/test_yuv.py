"""Frames as planes, in whatever form a decoder hands them out: a grey is the same grey in all of them."""

import av
import numpy as np
import pytest

from colorify.video.yuv import Planes, read_planes, turn_upright

GREYS = np.tile(np.arange(256, dtype=np.uint8), (16, 1))  # (16, 256), 0..255
RGB = av.VideoFrame.from_ndarray(np.repeat(GREYS[..., None], 3, axis=2), "rgb24")


# as films have it that were never meant for television: screen recordings, scans, masters, cameras
@pytest.mark.parametrize(
    ("form", "depth", "across"),
    [
        ("rgb24", 8, 1),
        ("bgr0", 8, 1),
        ("rgba", 8, 1),
        ("gbrp", 8, 1),
        ("gbrp10le", 10, 1),
        ("gbrp12le", 12, 1),
        ("rgb48be", 16, 1),
        ("gbrpf32le", 16, 1),
        ("ya8", 8, 0),
        ("gray16be", 16, 0),
        ("grayf32le", 16, 0),
        ("nv12", 8, 2),
        ("yuyv422", 8, 2),
        ("uyvy422", 8, 2),
        ("p010le", 10, 2),
        ("yuva420p", 8, 2),
        ("yuva444p10le", 10, 1),
        ("yuv420p10be", 10, 2),
        ("yuv410p", 8, 1),
    ],
)
def test_every_form_of_a_frame_has_the_same_luma(form: str, depth: int, across: int) -> None:
    planes = read_planes(RGB.reformat(format=form))
    assert (planes.depth, planes.size) == (depth, (256, 16))
    unit = 2 ** (depth - 8)
    black, white = (0, 2**depth - 1) if planes.full else (16 * unit, 235 * unit)
    shown = 255 * (planes.Y.astype(float) - black) / (white - black)
    assert np.abs(shown - GREYS).max() < 3  # FFmpeg's own way into 8 bits of television loses as much
    assert (planes.Cb is None) == (across == 0)
    if planes.Cb is not None and planes.Cr is not None:
        assert planes.Cb.shape[1] == 256 // across
        neutral = [np.abs(plane.astype(float) / unit - 128).max() for plane in (planes.Cb, planes.Cr)]
        assert max(neutral) <= 1


@pytest.mark.parametrize("form", ["monow", "monob"])
def test_black_and_white_alone_is_grey(form: str) -> None:
    planes = read_planes(RGB.reformat(format=form))
    assert planes.Cb is None
    assert planes.full
    assert set(np.unique(planes.Y)) == {0, 255}
    assert planes.Y[:, :16].mean() < 20  # dithered by FFmpeg
    assert planes.Y[:, -16:].mean() > 235


def test_turning_moves_all_planes() -> None:
    Y = np.arange(24, dtype=np.uint8).reshape(4, 6)
    Cb = np.arange(6, dtype=np.uint8).reshape(2, 3)
    turned = turn_upright(Planes(Y, Cb, Cb, 8, full=True), (1, False))
    assert turned.size == (4, 6)
    assert turned.Y[0, 0] == Y[0, -1]
    assert turned.Cb is not None
    assert turned.Cb.shape == (3, 2)
    assert turn_upright(Planes(Y, None, None, 8, full=True), (0, True)).Y[0, 0] == Y[0, -1]
