"""A TIFF whose strips are compressed here holds what it should, as other programs read it."""

import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
import pytest
import pyvips
from numpy.typing import NDArray
from PIL import Image

from colorify.images.metadata.tiff import add_tags
from colorify.images.row_source import CancelledError, RowStream
from colorify.images.tiff_strips import write_strips

ROWS = 16


def strips_of(pixels: NDArray[Any]) -> Iterator[NDArray[Any]]:
    return (pixels[top : top + ROWS] for top in range(0, len(pixels), ROWS))


def scene(shape: tuple[int, int, int], dtype: Any) -> NDArray[Any]:
    """Return pixels of which some wrap round in the predictor."""
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def tiff(stream: RowStream, *, big_tiff: bool) -> bytes:
    """Return the file as it is made: by libvips, of one pixel, whose place the strips take."""
    settings = {"compression": "deflate", "predictor": "horizontal", "bigtiff": big_tiff}
    file = BytesIO(stream.pixel.tiffsave_buffer(**settings))
    add_tags(file, exif=None, iptc=None, instead=write_strips(file, stream, big_tiff=big_tiff))
    return file.getvalue()


@pytest.mark.parametrize("big_tiff", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(50, 33, 3), (64, 20, 4), (33, 1, 3), (17, 5, 1)])
def test_pixels_are_kept(shape: tuple[int, int, int], dtype: Any, big_tiff: bool) -> None:
    pixels = scene(shape, dtype)
    depth = 8 * pixels.dtype.itemsize
    stream = RowStream(strips_of(pixels), shape=shape, depth=depth, strip_rows=ROWS, threads=3)
    content = tiff(stream, big_tiff=big_tiff)
    assert stream.fraction == 1
    image = pyvips.Image.tiffload_buffer(content)
    np.testing.assert_array_equal(image.numpy().reshape(shape), pixels)
    assert (image.hasalpha(), image.interpretation) == (shape[2] == 4, stream.pixel.interpretation)


@pytest.mark.parametrize("there", [True, False])
def test_another_library_reads_it(there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ISA-L, and where there is none."""
    if not there:
        monkeypatch.setitem(sys.modules, "isal", None)
    pixels = scene((50, 33, 3), np.uint8)
    stream = RowStream(strips_of(pixels), shape=pixels.shape, depth=8, strip_rows=ROWS)
    with Image.open(BytesIO(tiff(stream, big_tiff=False))) as picture:
        np.testing.assert_array_equal(np.asarray(picture), pixels)


def test_no_more_than_a_few_strips_are_in_memory() -> None:
    asked: list[int] = []
    ahead: list[int] = []  # strips asked for and not written, whenever one is

    class File(BytesIO):
        def write(self, data: Any) -> int:
            ahead.append(len(asked) - len(ahead))
            return super().write(data)

    def strips() -> Iterator[NDArray[Any]]:
        for top in range(0, 640, ROWS):
            asked.append(top)
            yield np.zeros((ROWS, 8, 3), np.uint8)

    stream = RowStream(strips(), shape=(640, 8, 3), depth=8, strip_rows=ROWS, threads=2)
    write_strips(File(), stream, big_tiff=False)
    assert len(ahead) == 40
    assert max(ahead) <= 6


def test_an_error_among_the_strips_arrives() -> None:
    def strips() -> Iterator[NDArray[Any]]:
        yield np.zeros((ROWS, 8, 3), np.uint8)
        raise ValueError("the photo ends here")

    stream = RowStream(strips(), shape=(64, 8, 3), depth=8, strip_rows=ROWS)
    with pytest.raises(ValueError, match="ends here"):
        write_strips(BytesIO(), stream, big_tiff=False)


def test_it_can_be_cancelled() -> None:
    pixels = np.zeros((64, 8, 3), np.uint8)
    stream = RowStream(strips_of(pixels), shape=pixels.shape, depth=8, strip_rows=ROWS)
    stream.cancel()
    with pytest.raises(CancelledError):
        write_strips(BytesIO(), stream, big_tiff=False)
