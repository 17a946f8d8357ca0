"""The kinds of picture file that Colorify reads and writes, as rows of a table; and HEIC, which it reads."""

import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any, Final

from colorify.errors import PhotoError, shell_word
from colorify.images.other_kinds import describe_cure, guess_kind
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
READABLE_FORMATS: Final = (*FORMATS, HEIC)

NAMELESS: Final = "the photo"  # in messages, what came as bytes


def sniff(head: bytes, name: str = NAMELESS, path: PurePath | None = None) -> Format:
    """Return the format of a file that begins with `head`; its suffix does not count.

    `path`: of the file, where it is one that a person could give to another program.
    Raises PhotoError, naming the file `name`, where it is none of those that can be read.
    """
    row = match_format(head)
    if row is not None:
        return row
    if not head:
        raise PhotoError(f"{name}: the file is empty. Copy it again.")
    found = guess_kind(head)
    cure = describe_cure(found, command_word(path))
    raise PhotoError(f"{name}: expected a {READABLE} file, found {found}. {cure}")


def match_format(head: bytes) -> Format | None:
    """Return the format of a file that begins with `head`; None where it is none that can be read."""
    return next((row for row in READABLE_FORMATS if row.matches(head)), None)


def read_head(path: Path) -> bytes:
    """Return the first bytes of a file; none of what cannot be read, nor of a pipe, that may send none."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return b""
        with path.open("rb", buffering=0) as file:
            return file.read(SNIFF_BYTES)
    except OSError:
        return b""  # who opens it says what is wrong


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
