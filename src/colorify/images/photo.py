"""Open picture files: depth, profile, orientation, alpha and metadata. `save` writes them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorify.errors import PhotoError
from colorify.images.channels import channels_left_out, split_channels
from colorify.images.decode import (
    ImageSource,
    Source,
    decode,
    explain,
    identify_source,
    open_decoder,
    open_file,
    read_header,
    read_orientation,
    turn,
    turn_to_page,
    turn_upright,
)
from colorify.images.limits import check_size
from colorify.images.metadata.ancillary import AncillaryData, find_trailer
from colorify.images.metadata.tiff import DamagedTagsError, read_exif, read_iptc_block
from colorify.images.metadata.transfer import MetadataPlan
from colorify.images.profiles import ColorReading, read_colors, rgb_profile
from colorify.images.rgb_space import RgbSpace
from colorify.images.vips import translate_vips_errors

Pixels = NDArray[Any]  # (h, w, bands), uint8 or uint16

MAX_PIXELS: Final = 1_500_000_000  # a larger photo is refused before it is decoded
EXIF_DATA, IPTC, XMP_DATA = "exif-data", "iptc-data", "xmp-data"  # libvips' names


@dataclass(frozen=True)
class PhotoHeader:
    """A picture file of which only the header was read: whether to colour it can be decided by that."""

    origin: ImageSource
    image: pyvips.Image  # its size and its metadata, as the file lies; it has no pixels

    @property
    def path(self) -> Path | None:
        """The file; None of what came as bytes or pixels."""
        return self.origin.path

    def without_content(self) -> "PhotoHeader":
        """Return the same without the bytes of its file, if these were read from a path."""
        return replace(self, origin=replace(self.origin))

    @property
    def pages(self) -> int:
        """How many pictures of full size a TIFF has; 1 of any other file."""
        return self.origin.tiff.pages if self.origin.tiff is not None else 1

    def check_pages(self, max_pixels: int) -> None:
        """Raise TooLargeError for a page of too many pixels, by what a TIFF says of each."""
        for width, height in self.origin.tiff.sizes if self.origin.tiff is not None else ():
            check_size(width, height, 1, self.origin.name, max_pixels)

    def turn_to(self, number: int, *, max_pixels: int) -> "PhotoHeader":
        """Return the header of another page, from 0 on. Raises PhotoError where it cannot be read."""
        origin = turn_to_page(self.origin, number)
        with translate_vips_errors(origin.name, partial(explain, origin)):
            return PhotoHeader(origin, read_header(origin, max_pixels))

    @property
    def xmp(self) -> bytes:
        """The packet of XMP of the file; empty where it has none."""
        if self.origin.is_jpeg:  # for which libvips takes any segment of its kind
            return self.origin.beside.xmp or b""
        return bytes(self.image.get(XMP_DATA)) if self.image.get_typeof(XMP_DATA) else b""


@dataclass(frozen=True)
class Photo:
    """A photo, not decoded yet: upright, with all that is to be carried over."""

    header: PhotoHeader
    color: pyvips.Image  # 1, 3 or 4 bands of 8 or 16 bits as in the file, without alpha; carries its metadata
    alpha: pyvips.Image | None
    reading: ColorReading  # of the colours, by the photo's profile
    depth: int  # bits a sample in the file, 8 or 16; the pictures may have more
    notes: tuple[str, ...]  # what the person should know
    profile: bytes | None  # ICC, of RGB, that the file came with
    decoded: pyvips.Image | None  # as it was decoded and not upright, if that can be read more than once
    beside: AncillaryData = field(default_factory=AncillaryData)  # what libvips does not carry over; upright
    has_resolution: bool = False  # whether anybody knows the resolution of `color`
    turned: bool = False  # its rows were columns in the file

    @property
    def origin(self) -> ImageSource:
        """Where it comes from."""
        return self.header.origin

    @property
    def has_alpha(self) -> bool:
        """Whether it has transparency."""
        return self.alpha is not None

    @cached_property
    def image(self) -> pyvips.Image:
        """The photo in sRGB, for those who look at its colours: 1 or 3 bands of 8 or 16 bits, and alpha."""
        return _join_alpha(self.reading.to_srgb(self.color), self.alpha)

    @cached_property
    def light(self) -> pyvips.Image:
        """The same for those who measure light: codes of `space`, from which nothing is cut off."""
        return _join_alpha(self.reading.light, self.alpha)

    @cached_property
    def plans(self) -> dict[object, MetadataPlan]:
        """What of its metadata goes into a file, by how that is written: filled by `Output.plan`."""
        return {}

    @property
    def space(self) -> RgbSpace:
        """That of `light`."""
        return self.reading.space

    @cached_property  # each look at a picture of libvips takes some 50 us
    def size(self) -> tuple[int, int]:
        """Width and height of the upright photo, px."""
        return self.color.width, self.color.height

    def rows(self) -> Callable[[int, int], Pixels]:
        """Return a function (top, rows) -> (rows, width, bands) of `image`; to be called top down."""
        return _row_reader(self.image, self.origin)

    def light_rows(self) -> Callable[[int, int], Pixels]:
        """Return the same of `light`. A photo is read once: by this or by `rows`."""
        return _row_reader(self.light, self.origin)

    def shrink(self, width: int, height: int) -> Pixels:
        """Return the photo's colours, without alpha, resampled to (height, width, 1 or 3)."""
        step = _decoder_shrink(self.size, (width, height))
        with translate_vips_errors(self.origin.name, partial(explain, self.origin)):
            image = self.decoded or decode(self.origin, access="sequential", shrink=step)
            lying = (height, width) if self.turned else (width, height)
            image = _resample(image, *lying)
            color, _ = split_channels(_to_integer(turn(image), self.origin), self.origin)
            return _to_array(self.reading.to_srgb(color), (width, height))


