"""HEIC photos, as phones take them: decoded by libheif, which the extra `heif` brings, and given to libvips.

The libheif within libvips' wheel reads AV1 alone. pillow-heif 1.8 came unharmed through 3,000 damaged files;
pi-heif 1.4, the same without an encoder, read beyond its memory in 2 of 100.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorify.errors import INSTALL, PhotoError, option
from colorify.images.cicp import StrangeColorsError, profile_of_numbers
from colorify.images.limits import check_size, check_whole

# what libheif tells -> what libvips calls it
_FIELDS: Final = {"exif": "exif-data", "xmp": "xmp-data", "icc_profile": "icc-profile-data"}
_PROFILE: Final = _FIELDS["icc_profile"]
# what libheif tells of, and nobody carries
_OTHERS: Final = {
    "depth_images": "its depth image",
    "aux": "its auxiliary pictures",
    "metadata": "its other metadata",
}
_MAX_16_BIT: Final = 65535  # of 16 bits


def read_heic(
    data: Path | bytes, name: str, max_pixels: int
) -> tuple[NDArray[Any], dict[str, bytes], list[str]]:
    """Return the pixels of a HEIC file, upright, its metadata by the names of libvips, and what else it has.

    Pixels: (H, W) or (H, W, 3 or 4), uint8, or uint16 for more than 8 bits, which then use all of the 16.
    Raises PhotoError, naming the file `name`, where the extra is missing, the file is damaged, has several
    pictures, or more than `max_pixels` pixels; the last two before anything is decoded.
    """
    with _open_heif(data, name, max_pixels) as file:
        blocks = _with_profile(_blocks(file), file, name)
        return _widen_to_16_bits(np.asarray(file), int(file.info["bit_depth"])), blocks, _others(file)


def read_heic_blocks(data: Path | bytes, name: str, max_pixels: int) -> dict[str, bytes]:
    """Return the blocks of metadata of a HEIC file, without its pixels. Raises PhotoError as `read_heic`."""
    with _open_heif(data, name, max_pixels) as file:
        return _blocks(file)


@contextmanager
def _open_heif(data: Path | bytes, name: str, max_pixels: int) -> Iterator[Any]:
    """Open a HEIC file whose size is allowed, and say in one line what turns out to be wrong with it."""
    try:
        from pillow_heif import open_heif
    except ModuleNotFoundError as error:
        cure = option(INSTALL, "heif")
        raise PhotoError(f"{name}: HEIC needs pillow-heif, which is not installed. Type: {cure}") from error
    try:
        file = open_heif(
            BytesIO(data) if isinstance(data, bytes) else data, convert_hdr_to_8bit=False, hdr_to_16bit=False
        )
        if len(file) == 0:
            raise ValueError("it holds no picture")
        width, height = file.size
        check_size(width, height, len(file), name, max_pixels)
        check_whole(width, height, 2 * width * height * len(file.mode.partition(";")[0]), "a HEIC", name)
        yield file
    except (ValueError, EOFError, SyntaxError, RuntimeError, OSError) as error:
        words = str(error).strip().rstrip(".") or type(error).__name__
        raise PhotoError(f"{name}: damaged or cut short ({words.splitlines()[0]}).") from error


def _blocks(file: Any) -> dict[str, bytes]:
    return {theirs: bytes(file.info[ours]) for ours, theirs in _FIELDS.items() if file.info.get(ours)}


def _with_profile(blocks: dict[str, bytes], file: Any, name: str) -> dict[str, bytes]:
    """Add the profile of colours that a file names by number, where it has none."""
    numbers = file.info.get("nclx_profile")
    if _PROFILE in blocks or not numbers:
        return blocks
    try:
        profile = profile_of_numbers(
            int(numbers["color_primaries"]), int(numbers["transfer_characteristics"]), "HEIC"
        )
    except StrangeColorsError as error:
        raise PhotoError(f"{name}: cannot be read: {error}. Convert it first.") from error
    return {**blocks, _PROFILE: profile} if profile else blocks


def _others(file: Any) -> list[str]:
    """Return in words what a file has beside its picture; previews are of the old one."""
    return [words for key, words in _OTHERS.items() if file.info.get(key)]


def attach_blocks(image: pyvips.Image, blocks: dict[str, bytes]) -> pyvips.Image:
    """Return a picture with blocks of metadata; it is upright, whatever they say."""
    result = image.copy()
    for name, block in blocks.items():
        result.set_type(pyvips.GValue.blob_type, name, block)
    result.set_type(pyvips.GValue.gint_type, "orientation", 1)
    return result


def _widen_to_16_bits(pixels: NDArray[Any], depth: int) -> NDArray[Any]:
    """Return samples of 10 or 12 bits with 16, where white is white again."""
    if pixels.dtype == np.uint8:
        return pixels
    most = 2**depth - 1
    return np.asarray((pixels.astype(np.uint32) * _MAX_16_BIT + most // 2) // most, dtype=np.uint16)
