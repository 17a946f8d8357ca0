"""Picture sources: what a file or an array holds, and how libvips begins to decode it.

Where a photo comes from, a file or memory, and how libvips begins to decode it.

Animations of which libvips would read the first frame without a word: APNG, and sequences in AVIF.

Sources: PNG 3rd edition, section 11.3.6 (acTL); ISO/IEC 23008-12 and AV1 Image File Format, section 4.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorify.errors import PhotoError, shell_word
from colorify.file_faults import describe_fault
from colorify.images.cicp import StrangeColorsError, profile_of_numbers, read_nclx
from colorify.images.diagnosis import find_rarity, is_cut_short
from colorify.images.formats import HEIC, NAMELESS, READABLE_FORMATS, SNIFF_BYTES, Format, command_word, sniff
from colorify.images.heif import attach_blocks, read_heic
from colorify.images.limits import check_size, check_whole
from colorify.images.metadata.ancillary import AncillaryData, read_ancillary
from colorify.images.metadata.exif import read_resolution
from colorify.images.metadata.tiff import MOST_PAGES
from colorify.images.png_chunks import PIXELS, png_chunks
from colorify.images.png_header import read_png_profile
from colorify.images.tiff_header import TiffHeader, read_tiff_header
from colorify.images.tile_cache import cache_tiles, decoded_bytes

Pixels = NDArray[Any]  # (h, w), (h, w, 1..4), uint8 or uint16, sRGB
Source = Path | bytes | Pixels

# Formats whose libvips loaders map the file: where it is cut short meanwhile, or its share goes away, the
# system kills a process that reads a map (SIGBUS). They are read into memory instead; pixels are still not.
_MAPPED_FORMATS: Final = ("jpeg", "webp")
SMALL_FILE_BYTES: Final = 2**20  # bytes; a smaller file is read at once, and opened by its decoder once
MAX_CACHED_BYTES: Final = (
    2**26
)  # bytes; a photo of 20 megapixels in colour is smaller, and need not be decoded twice


@dataclass(frozen=True)
class ImageSource:
    """Where a photo comes from."""

    name: str  # for messages
    data: Path | bytes | pyvips.Image
    format: Format | None  # of the result, if nobody wants another; None: pixels that were in memory
    tiff: TiffHeader | None = None  # what a TIFF says of its pictures
    profile: bytes | None = None  # ICC, that a PNG without one amounts to
    beside: AncillaryData = field(default_factory=AncillaryData)  # what libvips does not carry over
    notes: tuple[str, ...] = ()  # what its header alone shows
    path: Path | None = None  # of the file, if it is one
    page: int | None = None  # which picture of a TIFF, from 0; None: there is but one

    @property
    def is_jpeg(self) -> bool:
        """Whether it is the file of a JPEG, and no picture in memory of which one is to be made."""
        return (
            self.format is not None and self.format.name == "jpeg" and not isinstance(self.data, pyvips.Image)
        )

    @property
    def is_small(self) -> bool:
        """Whether all of it is read as soon as its header."""
        if not isinstance(self.data, Path):
            return isinstance(self.data, bytes)
        try:
            return self.data.stat().st_size <= SMALL_FILE_BYTES
        except OSError as error:
            raise PhotoError(f"{self.name}: {describe_fault(error, self.data)}") from error

    @cached_property
    def unread(self) -> list[pyvips.Image]:
        """The picture of which `read_header` read the header alone: taken by the first that decodes it."""
        return []

    @cached_property
    def content(self) -> Path | bytes | pyvips.Image:
        """What libvips is given, `data`, or the bytes of a file that it would map. Raises PhotoError."""
        if not isinstance(self.data, Path) or self.format is None or self.format.name not in _MAPPED_FORMATS:
            return self.data
        try:
            return self.data.read_bytes()
        except OSError as error:
            raise PhotoError(f"{self.name}: {describe_fault(error, self.data)}") from error


def identify_source(source: Source, max_pixels: int, page: int | None = None) -> ImageSource:
    """Look at the first bytes of a file or the shape of pixels. Raises PhotoError for what is no picture.

    A HEIC photo is decoded here, unless it has more than `max_pixels` pixels.
    """
    if isinstance(source, np.ndarray):
        return ImageSource("pixels", _image_from_pixels(source), None)
    if isinstance(source, bytes):
        return _identify_file(source, sniff(source[:SNIFF_BYTES]), NAMELESS, max_pixels, page)
    name = str(source)
    if source.is_dir():
        raise PhotoError(f"{name}: expected a picture file, found a folder.")
    try:
        with source.open("rb", buffering=0) as file:
            row = sniff(file.read(SNIFF_BYTES), name, source)
    except OSError as error:
        raise PhotoError(f"{name}: {describe_fault(error, source)}") from error
    return _identify_file(source, row, name, max_pixels, page)


def _identify_file(
    data: Path | bytes, row: Format, name: str, max_pixels: int, page: int | None
) -> ImageSource:
    path = data if isinstance(data, Path) else None
    said = () if path is None else _compare_name(path, row)
    if row is not HEIC:
        origin = _add_header(ImageSource(name, data, row, path=path, page=page))
        return replace(origin, notes=(*said, *origin.notes)) if said else origin
    pixels, blocks, left_out = read_heic(data, name, max_pixels)
    notes = (*said, *(f"{what} left out" for what in left_out))
    return ImageSource(name, attach_blocks(_image_from_pixels(pixels), blocks), row, notes=notes, path=path)


def _compare_name(path: Path, row: Format) -> tuple[str, ...]:
    """Say what a file is where its name says that it is of another kind."""
    named = next((one for one in READABLE_FORMATS if path.suffix.lower() in one.suffixes), None)
    if named is None or named is row:
        return ()
    return (f"is {'HEIC' if row is HEIC else row} by its content, whatever its name says",)


def _add_header(origin: ImageSource) -> ImageSource:
    """Add what a file's header says that libvips does not read. Raises PhotoError for raw photographs."""
    assert origin.format is not None  # files have one
    kind = origin.format.name
    with open_file(origin) as file:
        origin = replace(origin, beside=read_ancillary(file, kind))
        try:
            if kind == "png":
                profile, note = read_png_profile(file)
                return replace(origin, profile=profile, notes=(note,) if note else ())
            if kind == "avif" and (numbers := read_nclx(file)) is not None:
                return replace(origin, profile=profile_of_numbers(*numbers, "AVIF"))
        except StrangeColorsError as error:
            raise PhotoError(f"{origin.name}: {_unreadable(str(error), origin.path)}") from error
        header = read_tiff_header(file, origin.page or 0) if kind == "tiff" else None
    return origin if header is None else _add_tiff_header(origin, header)


