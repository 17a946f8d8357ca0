"""Which channels of a decoded picture are its colours, which is alpha, and which are neither."""

import pyvips

from colorify.images.decode import ImageSource
from colorify.images.profiles import has_grey_profile
from colorify.images.tiff_header import ASSOCIATED, UNASSOCIATED, TiffHeader


def split_channels(image: pyvips.Image, origin: ImageSource) -> tuple[pyvips.Image, pyvips.Image | None]:
    """Part the colours from alpha. Grey that its format had to write as RGB becomes grey again."""
    color, alpha = _parted(image, origin.tiff) if origin.tiff is not None else _with_last(image)
    if (
        origin.format is not None
        and not origin.format.has_grey
        and color.bands == 3
        and has_grey_profile(color)
    ):
        color = color.extract_band(1).copy(interpretation="grey16" if color.format == "ushort" else "b-w")
    return color, alpha


def _with_last(image: pyvips.Image) -> tuple[pyvips.Image, pyvips.Image | None]:
    if not image.hasalpha():
        return image, None
    return image.extract_band(0, n=image.bands - 1), image.extract_band(image.bands - 1)


def _parted(image: pyvips.Image, tiff: TiffHeader) -> tuple[pyvips.Image, pyvips.Image | None]:
    """Part what a TIFF calls colours from what it calls alpha; nothing else of it is a picture's."""
    if tiff.colors is None or image.bands != tiff.colors + len(tiff.extra) or not tiff.extra:
        return _with_last(image)
    color = image.extract_band(0, n=tiff.colors)
    at = _alpha_place(tiff)
    if at is None:
        return color, None
    return color, image.extract_band(tiff.colors + at)  # libvips has taken it out of the colours


def _alpha_place(tiff: TiffHeader) -> int | None:
    """Return which of the channels that are no colours is alpha."""
    return next((at for at, kind in enumerate(tiff.extra) if kind in (ASSOCIATED, UNASSOCIATED)), None)


def channels_left_out(origin: ImageSource) -> list[str]:
    """Say which channels of a TIFF are not carried over."""
    tiff = origin.tiff
    if tiff is None or tiff.colors is None:
        return []
    kept = _alpha_place(tiff)
    numbers = [str(tiff.colors + at + 1) for at in range(len(tiff.extra)) if at != kept]
    if not numbers:
        return []
    return [f"channel {', '.join(numbers)}, neither colour nor alpha by what the file says, left out"]
