"""Pages of small pictures of files, to be looked at: what a screening kept, and what it refused and why."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from colorify.dataset.storage import write_whole
from colorify.errors import PhotoError
from colorify.images.contact_sheet import encode_jpeg, lay_out
from colorify.images.photo import open_photo
from colorify.images.sizes import shrink_size
from colorify.pixels import to_rgb8

Rgb = NDArray[np.uint8]  # (H, W, 3), sRGB

CELL_PX: Final = 128  # the longest side of a picture
GAP_PX: Final = 2
COLUMNS: Final = 10
ROWS: Final = 8
UNREADABLE_CODE: Final = 128  # of the grey that stands for a picture that cannot be decoded


def write_contact_sheet(path: Path, files: Sequence[Path]) -> None:
    """Write a JPEG sheet of up to 80 pictures, spread evenly over `files`."""
    most = COLUMNS * ROWS
    chosen = [files[int(i * len(files) / most)] for i in range(most)] if len(files) > most else list(files)
    pictures = [thumbnail(file) for file in chosen]
    rows = [pictures[at : at + COLUMNS] for at in range(0, len(pictures), COLUMNS)]
    write_whole(path, encode_jpeg(lay_out(rows, cell_px=CELL_PX, gap_px=GAP_PX)))


def thumbnail(file: Path) -> Rgb:
    """Return a picture of at most 128 px a side; an empty grey one where it cannot be decoded."""
    try:
        photo = open_photo(file)
        return to_rgb8(photo.shrink(*shrink_size(photo.size, long=CELL_PX)))
    except PhotoError:
        return np.full((CELL_PX, CELL_PX, 3), UNREADABLE_CODE, np.uint8)  # the report has the reason
