"""Contact sheets: small pictures in rows and columns, to be looked at; and small pictures as files."""

from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from typing import Final

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorify.atomic import write_whole
from colorify.errors import SetupError

Pixels = NDArray[np.uint8]  # (h, w, 3), sRGB

GAP_PX: Final = 4  # px of white between pictures
JPEG_QUALITY: Final = 85


def write_sheet(rows: Sequence[Sequence[Pixels]], path: Path, *, overwrite: bool) -> None:
    """Write a PNG with the pictures of each row beside each other: see `wrap_rows` and `lay_out`.

    Raises SetupError where it cannot be written, or exists without `overwrite`.
    """
    write_whole(path, encode_png(lay_out(wrap_rows(rows))), overwrite=overwrite, kind=SetupError)


def wrap_rows(rows: Sequence[Sequence[Pixels]]) -> list[list[Pixels]]:
    """Put several rows side by side, in order, so that a sheet of many is about as wide as it is high."""
    columns = max([1, *(len(row) for row in rows)])
    beside = max(1, round(sqrt(len(rows) / columns)))
    return [
        [picture for row in rows[first : first + beside] for picture in row]
        for first in range(0, len(rows), beside)
    ]


def lay_out(rows: Sequence[Sequence[Pixels]], *, cell_px: int = 1, gap_px: int = GAP_PX) -> Pixels:
    """Lay pictures out on white, (H, W, 3); every cell is as large as the largest picture and `cell_px`."""
    pictures = [picture for row in rows for picture in row]
    height = gap_px + max([cell_px, *(picture.shape[0] for picture in pictures)])
    width = gap_px + max([cell_px, *(picture.shape[1] for picture in pictures)])
    columns = max([1, *(len(row) for row in rows)])
    sheet = np.full((max(1, len(rows)) * height + gap_px, columns * width + gap_px, 3), 255, np.uint8)
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            top, left = gap_px + row * height, gap_px + column * width
            sheet[top : top + cell.shape[0], left : left + cell.shape[1]] = cell
    return sheet


def encode_jpeg(pixels: Pixels) -> bytes:
    """Return the bytes of a JPEG of `pixels`."""
    image = pyvips.Image.new_from_array(np.ascontiguousarray(pixels), interpretation="srgb")
    return bytes(image.jpegsave_buffer(Q=JPEG_QUALITY, subsample_mode="off"))


def encode_png(pixels: Pixels) -> bytes:
    """Return the bytes of a PNG of `pixels`."""
    image = pyvips.Image.new_from_array(np.ascontiguousarray(pixels), interpretation="srgb")
    return bytes(image.pngsave_buffer())
