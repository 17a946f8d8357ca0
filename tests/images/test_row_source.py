"""Rows computed by Python reach libvips unchanged, and so do errors."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import pyvips
from numpy.typing import NDArray

from colorify.images.row_source import CancelledError, RowStream

DTYPES = {8: np.uint8, 16: np.uint16}


def strips_of(pixels: NDArray[Any], rows: int) -> Iterator[NDArray[Any]]:
    return (pixels[top : top + rows] for top in range(0, len(pixels), rows))


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize(
    "shape", [(1, 1, 3), (50, 33, 4), (7, 5000, 3), (5000, 1, 3), (64, 64, 1), (65, 2, 4)]
)
def test_pixels_arrive_unchanged(shape: tuple[int, int, int], depth: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 2**depth, shape).astype(DTYPES[depth])
    stream = RowStream(strips_of(pixels, 16), shape=shape, depth=depth, strip_rows=16)
    assert stream.fraction == (shape[0] <= 16)  # one strip is computed at once
    np.testing.assert_array_equal(stream.image.numpy().reshape(shape), pixels)
    assert stream.fraction == 1
    assert stream.image.hasalpha() == (shape[2] == 4)


def test_strips_are_computed_when_they_are_asked_for() -> None:
    asked = []

    def strips() -> Iterator[NDArray[Any]]:
        for top in range(0, 640, 16):
            asked.append(top)
            yield np.zeros((16, 4096, 3), np.uint8)

    stream = RowStream(strips(), shape=(640, 4096, 3), depth=8, strip_rows=16)
    assert asked == []
    pyvips.Region.new(stream.image).fetch(0, 0, 4096, 8)
    assert len(asked) < 10


def test_an_error_among_the_strips_is_kept_and_ends_the_stream() -> None:
    def strips() -> Iterator[NDArray[Any]]:
        yield np.zeros((16, 64, 3), np.uint8)
        raise ValueError("the photo ends here")

    stream = RowStream(strips(), shape=(64, 64, 3), depth=8, strip_rows=16)
    with pytest.raises(pyvips.Error):
        stream.image.avg()
    assert isinstance(stream.error, ValueError)


def test_a_stream_can_be_cancelled() -> None:
    pixels = np.zeros((64, 64, 3), np.uint8)
    stream = RowStream(strips_of(pixels, 16), shape=pixels.shape, depth=8, strip_rows=16)
    stream.cancel()
    with pytest.raises(pyvips.Error):
        stream.image.avg()
    assert isinstance(stream.error, CancelledError)
