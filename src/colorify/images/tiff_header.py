"""What a TIFF says of its pictures: which of them is the photo, what its channels are, and what it is at all.

Raw photographs are TIFFs whose first picture is a preview; scans have a smaller picture beside the scan; what
stands beside red, green and blue may be alpha, infrared or ink. What the file declares is believed.
Sources: TIFF 6.0, sections 6 to 8, 18 and 23; TIFF/EP (ISO 12234-2); DNG 1.7, chapter 4; libtiff's tiff.h.
"""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, BinaryIO, Final

from colorify.images.metadata.tiff import DamagedTagsError, Directory, read_at, read_chain

_WIDTH, _HEIGHT = 256, 257
_SUBFILE, _OLD_SUBFILE, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 255, 258, 259, 262
_SAMPLES, _INNER, _EXTRA, _SAMPLE_FORMAT, _DNG_VERSION = 277, 330, 338, 339, 50706
_X, _Y, _UNIT, _RATIONAL = 282, 283, 296, 5
_NO_UNIT, _INCH = 1, 2  # ResolutionUnit
_TAGS: Final = frozenset(
    {
        _WIDTH,
        _HEIGHT,
        _SUBFILE,
        _OLD_SUBFILE,
        _BITS,
        _COMPRESSION,
        _PHOTOMETRIC,
        _SAMPLES,
        _INNER,
        _EXTRA,
        _SAMPLE_FORMAT,
        _DNG_VERSION,
        _X,
        _Y,
        _UNIT,
    }
)
_REDUCED, _MASK = 1, 4  # bits of NewSubfileType
_OLD_REDUCED: Final = 2  # of SubfileType
_SENSOR: Final = frozenset({32803, 34892})  # PhotometricInterpretation: a colour filter array, linear raw
_CANON_RAW: Final = b"CR\x02"  # at byte 8
_MOST_INNER: Final = 8  # directories within one; raw photographs have up to five
_COLORS: Final = {0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3, 8: 3, 9: 3, 10: 3}  # channels, by the interpretation
_LAB: Final = 8
ASSOCIATED, UNASSOCIATED = 1, 2  # ExtraSamples: alpha, multiplied into the colours or not
_UNSPECIFIED: Final = 0
_KNOWN_BITS: Final = frozenset({1, 2, 4, 8, 16})
_SIGNED, _FLOAT, _COMPLEX = 2, 3, 5  # SampleFormat; from the last on
_RARE: Final = {  # compressions that not every libvips can undo
    6: "old-style JPEG", 32766: "NeXT", 32809: "ThunderScan", 32908: "PixarFilm", 32909: "PixarLog",
    33003: "JPEG 2000", 33004: "JPEG 2000", 33005: "JPEG 2000", 34661: "JBIG", 34676: "SGILog",
    34677: "SGILog24", 34712: "JPEG 2000", 34887: "LERC", 34925: "LZMA", 50000: "ZSTD", 50001: "WebP",
    50002: "JPEG XL", 52546: "JPEG XL",
}  # fmt: skip


@dataclass(frozen=True)
class TiffHeader:
    """The pictures of a TIFF."""

    page: int  # of the photo, counted from 0 among all pictures
    sizes: tuple[tuple[int, int], ...]  # width and height of each picture of full size, px, as they lie
    previews: int  # smaller ones, and masks
    colors: int | None  # channels of colour; None: nobody knows
    extra: tuple[int, ...]  # what the other channels are: ExtraSamples
    compression: int  # of the photo: the number in its tag
    raw: bool  # what a sensor saw, not a picture
    rare: str | None  # what not every program reads, in words
    has_resolution: bool = False
    aspect: tuple[int, int] | None = (
        None  # pixels across and down in the same length, where no length is known
    )
    # pictures of full size, by `page`
    full: tuple[tuple[int, Directory], ...] = field(default=(), repr=False)

    @property
    def pages(self) -> int:
        """How many pictures of full size there are."""
        return len(self.sizes)

    def turn_to(self, number: int) -> "TiffHeader":
        """Return the header with another picture of full size, from 0 on, as the photo; no file is read."""
        page, directory = self.full[number]
        return replace(self, page=page, **_describe(directory))


