"""Pictures of kinds that Colorify does not read: how they are told, and what to convert them with."""

from typing import Final

_RAW: Final = "a raw photograph"
_JPEG_2000: Final = "a JPEG 2000 file"
_JPEG_XL: Final = "a JPEG XL file"
_BITMAP: Final = "a BMP"
_GIF: Final = "a GIF"
_PHOTOSHOP: Final = "a Photoshop file"
_NETPBM: Final = "a Netpbm picture"
_OPENEXR: Final = "an OpenEXR picture"
_GIMP: Final = "a GIMP file"
_OTHER: Final = "a picture of another kind"
_ICON: Final = "an icon"
_DRAWING: Final = "an SVG drawing"
_PDF: Final = "a PDF"
_ARCHIVE: Final = "a ZIP archive"
_FILM: Final = "a film"
_UNKNOWN: Final = "something else"
# what to type, with a program that keeps the depth; libvips, as it is installed with us, opens none of these
_CURES: Final = {
    _RAW: "Develop it first: darktable-cli {0} OUT.tif",
    _JPEG_2000: "Convert it first, with OpenJPEG: opj_decompress -i {0} -o OUT.tif",
    _JPEG_XL: "Convert it first, with libjxl: djxl {0} OUT.png",
    **dict.fromkeys(
        (_BITMAP, _GIF, _NETPBM, _OPENEXR, _OTHER, _ICON, _DRAWING), "Convert it first: magick {0} OUT.png"
    ),
    _GIMP: "Export it from GIMP as a TIFF, or convert it: magick {0} OUT.tif",
    _PDF: "Take its pictures out first, with Poppler: pdfimages -all {0} OUT",
    _ARCHIVE: "Unpack it first: unzip {0} -d OUT",
    _FILM: "Colour it as a film: colorify video {0}",
    _UNKNOWN: "If it is a picture, convert it to a PNG or a TIFF first.",
    _PHOTOSHOP: "Save it as a TIFF, or convert it: magick {0}'[0]' OUT.tif",
}
_OTHER_SIGNATURES: Final = (
    (b"IIRO", _RAW),  # Olympus
    (b"IIRS", _RAW),
    (b"MMOR", _RAW),
    (b"IIU\0", _RAW),  # Panasonic, Leica
    (b"FUJIFILMCCD-RAW", _RAW),
    (b"FOVb", _RAW),  # Sigma
    (b"\0MRM", _RAW),  # Minolta
    (b"GIF8", _GIF),
    (b"BM", _BITMAP),
    (b"%PDF", _PDF),
    (b"8BPS", _PHOTOSHOP),
    (b"\0\0\1\0", _ICON),
    (b"\x76\x2f\x31\x01", _OPENEXR),
    (b"gimp xcf", _GIMP),
    *((b"P%d" % number + space, _NETPBM) for number in range(1, 8) for space in (b"\n", b" ", b"\r", b"\t")),
    (b"\xff\x0a", _JPEG_XL),
    (b"\0\0\0\x0cJXL ", _JPEG_XL),
    (b"\0\0\0\x0cjP  ", _JPEG_2000),
    (b"\xff\x4f\xff\x51", _JPEG_2000),  # without the file around it
    (b"<svg", _DRAWING),
    (b"PK", _ARCHIVE),
)
# by suffix, as what they are found by their first bytes
_SUFFIXES: Final = {
    **dict.fromkeys(("bmp", "dib"), _BITMAP),
    "gif": _GIF,
    **dict.fromkeys(("psd", "psb"), _PHOTOSHOP),
    **dict.fromkeys(("jp2", "j2k", "jpf", "jpx"), _JPEG_2000),
    "jxl": _JPEG_XL,
    **dict.fromkeys(("3fr", "arw", "cr2", "cr3", "crw", "dcr", "dng", "erf", "fff", "iiq", "kdc"), _RAW),
    **dict.fromkeys(("mef", "mos", "mrw", "nef", "nrw", "orf", "pef", "raf", "raw", "rw2", "rwl"), _RAW),
    **dict.fromkeys(("sr2", "srf", "srw", "x3f"), _RAW),
    **dict.fromkeys(("pam", "pbm", "pgm", "pnm", "ppm"), _NETPBM),
    "exr": _OPENEXR,
    "xcf": _GIMP,
    **dict.fromkeys(("pcx", "tga"), _OTHER),
}
# what those are called that have no suffix
_NAMES: Final = {
    _RAW: "raw",
    _BITMAP: "BMP",
    _GIF: "GIF",
    _PHOTOSHOP: "PSD",
    _JPEG_2000: "JPEG 2000",
    _JPEG_XL: "JPEG XL",
}


def guess_kind(head: bytes) -> str:
    """Return what a file is that begins with `head`, in words, as far as that shows."""
    if head[4:8] == b"ftyp":
        return _RAW if head[8:12] == b"crx " else _FILM  # Canon
    return next((what for magic, what in _OTHER_SIGNATURES if head.startswith(magic)), _UNKNOWN)


def describe_cure(kind: str, word: str) -> str:
    """Say what to do about a file that is a `kind`; `word`: the file, as a shell takes it."""
    return _CURES[kind].format(word)


def name_unread_kind(suffix: str, head: bytes | None) -> tuple[str, str] | None:
    """Return what a picture is called that is not read, BMP or CR2, and its kind; None for any other file.

    `suffix`: with its dot. `head`: the first bytes of a file without a suffix, and of no other.
    """
    if head is not None:
        kind = guess_kind(head)
        return (_NAMES[kind], kind) if kind in _NAMES else None
    letters = suffix.lower().removeprefix(".")
    return (letters.upper(), _SUFFIXES[letters]) if letters in _SUFFIXES else None
