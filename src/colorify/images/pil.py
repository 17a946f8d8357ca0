"""PIL images in and out. PIL itself is loaded only when somebody brings such an image."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from colorify.errors import PhotoError

if TYPE_CHECKING:
    from PIL.Image import Image

Pixels = NDArray[Any]  # (h, w), (h, w, 2..4) uint8

# Of Image.info. The pixels are taken as they stand, for sRGB, and unturned, since the size is to stay; a
# profile stays with them, so that their greys look as before.
_COPIED_INFO = ("dpi", "exif", "xmp", "icc_profile")


def is_pil(photo: object) -> bool:
    """Tell whether `photo` is a PIL image."""
    return any(kind.__module__ == "PIL.Image" for kind in type(photo).__mro__)


def from_pil(picture: "Image") -> Pixels:
    """Return the pixels of a PIL image as it stands, grey or RGB, with alpha if it has any.

    Raises PhotoError for one of more than 8 bits: PIL could not hold the result.
    """
    if picture.mode in ("I", "F") or picture.mode.startswith("I;"):
        raise PhotoError(
            f"PIL image of mode {picture.mode}: expected 8 bits a sample, since PIL has no 16-bit colour. "
            "Give the file, or a numpy array."
        )
    transparent = "transparency" in picture.info or picture.mode in ("LA", "PA", "RGBA", "La", "RGBa")
    if picture.mode in ("1", "L", "LA", "La"):
        return np.asarray(picture.convert("LA" if transparent else "L"))
    return np.asarray(picture.convert("RGBA" if transparent else "RGB"))


def to_pil(pixels: Pixels, like: "Image") -> "Image":
    """Return pixels, (h, w, 3 or 4) uint8, as a PIL image with the metadata of `like`."""
    from PIL import Image

    picture = Image.fromarray(pixels)
    picture.info = {key: value for key, value in like.info.items() if key in _COPIED_INFO}
    return picture
