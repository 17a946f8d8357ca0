"""Open picture files: depth, profile, orientation, alpha and metadata. `save` writes them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorify.errors import PhotoError
from colorify.images.channels import channels_left_out, split_channels
from colorify.images.decode import (
    Origin,
    Source,
    begin,
    content,
    decode,
    explain,
    orientation,
    origin_of,
    upright,
)
from colorify.images.metadata.ancillary import Beside
from colorify.images.metadata.tiff import DamagedTagsError, exif_of, iptc_of
from colorify.images.profiles import lit, rgb_profile, to_srgb
from colorify.images.rgb_space import Space
from colorify.images.vips import reported

Pixels = NDArray[Any]  # (h, w, bands), uint8 or uint16

MAX_PIXELS: Final = 1_500_000_000  # a larger photo is refused before it is decoded
_EXIF, IPTC, _XMP = "exif-data", "iptc-data", "xmp-data"  # libvips' names


@dataclass(frozen=True)
class Photo:
    """A photo, not decoded yet: upright, with all that is to be carried over.

    Both pictures have 1 or 3 bands of 8 or 16 bits, and alpha if `has_alpha`.
    """

    origin: Origin
    image: pyvips.Image  # sRGB, for those who look at the colours; carries the file's metadata
    light: pyvips.Image  # for those who measure light: codes of `space`, from which nothing is cut off
    space: Space
    has_alpha: bool
    depth: int  # bits a sample in the file, 8 or 16; the pictures may have more
    notes: tuple[str, ...]  # what the person should know
    profile: bytes | None  # ICC, of RGB, that the file came with
    kept: pyvips.Image | None  # as it was decoded and not upright, if that can be read more than once
    beside: Beside = field(default_factory=Beside)  # what libvips does not carry over; upright
    has_resolution: bool = False  # whether anybody knows the resolution of `image`
    turned: bool = False  # its rows were columns in the file

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the upright photo, px."""
        return self.image.width, self.image.height

    def rows(self) -> Callable[[int, int], Pixels]:
        """Return a function (top, rows) -> (rows, width, bands) of `image`; to be called top down."""
        return _rows(self.image, self.origin)

    def light_rows(self) -> Callable[[int, int], Pixels]:
        """Return the same of `light`. A photo is read once: by this or by `rows`."""
        return _rows(self.light, self.origin)

    def shrunk(self, width: int, height: int) -> Pixels:
        """Return the photo's colours, without alpha, resampled to (height, width, 1 or 3)."""
        step = _first_step(self.size, (width, height))
        with reported(self.origin.name, partial(explain, self.origin)):
            image = self.kept or decode(self.origin, access="sequential", shrink=step)
            if orientation(image) >= 5:
                width, height = height, width
            image = _resampled(image, width, height)
            color, _ = split_channels(_integer(image.autorot(), self.origin), self.origin)
            return np.asarray(to_srgb(color, []).numpy()).reshape(color.height, color.width, -1)


def open_photo(source: Source, *, max_pixels: int = MAX_PIXELS, keep: bool = False) -> Photo:
    """Open a file, the content of one, or pixels: (H, W), (H, W, 1..4) uint8 or uint16, sRGB.

    Files are told by their content, never by their suffix. Only the header is read here, unless the photo is
    small and you will `keep` it in memory, since you will look at it twice: `shrunk`, and then its rows.
    Raises PhotoError where it cannot be read, is animated, or has more than `max_pixels` pixels.
    """
    origin = origin_of(source, max_pixels)
    with reported(origin.name, partial(explain, origin)):
        decoded, again = begin(origin, max_pixels, keep=keep)
        turned, has_resolution = upright(decoded, origin)
        color, alpha = split_channels(_integer(turned, origin), origin)
        if color.bands not in (1, 3) and color.interpretation != "cmyk":
            raise PhotoError(f"{origin.name}: expected grey, RGB or CMYK, found {decoded.bands} channels.")
        lies, notes = orientation(decoded), [*origin.notes, *channels_left_out(origin)]
        seen, (light, space) = to_srgb(color, notes), lit(color)
        if origin.format is not None and origin.format.name == "tiff":
            seen = _with_tags(seen, origin, notes)
        if origin.format is not None and origin.format.name == "jpeg" and isinstance(origin.data, bytes):
            seen = _with_packet(seen, origin.beside.xmp)
        return Photo(
            origin=origin,
            image=_joined(seen, alpha),
            light=_joined(light, alpha),
            space=space,
            has_alpha=alpha is not None,
            depth=16 if color.format == "ushort" else 8,
            notes=tuple(notes),
            profile=rgb_profile(color),
            kept=decoded if again else None,
            beside=origin.beside.turned(sideways=lies >= 5) if lies > 1 else origin.beside,
            has_resolution=has_resolution,
            turned=lies >= 5,
        )


