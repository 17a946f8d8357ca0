"""Contact sheets: many pictures on one page, to be looked at."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorify.dataset.storage import write_whole
from colorify.errors import PhotoError
from colorify.images.photo import open_photo

Rgb = NDArray[np.uint8]  # (H, W, 3), sRGB

CELL: Final = 128  # px
GAP: Final = 2  # px
COLUMNS: Final = 10
ROWS: Final = 8
PAPER: Final = 255
JPEG_QUALITY: Final = 85


def write_sheet(path: Path, files: Sequence[Path]) -> None:
    """Write a JPEG sheet of up to 80 pictures, spread evenly over `files`."""
    most = COLUMNS * ROWS
    chosen = [files[int(i * len(files) / most)] for i in range(most)] if len(files) > most else list(files)
    write_whole(path, encode_jpeg(lay_out([thumbnail(file) for file in chosen])))


def lay_out(pictures: Sequence[Rgb], *, columns: int = COLUMNS, cell: int = CELL) -> Rgb:
    """Lay pictures of at most `cell` px a side into rows; (H, W, 3)."""
    rows = -(-len(pictures) // columns)
    step = cell + GAP
    page = np.full((max(1, rows) * step + GAP, min(columns, max(1, len(pictures))) * step + GAP, 3), PAPER)
    page = page.astype(np.uint8)
    for i, picture in enumerate(pictures):
        top, left = GAP + i // columns * step, GAP + i % columns * step
        height, width = picture.shape[:2]
        page[top : top + height, left : left + width] = picture
    return page


def thumbnail(file: Path) -> Rgb:
    """Return a picture of at most 128 px a side; an empty grey one where it cannot be decoded."""
    try:
        photo = open_photo(file)
        width, height = photo.size
        scale = min(1.0, CELL / max(width, height))
        pixels = photo.shrink(max(1, round(width * scale)), max(1, round(height * scale)))
    except PhotoError:
        return np.full((CELL, CELL, 3), 128, np.uint8)  # the report has the reason
    if pixels.dtype == np.uint16:
        pixels = (pixels // 257).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))


def encode_jpeg(pixels: Rgb) -> bytes:
    """Return the bytes of a JPEG of `pixels`."""
    image = pyvips.Image.new_from_array(np.ascontiguousarray(pixels)).copy(interpretation="srgb")
    return bytes(image.jpegsave_buffer(Q=JPEG_QUALITY, subsample_mode="off"))


def encode_png(pixels: Rgb) -> bytes:
    """Return the bytes of a PNG of `pixels`."""
    image = pyvips.Image.new_from_array(np.ascontiguousarray(pixels)).copy(interpretation="srgb")
    return bytes(image.pngsave_buffer())