def turn_to_page(origin: ImageSource, number: int) -> ImageSource:
    """Return the source of another page of the same TIFF, counted from 0."""
    if origin.tiff is None:
        raise PhotoError(f"{origin.name}: expected a TIFF of several pages.")
    return _add_tiff_header(replace(origin, page=number), origin.tiff.turn_to(number))


def _add_tiff_header(origin: ImageSource, header: TiffHeader) -> ImageSource:
    if header.raw:
        raise PhotoError(
            f"{origin.name}: expected a picture, found a raw photograph, not developed yet. Develop it "
            f"first: {_command('darktable-cli {0} {1}', origin.path, '.tif')}"
        )
    pictures = "smaller picture" + "s" * (header.previews > 1)
    note = f"{header.previews} {pictures} beside the photo, of it or a mask, left out"
    beside = AncillaryData(aspect=header.aspect, has_resolution=header.has_resolution)
    return replace(origin, tiff=header, beside=beside, notes=(note,) if header.previews else ())


def explain(origin: ImageSource) -> str | None:
    """Say why a file cannot be decoded, by its own bytes; None where these do not show it."""
    if isinstance(origin.data, pyvips.Image) or origin.format is None:
        return None
    with open_file(origin) as file:
        rarity = find_rarity(file, origin.format.name, origin.page or 0)
        if rarity is not None:
            return _unreadable(rarity, origin.path)
        return (
            "damaged or cut short (the file ends early)." if is_cut_short(file, origin.format.name) else None
        )


def _unreadable(what: str, path: Path | None) -> str:
    command = _command("magick {0} -depth 16 {1}", path, "-16.tif")
    return f"cannot be read: {what}. Convert it first: {command}"