def _rows(image: pyvips.Image, origin: Origin) -> Callable[[int, int], Pixels]:
    region = pyvips.Region.new(image)
    dtype = np.uint16 if image.format == "ushort" else np.uint8

    def fetch(top: int, rows: int) -> Pixels:
        with reported(origin.name, partial(explain, origin)):
            data = region.fetch(0, top, image.width, rows)
        return np.frombuffer(data, dtype).reshape(rows, image.width, image.bands)

    return fetch


def _joined(color: pyvips.Image, alpha: pyvips.Image | None) -> pyvips.Image:
    if alpha is None:
        return color
    deeper = color.format == "ushort" and alpha.format == "uchar"
    return color.bandjoin((alpha * 257).cast("ushort") if deeper else alpha)


def _with_tags(image: pyvips.Image, origin: Origin, notes: list[str]) -> pyvips.Image:
    """Add what libvips leaves behind in a TIFF file."""
    result = image.copy()
    try:
        with content(origin) as file:
            exif, skipped = exif_of(file)
            if skipped:
                notes.append(
                    f"its tags {', '.join(map(str, skipped))} left out, as they are damaged or too large"
                )
            for name, block in ((_EXIF, exif), (IPTC, iptc_of(file))):
                if block:  # pyvips dies of reading back an empty one
                    result.set_type(pyvips.GValue.blob_type, name, block)
    except DamagedTagsError as error:
        notes.append(f"its EXIF or IPTC was left out, as it is damaged ({error})")
    return result


def _with_packet(image: pyvips.Image, packet: bytes | None) -> pyvips.Image:
    """Set the XMP of a JPEG, for which libvips takes any segment of its kind."""
    result = image.copy()
    if packet:
        result.set_type(pyvips.GValue.blob_type, _XMP, packet)
    else:
        result.remove(_XMP)
    return result


def _first_step(size: tuple[int, int], wanted: tuple[int, int]) -> int:
    """Return how much of shrinking a photo to the `wanted` size may be left to the decoder: 1, 2, 4 or 8.

    Half of it at most, so that the rest is done by a better filter; and only where no pixel is cut in two,
    since the decoder would round the size up and so move the picture.
    """
    most = min(size[0] / wanted[0], size[1] / wanted[1]) / 2
    return max(
        step for step in (1, 2, 4, 8) if step <= max(1, most) and not (size[0] % step or size[1] % step)
    )


def _resampled(image: pyvips.Image, width: int, height: int) -> pyvips.Image:
    """Return a picture in another size. What libvips' `resize` enlarges moves by half a pixel (its #4841)."""
    x, y = width / image.width, height / image.height
    if max(x, y) <= 1:
        return image.resize(x, vscale=y, gap=2.0)
    return image.affine(
        [x, 0, 0, y],
        interpolate=pyvips.Interpolate.new("bicubic"),
        odx=(x - 1) / 2,
        ody=(y - 1) / 2,
        oarea=[0, 0, width, height],
        extend="copy",
    )


def _integer(image: pyvips.Image, origin: Origin) -> pyvips.Image:
    """Return 8- or 16-bit samples."""
    if image.interpretation in ("lab", "labs", "xyz", "scrgb"):
        return image.colourspace("rgb16")
    if image.format not in ("uchar", "ushort"):
        words = explain(origin) or f"cannot be read: expected 8 or 16 bits a sample, found {image.format}."
        raise PhotoError(f"{origin.name}: {words}")
    return image
