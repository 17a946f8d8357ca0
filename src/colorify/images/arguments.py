"""What a caller gives as a photo or as a path, as the library has it; only here text becomes a path."""

from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from colorify.errors import UsageError
from colorify.images.decode import Source
from colorify.images.pil import from_pil, is_pil

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
    if isinstance(photo, (bytes, np.ndarray)):
        return photo
    if is_pil(photo):
        return from_pil(cast("Image", photo))
    raise no_photo(photo)


def no_photo(found: object) -> UsageError:
    """Return what to raise for what is no photo."""
    return UsageError(
        f"photo: expected a path, bytes, a numpy array or a PIL image, found {type(found).__name__}."
    )
