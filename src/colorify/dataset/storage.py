"""The files of a crawl: checked by their content, named by their sha256, whole or not there."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from colorify import atomic
from colorify.dataset.near_duplicates import HASHED_PX, perceptual_hash
from colorify.errors import SetupError
from colorify.images.formats import SNIFF_BYTES, sniff
from colorify.images.photo import Photo, open_photo
from colorify.pixels import pixels_to_lab

MIME: Final = "image/"  # and the name of the format, which is how the five are registered


@dataclass(frozen=True)
class StoredImage:
    """What the catalogue keeps of a stored file."""

    bytes: int
    width: int  # px, upright
    height: int  # px, upright
    mime: str  # by content
    sha256: str
    phash: str  # 16 hexadecimal digits
    path: str  # below the folder of the crawl


def store_image(data: bytes, folder: Path, *, max_pixels: int) -> StoredImage:
    """Store the content of a picture file below `folder`/images.

    Raises PhotoError where it is no picture of ours, damaged, animated, or has more than `max_pixels` pixels;
    SetupError where the disk does not take it.
    """
    photo = open_photo(data, max_pixels=max_pixels)
    kind = sniff(data[:SNIFF_BYTES])
    phash = f"{hash_photo(photo):016x}"  # decodes the whole of it, so that a truncated file is found here
    sha256 = hashlib.sha256(data).hexdigest()
    path = Path("images") / sha256[:2] / f"{sha256}{kind.suffixes[0]}"
    write_whole(folder / path, data)
    width, height = photo.size
    return StoredImage(len(data), width, height, f"{MIME}{kind.name}", sha256, phash, path.as_posix())


def hash_photo(photo: Photo) -> int:
    """Return the perceptual hash of a photo's L."""
    return perceptual_hash(read_lab(photo, HASHED_PX, HASHED_PX)[..., 0])


def read_lab(photo: Photo, width: int, height: int) -> NDArray[np.float32]:
    """Return the photo at (height, width, 3), float32, Lab: L 0..100, a and b about -110..110."""
    return pixels_to_lab(photo.shrink(width, height))


def write_whole(path: Path, data: bytes) -> None:
    """Write a file of a dataset, over one of that name: its folder is ours, or its name says its content.

    Raises SetupError where the disk does not take it.
    """
    atomic.write_whole(path, data, overwrite=True, kind=SetupError)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the disk has against writing `path` into a SetupError."""
    try:
        yield
    except OSError as error:
        raise atomic.write_error(path, error, kind=SetupError) from error