def _command(line: str, path: Path | None, ending: str) -> str:
    """Return a command line that makes a TIFF called as the file at `path`, with another ending."""
    made = "OUT.tif" if path is None else f"{path.with_suffix('')}{ending}"
    return line.format(command_word(path), shell_word(made))


def decode(origin: ImageSource, *, access: str, shrink: int = 1) -> pyvips.Image:
    """Start to decode; a JPEG can come `shrink` times smaller, 1, 2, 4 or 8."""
    if isinstance(origin.data, pyvips.Image):
        return origin.data
    assert origin.format is not None  # files have one
    options: dict[str, Any] = {"access": access, "fail_on": "error", "revalidate": True}
    if origin.format.name == "jpeg":
        options["shrink"] = shrink
    if origin.tiff is not None:
        options["page"] = origin.tiff.page
    content = origin.content
    if isinstance(content, bytes):
        options.pop("revalidate")
        image = getattr(pyvips.Image, f"{origin.format.loader}_buffer")(content, **options)
    else:
        image = getattr(pyvips.Image, origin.format.loader)(os.fsencode(content), **options)
    return _set_profile(image, origin.profile)


def _set_profile(image: pyvips.Image, profile: bytes | None) -> pyvips.Image:
    if profile is None:
        return image
    result = image.copy()
    result.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    return result


def read_header(origin: ImageSource, max_pixels: int) -> pyvips.Image:
    """Return a picture of which the header alone is read. Raises PhotoError for the wrong size."""
    if origin.is_jpeg and not origin.is_small:
        with open_file(origin) as file:
            header = _read_jpeg_header(file)
    else:
        header = decode(origin, access="sequential")
        origin.unread.append(header)
    check_size(header.width, header.height, _count_pages(header, origin), origin.name, max_pixels)
    whole = _undivided_bytes(header, origin)
    if whole is not None:
        check_whole(header.width, header.height, *whole, origin.name)
    return header


def _read_jpeg_header(file: BinaryIO) -> pyvips.Image:
    """Read no more than that; libvips would map the file, see _MAPPED_FORMATS."""
    source = pyvips.SourceCustom()
    source.on_read(file.read)
    source.on_seek(file.seek)
    return pyvips.Image.jpegload_source(source, access="sequential", fail_on="error")


def open_decoder(
    origin: ImageSource, header: pyvips.Image, *, cache_decoded: bool, repeated: bool = False
) -> tuple[pyvips.Image, bool]:
    """Begin to decode in full, as the file lies; return that, and whether it can be read more than once.

    `cache_decoded`: decode it now, if small or not to be read in parts, into memory or a file without a name.
    `repeated`: all of it will be read more than once, so any other is put into such a file, too.
    """
    if isinstance(origin.data, pyvips.Image):
        return origin.data, True
    turned = read_orientation(header) > 1  # such a photo is not read from the top down
    if cache_decoded and decoded_bytes(header) <= MAX_CACHED_BYTES:
        return _take_unread(origin).copy_memory(), True
    if cache_decoded and (repeated or turned or _undivided_bytes(header, origin)):
        return cache_tiles(decode(origin, access="sequential"), origin.name), True
    return (decode(origin, access="random" if turned else "sequential"), turned)


def _take_unread(origin: ImageSource) -> pyvips.Image:
    """Return what reads a file from the top down, once: that which has read its header, if nobody took it."""
    try:
        return origin.unread.pop()  # in one step, whatever threads there are
    except IndexError:
        return decode(origin, access="sequential")


def _count_pages(image: pyvips.Image, origin: ImageSource) -> int:
    """Return how many pages or frames a file has."""
    if origin.tiff is not None:
        return origin.tiff.pages if origin.page is None or origin.tiff.pages >= MOST_PAGES else 1
    pages = int(image.get("n-pages")) if image.get_typeof("n-pages") else 1
    if isinstance(origin.data, pyvips.Image):
        return pages
    with open_file(origin) as file:
        return max(pages, count_frames(file))


