"""Contact sheets: small pictures in rows and columns, to be looked at."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorify.atomic import write_whole
from colorify.errors import SetupError

Pixels = NDArray[np.uint8]  # (h, w, 3), sRGB

GAP_PX: Final = 4  # px of white between pictures


def write_sheet(rows: Sequence[Sequence[Pixels]], path: Path, *, overwrite: bool) -> None:
    """Write a PNG with one row of pictures for each row given, every cell as large as the largest picture.

    Raises SetupError where it cannot be written, or exists without `overwrite`.
    """
    pictures = [picture for row in rows for picture in row]
    height = GAP_PX + max(picture.shape[0] for picture in pictures)
    width = GAP_PX + max(picture.shape[1] for picture in pictures)
    columns = max(len(row) for row in rows)
    sheet = np.full((len(rows) * height + GAP_PX, columns * width + GAP_PX, 3), 255, np.uint8)
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            top, left = GAP_PX + row * height, GAP_PX + column * width
            sheet[top : top + cell.shape[0], left : left + cell.shape[1]] = cell
    data = pyvips.Image.new_from_array(sheet, interpretation="srgb").pngsave_buffer()
    write_whole(path, bytes(data), overwrite=overwrite, kind=SetupError)


def to_rgb(pixels: NDArray[Any]) -> Pixels:
    """Turn (h, w, 1 or more) of 8 or 16 bits into (h, w, 3) of 8: grey becomes RGB, alpha is dropped."""
    narrow = (pixels >> 8).astype(np.uint8) if pixels.dtype == np.uint16 else pixels
    return np.ascontiguousarray(np.repeat(narrow, 3, axis=2) if narrow.shape[2] < 3 else narrow[:, :, :3])
