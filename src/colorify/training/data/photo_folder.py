"""A folder of somebody's own photos as samples, small enough to be held in memory."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from colorify.dataset.shard_reader import Sample
from colorify.errors import PhotoError, UsageError, spell_count
from colorify.evaluation.scoring import find_photos
from colorify.images.photo import open_photo
from colorify.images.sizes import shrink_size
from colorify.model.preprocess import NEUTRAL_CHROMA
from colorify.pixels import LabBytes, encode_lab, pixels_to_lab

SHORT_SIDE: Final = 256  # px
MAX_ASPECT: Final = 3  # times the short side; a longer photo is no photo but a panorama or a scan of a strip
MAX_PIXELS: Final = 200_000_000
MIN_PHOTOS: Final = 4  # photos


def read_photos(folder: Path, complain: Callable[[str], None]) -> list[Sample]:
    """Read every colour photo below `folder`, shrunk. `complain` is told each one that is left out, and why.

    Raises UsageError where fewer than four are left.
    """
    samples = []
    for number, path in enumerate(find_photos(folder)):
        try:
            samples.append(Sample(f"own-{number:06d}", _read(path)))
        except PhotoError as error:
            complain(str(error))
    if len(samples) < MIN_PHOTOS:
        raise UsageError(
            f"{folder}: {spell_count(len(samples), 'colour photo')}, expected {MIN_PHOTOS} or more to learn "
            "from."
        )
    return samples


def _read(path: Path) -> LabBytes:
    photo = open_photo(path, max_pixels=MAX_PIXELS)
    short, long = sorted(photo.size)
    if long > MAX_ASPECT * short:
        raise PhotoError(f"{path}: {long} x {short} px is too long a strip to learn from.")
    lab = pixels_to_lab(photo.shrink(*shrink_size(photo.size, short=SHORT_SIDE)))
    if np.hypot(lab[..., 1], lab[..., 2]).mean() <= NEUTRAL_CHROMA:
        raise PhotoError(f"{path}: a photo in black and white has no colours to learn.")
    return encode_lab(lab)