def read_photo_header(
    source: Source, *, max_pixels: int = MAX_PIXELS, page: int | None = None
) -> PhotoHeader:
    """Read the header of a file, or of the content of one; of HEIC, all of it. `source`: see `open_photo`.

    `page`: of a TIFF that may have several, from 0 on; None: it has to have one alone.

    Raises PhotoError where it cannot be read, is animated, or has more than `max_pixels` pixels.
    """
    origin = identify_source(source, max_pixels, page)
    with translate_vips_errors(origin.name, partial(explain, origin)):
        return PhotoHeader(origin, read_header(origin, max_pixels))


def open_photo(
    source: Source | PhotoHeader,
    *,
    max_pixels: int = MAX_PIXELS,
    cache_decoded: bool = False,
    repeated: bool = False,
) -> Photo:
    """Open a file, the content of one, or pixels: (H, W), (H, W, 1..4) uint8 or uint16, sRGB.

    `source`: or the header of one, which is not read again then. Files are told by their content, never by
    their suffix. Pixels are not decoded here, but:
    `cache_decoded`: a small photo is decoded into memory, as it is read twice: by `shrink`, and then in rows.
    `repeated`: a large one, too, into a file without a name, as all of it is read more than once.
    Raises PhotoError where it cannot be read, is animated, or has more than `max_pixels` pixels.
    """
    header = source if isinstance(source, PhotoHeader) else read_photo_header(source, max_pixels=max_pixels)
    origin = header.origin
    with translate_vips_errors(origin.name, partial(explain, origin)):
        decoded, repeatable = open_decoder(
            origin, header.image, cache_decoded=cache_decoded or repeated, repeated=repeated
        )
        turned, has_resolution = turn_upright(decoded, origin)
        color, alpha = split_channels(_to_integer(turned, origin), origin)
        if color.bands not in (1, 3) and color.interpretation != "cmyk":
            raise PhotoError(f"{origin.name}: expected grey, RGB or CMYK, found {decoded.bands} channels.")
        reading = read_colors(color)
        lies, notes = read_orientation(decoded), [*origin.notes, *channels_left_out(origin), *reading.notes]
        carrier, beside = color, _add_trailer(origin)
        if origin.format is not None and origin.format.name == "tiff":
            carrier = _add_tags(color, origin, notes)
        if origin.is_jpeg:
            carrier = _set_blocks(color, {XMP_DATA: origin.beside.xmp, IPTC: origin.beside.photoshop})
        return Photo(
            header=header,
            color=carrier,
            alpha=alpha,
            reading=reading,
            depth=16 if color.format == "ushort" else 8,
            notes=tuple(notes),
            profile=rgb_profile(color),
            decoded=decoded if repeatable else None,
            beside=beside.turned(sideways=lies >= 5) if lies > 1 else beside,
            has_resolution=has_resolution,
            turned=lies >= 5,
        )