@contextmanager
def open_file(origin: ImageSource) -> Iterator[BinaryIO]:
    """Open the file itself, for what libvips does not read. Raises PhotoError where it cannot be read."""
    assert not isinstance(origin.data, pyvips.Image)  # which is no file
    try:
        data = vars(origin).get("content", origin.data)  # not read in for a look at its header
        with BytesIO(data) if isinstance(data, bytes) else data.open("rb") as file:
            yield file
    except OSError as error:
        raise PhotoError(f"{origin.name}: {describe_fault(error, Path(origin.name))}") from error


def _undivided_bytes(image: pyvips.Image, origin: ImageSource) -> tuple[int, str] | None:
    """Return the bytes and the name of what its decoder cannot decode in parts; None if it can."""
    if isinstance(origin.data, pyvips.Image):
        return None
    assert origin.format is not None  # files have one
    name, pixels = origin.format.name, image.width * image.height
    if name == "jpeg" and image.get_typeof("jpeg-multiscan") and image.get("jpeg-multiscan"):
        return 2 * pixels * image.bands, "a progressive JPEG"  # its coefficients have 16 bits
    if name == "png" and image.get_typeof("interlaced") and image.get("interlaced"):
        return decoded_bytes(image), "an interlaced PNG"
    if name == "webp":
        return 4 * pixels, "a WebP"
    if name == "avif":
        return 2 * decoded_bytes(image), "an AVIF"  # in its own colours, and in RGB
    return None


def turn_upright(image: pyvips.Image, origin: ImageSource) -> tuple[pyvips.Image, bool]:
    """Return a picture turned as its EXIF says, its resolution too, and whether anybody knows that.

    Where the file does not say it itself, EXIF may; libvips would say 72 dots an inch.
    """
    known = origin.beside.has_resolution
    if not known and image.get_typeof("exif-data"):
        per_mm = read_resolution(bytes(image.get("exif-data")))
        known = per_mm is not None
        image = image.copy(xres=per_mm[0], yres=per_mm[1]) if per_mm is not None else image
    turned = turn(image)
    if read_orientation(image) >= 5:
        turned = turned.copy(xres=image.yres, yres=image.xres)
    return turned, known


def turn(image: pyvips.Image) -> pyvips.Image:
    """Return a picture turned as its EXIF says; one that is upright as it is."""
    return image.autorot() if read_orientation(image) > 1 else image


def read_orientation(image: pyvips.Image) -> int:
    """Return how a picture lies, 1 to 8 as EXIF has it; 1 is upright, 5 and more lie on their side."""
    return int(image.get("orientation")) if image.get_typeof("orientation") else 1


def _image_from_pixels(pixels: Pixels) -> pyvips.Image:
    shaped = pixels[:, :, None] if pixels.ndim == 2 else pixels
    if shaped.dtype not in (np.uint8, np.uint16) or shaped.ndim != 3 or not 1 <= shaped.shape[2] <= 4:
        raise PhotoError(
            f"pixels: expected (H, W) or (H, W, 1 to 4) of uint8, uint16 or floats of 0..1, "
            f"found {pixels.shape} of {pixels.dtype}."
        )
    if 0 in shaped.shape:
        raise PhotoError(f"pixels: expected at least one pixel, found {pixels.shape}.")
    image = pyvips.Image.new_from_array(np.ascontiguousarray(shaped))
    kind = "b-w" if image.bands < 3 else "srgb"
    wide = {"b-w": "grey16", "srgb": "rgb16"}[kind]
    return image.copy(interpretation=wide if image.format == "ushort" else kind)


AVIF_SEQUENCE_BRAND: Final = b"avis"  # the brand of an AVIF that is foremost a sequence


def count_frames(file: BinaryIO) -> int:
    """Return how many frames a PNG or an AVIF has; 2 for a sequence, which does not say how many."""
    head = file.read(12)
    if head[4:12] == b"ftyp" + AVIF_SEQUENCE_BRAND:
        return 2
    return _count_png_frames(file) if head.startswith(b"\x89PNG") else 1


def _count_png_frames(file: BinaryIO) -> int:
    for kind, _ in png_chunks(file):
        if kind == PIXELS:
            break
        if kind == b"acTL":
            return int.from_bytes(file.read(4), "big")
    return 1
