"""What a caller gives as a photo or as a path, as the library has it; only here text becomes a path."""

from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from colorify.errors import PhotoError, UsageError
from colorify.images.decode import Pixels, Source
from colorify.images.pil import from_pil, is_pil
from colorify.pixels import MAX_16_BIT

if TYPE_CHECKING:
    from PIL.Image import Image

AnyPath = str | PathLike[str]


def to_path(path: AnyPath) -> Path:
    """Return the path that a caller gave as text or as any kind of path."""
    return Path(fspath(path))


def to_source(photo: object) -> Source:
    """Return a photo that is a path, bytes, pixels or a PIL image. Raises UsageError for anything else."""
    if isinstance(photo, (str, PathLike)):
        return to_path(photo)
    if isinstance(photo, np.ndarray):
        return to_codes(photo)
    if isinstance(photo, bytes):
        return photo
    if is_pil(photo):
        return from_pil(cast("Image", photo))
    raise no_photo(photo)


def to_codes(pixels: Pixels) -> Pixels:
    """Return pixels as codes: floats of 0..1 as uint16, all others as they are. Raises PhotoError."""
    if not np.issubdtype(pixels.dtype, np.floating) or not pixels.size:
        return pixels
    least, most = float(pixels.min()), float(pixels.max())
    if not (least >= 0 and most <= 1):  # so that NaN is refused, too
        raise PhotoError(
            f"pixels of {pixels.dtype}: expected 0..1, found {least:g}..{most:g}. "
            "Divide them by the value of white, and clip them."
        )
    return np.rint(pixels.astype(np.float64) * MAX_16_BIT).astype(np.uint16)


def no_photo(found: object) -> UsageError:
    """Return what to raise for what is no photo."""
    return UsageError(
        f"photo: expected a path, bytes, a numpy array or a PIL image, found {type(found).__name__}."
    )