def read_tiff_header(file: BinaryIO, number: int = 0) -> TiffHeader | None:
    """Read a TIFF's header; None where its directories make no sense, which libvips will say.

    `number`: of the picture of full size that is the photo, from 0 on.
    """
    file.seek(8)
    canon = file.read(len(_CANON_RAW)) == _CANON_RAW
    try:
        chain = read_chain(file, _TAGS)
    except DamagedTagsError:
        return None
    if not chain:
        return None
    full = [(index, directory) for index, directory in enumerate(chain) if not _is_smaller(directory)]
    full = full or [(0, chain[0])]
    index, photo = full[min(number, len(full) - 1)]
    return TiffHeader(
        page=index,
        sizes=tuple((_number(each, _WIDTH), _number(each, _HEIGHT)) for _, each in full),
        previews=len(chain) - len(full),
        raw=canon or any(map(_is_raw, [*chain, *_inner(file, chain[0])])),
        full=tuple(full),
        **_describe(photo),
    )


def _describe(photo: Directory) -> dict[str, Any]:
    """Return the fields of a header that are of the photo alone."""
    interpretation = _number(photo, _PHOTOMETRIC)
    samples = _number(photo, _SAMPLES, 1)
    colors = _COLORS.get(interpretation)
    given = photo[_EXTRA].numbers if _EXTRA in photo else []
    extra = [*given, *[_UNSPECIFIED] * samples][: max(0, samples - colors)] if colors else []
    return {
        "colors": colors,
        "extra": tuple(extra),
        "compression": _number(photo, _COMPRESSION, 1),
        "rare": _rarity(photo, interpretation),
        **_resolution(photo),
    }


def _is_smaller(directory: Directory) -> bool:
    """Whether a picture is a smaller one of another, or its mask."""
    return (
        bool(_number(directory, _SUBFILE) & (_REDUCED | _MASK))
        or _number(directory, _OLD_SUBFILE) == _OLD_REDUCED
    )


def _is_raw(directory: Directory) -> bool:
    return _DNG_VERSION in directory or _number(directory, _PHOTOMETRIC) in _SENSOR


def _inner(file: BinaryIO, directory: Directory) -> list[Directory]:
    """Return the directories within one, as far as they can be read."""
    directories = []
    for position in (directory[_INNER].numbers if _INNER in directory else [])[:_MOST_INNER]:
        try:
            directories.append(read_at(file, position, _TAGS))
        except DamagedTagsError:
            continue
    return directories


def _rarity(photo: Directory, interpretation: int) -> str | None:
    bits, kind = _number(photo, _BITS, 1), _number(photo, _SAMPLE_FORMAT, 1)
    compression = _number(photo, _COMPRESSION, 1)
    if compression in _RARE:
        return _RARE[compression]
    if kind in (_SIGNED, _FLOAT) or kind >= _COMPLEX:
        words = {_SIGNED: "signed integer", _FLOAT: "floating point"}.get(kind, "complex number")
        return f"{bits}-bit {words}"
    if bits not in _KNOWN_BITS:
        return f"{bits}-bit"
    if interpretation >= _LAB:
        return f"{bits}-bit CIELab" if interpretation <= 10 else f"PhotometricInterpretation {interpretation}"
    return None


def _resolution(photo: Directory) -> dict[str, Any]:
    fractions = [photo[tag].numbers for tag in (_X, _Y) if tag in photo and photo[tag].kind == _RATIONAL]
    if len(fractions) < 2 or any(len(pair) != 2 or not all(pair) for pair in fractions):
        return {"has_resolution": False, "aspect": None}
    if _number(photo, _UNIT, _INCH) != _NO_UNIT:
        return {"has_resolution": True, "aspect": None}
    ratio = Fraction(*fractions[0]) / Fraction(*fractions[1])
    return {"has_resolution": False, "aspect": ratio.as_integer_ratio() if ratio != 1 else None}


def _number(directory: Directory, tag: int, otherwise: int = 0) -> int:
    numbers = directory[tag].numbers if tag in directory else []
    return numbers[0] if numbers else otherwise
