"""The kinds of picture file that Colorify reads and writes, as rows of a table; and HEIC, which it reads."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any, Final

from colorify.errors import PhotoError, shell_word
from colorify.options import FormatName, parse_format

SNIFF_BYTES: Final = 64  # enough to tell every format of the table
# ISO/IEC 23008-12, annex B: one picture or several, of HEVC or of whatever its other brands say
_HEIC_BRANDS: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


@dataclass(frozen=True)
class Format:
    """One kind of picture file."""

    name: FormatName
    suffixes: tuple[str, ...]  # the first is used for new files
    loader: str  # libvips operation
    saver: str  # libvips operation
    quality: int | None  # 1..100; None where there is nothing to lose
    max_depth: int  # bits a sample
    max_side: int  # px
    has_alpha: bool
    has_grey: bool  # else libvips reads grey as RGB
    iptc: str  # how it holds IPTC: "wrapped" as Photoshop does, "bare", or "", not at all
    matches: Callable[[bytes], bool]  # of the first SNIFF_BYTES bytes
    settings: Callable[[int, int], dict[str, Any]]  # quality, depth -> options of the saver

    def __str__(self) -> str:
        return self.name.upper()


def _is_avif(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and any(brand in head[8:] for brand in (b"avif", b"avis"))


def _is_heic(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS and not _is_avif(head)


def _jpeg_settings(quality: int, depth: int) -> dict[str, Any]:
    # Colour is what this program makes: the codec does not halve it (4:4:4), for a tenth more bytes.
    return {"Q": quality, "subsample_mode": "off"}


def _png_settings(quality: int, depth: int) -> dict[str, Any]:
    # against libpng's usual 6 without a filter: 40 % smaller in two thirds of the time, on photographs
    return {"compression": 3, "filter": "up"}


def _tiff_settings(quality: int, depth: int) -> dict[str, Any]:
    # level 2: as small as 6 to 4 %, in half of the time
    return {"compression": "deflate", "predictor": "horizontal", "level": 2}


def _webp_settings(quality: int, depth: int) -> dict[str, Any]:
    if quality == 100:
        return {"lossless": True, "exact": True}
    return {"Q": quality, "smart_subsample": True}


def _avif_settings(quality: int, depth: int) -> dict[str, Any]:
    settings = {"compression": "av1", "subsample_mode": "off", "bitdepth": 12 if depth > 8 else 8}
    return {**settings, "lossless": True} if quality == 100 else {**settings, "Q": quality}


FORMATS: Final = (
    Format(
        name="jpeg",
        suffixes=(".jpg", ".jpeg", ".jpe", ".jfif"),
        loader="jpegload",
        saver="jpegsave",
        quality=92,
        max_depth=8,
        max_side=65_535,
        has_alpha=False,
        has_grey=True,
        iptc="wrapped",
        matches=lambda head: head.startswith(b"\xff\xd8\xff"),
        settings=_jpeg_settings,
    ),
    Format(
        name="png",
        suffixes=(".png",),
        loader="pngload",
        saver="pngsave",
        quality=None,
        max_depth=16,
        max_side=2**31 - 1,
        has_alpha=True,
        has_grey=True,
        iptc="",
        matches=lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"),
        settings=_png_settings,
    ),
    Format(
        name="tiff",
        suffixes=(".tif", ".tiff"),
        loader="tiffload",
        saver="tiffsave",
        quality=None,
        max_depth=16,
        max_side=2**31 - 1,
        has_alpha=True,
        has_grey=True,
        iptc="bare",
        matches=lambda head: head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
        settings=_tiff_settings,
    ),
    Format(
        name="webp",
        suffixes=(".webp",),
        loader="webpload",
        saver="webpsave",
        quality=90,
        max_depth=8,
        max_side=16_383,
        has_alpha=True,
        has_grey=False,
        iptc="",
        matches=lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP",
        settings=_webp_settings,
    ),
    Format(
        name="avif",
        suffixes=(".avif",),
        loader="heifload",
        saver="heifsave",
        quality=75,
        max_depth=12,
        max_side=16_384,
        has_alpha=True,
        has_grey=False,
        iptc="",
        matches=_is_avif,
        settings=_avif_settings,
    ),
)
READABLE: Final = "JPEG, PNG, TIFF, WebP, AVIF or HEIC"
# libheif reads it (heif.py), and no encoder of a free licence writes it: what becomes of it is a JPEG
HEIC: Final = replace(FORMATS[0], suffixes=(".heic", ".heif", ".hif"), matches=_is_heic)


NAMELESS: Final = "the photo"  # in messages, what came as bytes


def sniff(head: bytes, name: str = NAMELESS, path: PurePath | None = None) -> Format:
    """Return the format of a file that begins with `head`; its suffix does not count.

    `path`: of the file, where it is one that a person could give to another program.
    Raises PhotoError, naming the file `name`, where it is none of those that can be read.
    """
    for row in (*FORMATS, HEIC):
        if row.matches(head):
            return row
    if not head:
        raise PhotoError(f"{name}: the file is empty. Copy it again.")
    found = _guess_kind(head)
    cure = _CURES.get(found, "Convert it first.").format(command_word(path))
    raise PhotoError(f"{name}: expected a {READABLE} file, found {found}. {cure}")


def command_word(path: PurePath | None) -> str:
    """Return how a command that is advised names a photo; one without a path as it names its result, OUT."""
    return "PHOTO" if path is None else shell_word(str(path))


def format_named(name: str) -> Format:
    """Return the format called `name` ("jpeg", "jpg", ".tif" ...); raises UsageError for any other."""
    wanted = parse_format(name)
    return next(row for row in FORMATS if row.name == wanted)


def find_format(path: PurePath) -> Format | None:
    """Return the format that the suffix of a file says, None where that says none."""
    return next((row for row in FORMATS if path.suffix.lower() in row.suffixes), None)


_RAW: Final = "a raw photograph"
_JPEG_2000: Final = "a JPEG 2000 file"
_JPEG_XL: Final = "a JPEG XL file"
# what to type, with a program that keeps the depth; libvips, as it is installed with us, opens none of these
_CURES: Final = {
    _RAW: "Develop it first: darktable-cli {0} OUT.tif",
    _JPEG_2000: "Convert it first, with OpenJPEG: opj_decompress -i {0} -o OUT.tif",
    _JPEG_XL: "Convert it first, with libjxl: djxl {0} OUT.png",
    "a GIF": "Convert it first: magick {0} OUT.png",
    "a BMP": "Convert it first: magick {0} OUT.png",
    "a Photoshop file": "Save it as a TIFF, or convert it: magick {0}'[0]' OUT.tif",
}
_OTHER_SIGNATURES: Final = (
    (b"IIRO", _RAW),  # Olympus
    (b"IIRS", _RAW),
    (b"MMOR", _RAW),
    (b"IIU\0", _RAW),  # Panasonic, Leica
    (b"FUJIFILMCCD-RAW", _RAW),
    (b"FOVb", _RAW),  # Sigma
    (b"\0MRM", _RAW),  # Minolta
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"%PDF", "a PDF"),
    (b"8BPS", "a Photoshop file"),
    (b"\0\0\1\0", "an icon"),
    (b"\xff\x0a", _JPEG_XL),
    (b"\0\0\0\x0cJXL ", _JPEG_XL),
    (b"\0\0\0\x0cjP  ", _JPEG_2000),
    (b"\xff\x4f\xff\x51", _JPEG_2000),  # without the file around it
    (b"<svg", "an SVG drawing"),
    (b"PK", "a ZIP archive"),
)


def _guess_kind(head: bytes) -> str:
    if head[4:8] == b"ftyp":
        return _RAW if head[8:12] == b"crx " else "a film"  # Canon
    return next((what for magic, what in _OTHER_SIGNATURES if head.startswith(magic)), "something else")