def _row_reader(image: pyvips.Image, origin: ImageSource) -> Callable[[int, int], Pixels]:
    region, width, bands = pyvips.Region.new(image), image.width, image.bands
    dtype = _dtype(image)

    def fetch(top: int, rows: int) -> Pixels:
        with translate_vips_errors(origin.name, partial(explain, origin)):
            data = region.fetch(0, top, width, rows)
        return np.frombuffer(data, dtype).reshape(rows, width, bands)

    return fetch


def _to_array(image: pyvips.Image, size: tuple[int, int]) -> Pixels:
    """Compute a picture of (width, height): pyvips' own asks it for five of its fields, at 50 us each."""
    return np.frombuffer(image.write_to_memory(), _dtype(image)).reshape(*size[::-1], -1)


def _dtype(image: pyvips.Image) -> type[np.uint8 | np.uint16]:
    return np.uint16 if image.format == "ushort" else np.uint8


def _join_alpha(color: pyvips.Image, alpha: pyvips.Image | None) -> pyvips.Image:
    if alpha is None:
        return color
    deeper = color.format == "ushort" and alpha.format == "uchar"
    return color.bandjoin((alpha * 257).cast("ushort") if deeper else alpha)


def _add_tags(image: pyvips.Image, origin: ImageSource, notes: list[str]) -> pyvips.Image:
    """Add what libvips leaves behind in a TIFF file."""
    result = image.copy()
    try:
        with open_file(origin) as file:
            page = 0 if origin.tiff is None else origin.tiff.page
            exif, skipped = read_exif(file, page)
            if skipped:
                notes.append(
                    f"its tags {', '.join(map(str, skipped))} left out, as they are damaged or too large"
                )
            for name, block in ((EXIF_DATA, exif), (IPTC, read_iptc_block(file, page))):
                if block:  # pyvips dies of reading back an empty one
                    result.set_type(pyvips.GValue.blob_type, name, block)
    except DamagedTagsError as error:
        notes.append(f"its EXIF or IPTC was left out, as it is damaged ({error})")
    return result


def _add_trailer(origin: ImageSource) -> AncillaryData:
    """Add what follows the pixels of a JPEG; all of it is read for that, so it is no part of the header."""
    if not origin.is_jpeg:
        return origin.beside
    with open_file(origin) as file:
        return replace(origin.beside, left_out=(*origin.beside.left_out, *find_trailer(file)))


def _set_blocks(image: pyvips.Image, blocks: dict[str, bytes | None]) -> pyvips.Image:
    """Set the XMP and the IPTC of a JPEG, for which libvips takes any segment of the kind, or the first."""
    if not any(block or image.get_typeof(name) for name, block in blocks.items()):
        return image
    result = image.copy()
    for name, block in blocks.items():
        if block:
            result.set_type(pyvips.GValue.blob_type, name, block)
        else:
            result.remove(name)
    return result


def _decoder_shrink(size: tuple[int, int], wanted: tuple[int, int]) -> int:
    """Return how much of shrinking a photo to the `wanted` size may be left to the decoder: 1, 2, 4 or 8.

    Half of it at most, so that the rest is done by a better filter; and only where no pixel is cut in two,
    since the decoder would round the size up and so move the picture.
    """
    most = min(size[0] / wanted[0], size[1] / wanted[1]) / 2
    return max(
        step for step in (1, 2, 4, 8) if step <= max(1, most) and not (size[0] % step or size[1] % step)
    )


def _resample(image: pyvips.Image, width: int, height: int) -> pyvips.Image:
    """Return a picture in another size. What libvips' `resize` enlarges moves by half a pixel (its #4841)."""
    x, y = width / image.width, height / image.height
    if x == y == 1:
        return image
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


def _to_integer(image: pyvips.Image, origin: ImageSource) -> pyvips.Image:
    """Return 8- or 16-bit samples."""
    if image.interpretation in ("lab", "labs", "xyz", "scrgb"):
        return image.colourspace("rgb16")
    if image.format not in ("uchar", "ushort"):
        words = explain(origin) or f"cannot be read: expected 8 or 16 bits a sample, found {image.format}."
        raise PhotoError(f"{origin.name}: {words}")
    return image
