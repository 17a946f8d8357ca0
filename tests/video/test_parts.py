"""The parts that films are made with: threads, planes, luma, and the moves of it."""

import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorify.color import rgb_to_lab
from colorify.threads import in_background, map_in_order
from colorify.video.chroma import chroma_of, look_up_chroma
from colorify.video.clock import Timeline
from colorify.video.luma import chroma_offsets, luma_table, normalize_luma, shift_luma
from colorify.video.optical_flow import FlowFinder
from colorify.video.yuv import BT709, Planes, turn_upright


def counted(log: list[int], count: int = 100, fail_at: int = -1) -> Iterator[int]:
    for number in range(count):
        if number == fail_at:
            raise ValueError("no more")
        log.append(number)
        yield number


def test_threads_keep_the_order_and_do_not_run_away() -> None:
    log: list[int] = []
    behind = in_background(counted(log), room=3)
    assert next(behind) == 0
    time.sleep(0.1)
    assert len(log) <= 6
    assert list(map_in_order(behind, lambda number: 2 * number, threads=3)) == list(range(2, 200, 2))


def test_what_a_thread_raises_arrives() -> None:
    items = map_in_order(in_background(counted([], fail_at=5), room=2), lambda number: number, threads=2)
    found = []
    with pytest.raises(ValueError, match="no more"):
        found.extend(items)


def test_closing_stops_the_threads() -> None:
    before = set(threading.enumerate())
    items = in_background(counted([]), room=2)
    next(items)
    items.close()
    assert set(threading.enumerate()) <= before


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


def packet(kind: str, time: int, duration: int = 4) -> SimpleNamespace:
    """Return a packet as far as a Timeline looks at it; times in hundredths of a second."""
    index = ("video", "audio", "data").index(kind)
    unit = Fraction(1, 100)
    return SimpleNamespace(
        **{"pts": time, "dts": time, "duration": duration, "time_base": unit, "stream_index": index},
        stream=SimpleNamespace(type=kind, index=index),
    )


def moved_by_timeline(packets: list[SimpleNamespace]) -> list[int]:
    return [one.pts for one in Timeline(free=True).packets(iter(packets))]


def test_a_clock_that_begins_again_goes_on_in_all_tracks() -> None:
    first = [packet("video", 50), packet("audio", 49), packet("video", 54), packet("audio", 53)]
    assert moved_by_timeline(first) == [50, 49, 54, 53]
    # the sound of the second part comes first, and that of the first is the longer one
    again = [packet("audio", 57, 9), packet("audio", 9), packet("video", 10), packet("video", 14)]
    assert moved_by_timeline(first + again) == [50, 49, 54, 53, 57, 66, 67, 71]
    # an hour is not waited for, and what is no track of time says nothing about it
    later = [packet("data", 999_999), packet("video", 360_000), packet("audio", 360_001)]
    assert moved_by_timeline(first + later)[-2:] == [58, 59]


def test_a_picture_that_comes_rarely_is_no_new_clock() -> None:
    sound = [packet("audio", time, 100) for time in range(0, 3000, 100)]
    shown = [packet("video", 0), *sound, packet("video", 3000), packet("audio", 3000, 100)]
    assert moved_by_timeline(shown)[-2:] == [3000, 3000]


def test_turning_moves_all_planes() -> None:
    Y = np.arange(24, dtype=np.uint8).reshape(4, 6)
    Cb = np.arange(6, dtype=np.uint8).reshape(2, 3)
    turned = turn_upright(Planes(Y, Cb, Cb, 8, full=True), (1, False))
    assert turned.size == (4, 6)
    assert turned.Y[0, 0] == Y[0, -1]
    assert turned.Cb is not None
    assert turned.Cb.shape == (3, 2)
    assert turn_upright(Planes(Y, None, None, 8, full=True), (0, True)).Y[0, 0] == Y[0, -1]


def test_flow_knows_motion_and_what_is_hidden() -> None:
    random = np.random.default_rng(0).integers(0, 255, (12, 20)).astype(np.uint8)
    scene = np.kron(random, np.ones((8, 8), np.uint8))
    motion = FlowFinder().between(scene[:, :120], scene[:, 5:125])
    inner = motion.backward[10:38, 10:50]  # the field of motion has half the size
    assert np.median(inner[..., 0]) == pytest.approx(2.5, abs=0.15)
    assert np.median(np.abs(inner[..., 1])) < 0.15
    assert motion.seen_before[10:38, 10:50].mean() > 0.7
    assert motion.seen_before[:, -2:].max() == 0  # it has just come into the picture
