"""Anything that is in the source and not in the result, or that changes there, is kept or said in a note.

A row for each kind of thing that a file can hold: how it is put in, and how it is read back.
"""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import ExifTags, Image, IptcImagePlugin

from colorify.colorizer import Colorizer
from colorify.images.metadata import ancillary
from colorify.images.metadata.ancillary import EXTENDED_XMP, jpeg_segments
from colorify.images.metadata.iptc import WRAPPING
from colorify.images.metadata.tiff import TiffTag, _pack, raw_entries, read_layout
from colorify.images.metadata.xmp import RDF, read_properties
from tiny import grey_scene

AFTER = ("jpeg", "png", "tiff", "webp", "avif")
GREY = grey_scene(32, 24)
DC = "http://purl.org/dc/elements/1.1/"
Get = Callable[[bytes], Any]


@dataclass(frozen=True)
class Row:
    """One kind of thing in a file of one format."""

    name: str
    data: bytes  # the file
    get: Get  # what is there: of the source and of the result
    kept: tuple[str, ...] = AFTER  # formats that keep it; in the others a note says so


def plain(kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(GREY).save(file, kind, **options)
    return file.getvalue()


def block(change: Callable[[Image.Exif], None], endian: str = "<") -> bytes:
    exif = Image.Exif()
    exif.endian = endian
    change(exif)
    return exif.tobytes()


def heic(**options: Any) -> bytes:
    """Write a HEIC photo; without the extra, none."""
    if find_spec("pillow_heif") is None:
        return b""
    import pillow_heif

    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(GREY).convert("RGB")).save(file, format="HEIF", **options)
    return file.getvalue()


def is_heic(data: bytes) -> bool:
    return data[4:12] == b"ftypheic"


def of_heic(data: bytes) -> dict[str, Any]:
    """Return what a HEIC photo holds beside its pixels."""
    import pillow_heif

    return dict(pillow_heif.open_heif(io.BytesIO(data)).info)


def pil(data: bytes) -> Image.Image:
    if is_heic(data):
        picture = Image.new("L", (1, 1))
        picture.info["exif"] = of_heic(data)["exif"]
        return picture
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        return picture


def exif_tag(tag: int, below: int | None = None) -> Get:
    def get(data: bytes) -> Any:
        exif = pil(data).getexif()
        found = exif.get(tag) if below is None else exif.get_ifd(below).get(tag)
        return found.rstrip("\0") if isinstance(found, str) else found

    return get


def with_exif(tag: int, value: Any, below: int | None = None, kind: str = "JPEG", endian: str = "<") -> bytes:
    def change(exif: Image.Exif) -> None:
        if below is None:
            exif[tag] = value
        else:
            exif.get_ifd(below)[tag] = value

    return plain(kind, exif=block(change, endian))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(kind: bytes, data: bytes) -> bytes:
    sound = plain("PNG")
    return sound[:33] + chunk(kind, data) + sound[33:]


def png_chunk(kind: bytes) -> Get:
    def get(data: bytes) -> list[bytes]:
        found, at = [], 8
        while data.startswith(b"\x89PNG") and at < len(data):
            size = int.from_bytes(data[at : at + 4], "big")
            if data[at + 4 : at + 8] == kind and b"XML:com.adobe" not in data[at : at + 30]:
                found.append(data[at + 8 : at + 8 + size])
            at += 12 + size
        return found

    return get


def jpeg(marker: int, data: bytes) -> bytes:
    sound = plain("JPEG")
    return sound[:20] + struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data + sound[20:]


def segments(marker: int, start: bytes = b"") -> Get:
    def get(data: bytes) -> list[bytes]:
        if not data.startswith(b"\xff\xd8"):
            return []
        return [
            found
            for kind, found in jpeg_segments(io.BytesIO(data))
            if kind == marker and found.startswith(start)
        ]

    return get


def density(data: bytes) -> Any:
    """Unit, x and y; of a PNG without its unit's scale."""
    if data.startswith(b"\x89PNG"):
        return [struct.unpack(">IIB", found)[:2] for found in png_chunk(b"pHYs")(data)]
    if data.startswith(b"\xff\xd8"):
        jfif = [
            found for found in segments(0xE0, b"JFIF")(data) if struct.unpack_from(">HH", found, 8) != (1, 1)
        ]
        return [struct.unpack_from(">HH", found, 8) for found in jfif]
    tags = pil(data).getexif()
    return [(int(tags[282]), int(tags[283]))] if 282 in tags else []


def per_inch(data: bytes) -> Any:
    picture = pil(data)
    exif = picture.getexif()
    found = picture.info.get("dpi") or ((float(exif[282]), float(exif[283])) if 282 in exif else None)
    return found and tuple(round(float(value), 1) for value in found)


def packet(title: str, more: str = "") -> bytes:
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about=""'
        f' xmlns:dc="{DC}" dc:source="{title}"{more}/></rdf:RDF></x:xmpmeta>'
    ).encode()


def xmp_source(data: bytes) -> Any:
    if is_heic(data):
        return read_properties(of_heic(data)["xmp"]).get(f"{{{DC}}}source")
    image = pyvips.Image.new_from_buffer(data, "")
    if not image.get_typeof("xmp-data"):
        return None
    return read_properties(bytes(image.get("xmp-data"))).get(f"{{{DC}}}source")


def iptc(*fields: tuple[int, int, bytes], more: bytes = b"") -> bytes:
    bare = b"".join(
        struct.pack(">BBBH", 0x1C, record, number, len(text)) + text for record, number, text in fields
    )
    resource = b"8BIM" + struct.pack(">HHI", 0x0404, 0, len(bare)) + bare + bytes(len(bare) % 2)
    return jpeg(0xED, WRAPPING + resource + more)


def iptc_field(record: int, number: int) -> Get:
    def get(data: bytes) -> Any:
        return (IptcImagePlugin.getiptcinfo(pil(data)) or {}).get((record, number))

    return get


def caption(data: bytes) -> Any:
    """An IPTC caption as a reader sees it: in IPTC by its encoding, else in XMP."""
    info = IptcImagePlugin.getiptcinfo(pil(data)) or {}
    if (2, 120) in info:
        return info[2, 120].decode("utf-8" if info.get((1, 90)) or b"\xc3" in info[2, 120] else "latin-1")
    image = pyvips.Image.new_from_buffer(data, "")
    found = read_properties(bytes(image.get("xmp-data"))) if image.get_typeof("xmp-data") else {}
    return (found.get(f"{{{DC}}}description") or [None])[0]


def tiff(*tags: tuple[int, int, bytes]) -> bytes:
    """Write a TIFF with tags (number, type, packed value) besides those of its pixels."""
    image = io.BytesIO()
    Image.fromarray(GREY).save(image, "TIFF", tiffinfo={})
    file = io.BytesIO(image.getvalue())
    layout, position = read_layout(file)
    present = raw_entries(file, layout, position)
    start = len(image.getvalue()) + len(image.getvalue()) % 2
    new = {tag: TiffTag(kind, value) for tag, kind, value in tags}
    packed = _pack(new, {tag: row for tag, row in present.items() if tag not in new}, start, layout)
    whole = image.getvalue().ljust(start, b"\0") + packed
    return whole[:4] + struct.pack("<I", start) + whole[8:]


def riff(kind: bytes, data: bytes) -> bytes:
    sound = plain("WEBP", exif=block(lambda exif: exif.__setitem__(271, "x")))
    whole = sound + kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


def contains(text: bytes) -> Get:
    return lambda data: text in data


EXIF, GPS = ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo
COMMENT = ExifTags.Base.UserComment
MAKER = b"Maker\0\1\2\3 with offsets \xff"
ENCODINGS = {
    "ASCII": b"ASCII\0\0\0In her garden",
    "Unicode": b"UNICODE\0" + "Großmutter".encode("utf-16-le"),
    "JIS": b"JIS\0\0\0\0\0" + "庭".encode("iso2022_jp"),
    "undefined": bytes(8) + "Gro\xdf".encode("latin-1"),
}
COMMENT_A = b"\xff\xfe\0\3A"
UNKNOWN = b"JFIF\0\1\1\0\0\1\0\1"  # density: no unit, 1 to 1
NOT_SQUARE = ("jpeg", "png", "tiff")

ROWS = [
    *(
        Row(f"EXIF in {kind}", with_exif(271, "Plaubel", kind=kind), exif_tag(271))
        for kind in ("JPEG", "PNG", "WEBP", "AVIF")
    ),
    Row("EXIF, big-endian", with_exif(271, "Plaubel", endian=">"), exif_tag(271)),
    Row(
        "EXIF of 70 kB",
        with_exif(270, "x" * 70_000, kind="PNG"),
        exif_tag(270),
        ("png", "tiff", "webp", "avif"),
    ),
    Row("EXIF in Latin-1", with_exif(315, b"Andr\xe9"), exif_tag(315)),
    Row("EXIF in UTF-8", with_exif(315, "Großmutter"), exif_tag(315)),
    Row("EXIF of no standard", with_exif(50_000, "ours"), exif_tag(50_000)),
    Row("EXIF position", with_exif(2, (52.0, 30.0, 0.0), GPS), exif_tag(2, GPS)),
    Row("EXIF exposure", with_exif(33_434, 0.5, EXIF), exif_tag(33_434, EXIF)),
    Row("EXIF date", with_exif(36_867, "1921:07:04 12:00:00", EXIF), exif_tag(36_867, EXIF)),
    Row("EXIF maker's note", with_exif(37_500, MAKER, EXIF), exif_tag(37_500, EXIF)),
    *(
        Row(f"EXIF comment, {name}", with_exif(COMMENT, text, EXIF), exif_tag(COMMENT, EXIF))
        for name, text in ENCODINGS.items()
    ),
    Row("XMP in JPEG", plain("JPEG", xmp=packet("an album")), xmp_source),
    Row("XMP in WebP", plain("WEBP", xmp=packet("an album")), xmp_source),
    Row("XMP with the word IDAT", plain("WEBP", xmp=packet("IDAT" * 5000)), xmp_source),
    Row("XMP in AVIF", plain("AVIF", xmp=packet("an album")), xmp_source),
    Row("XMP in UTF-16", plain("WEBP", xmp=packet("Großmutter").decode().encode("utf-16")), xmp_source),
    Row(
        "XMP of 80 kB",
        plain("WEBP", xmp=packet("x" * 80_000)),
        xmp_source,
        ("png", "tiff", "webp", "avif"),
    ),
    Row("XMP, damaged", plain("WEBP", xmp=b"<x:xmpmeta an album"), contains(b"an album"), ()),
    Row(
        "XMP, extended",
        jpeg(0xE1, EXTENDED_XMP + b"0" * 32 + struct.pack(">II", 6, 0) + b"<more>"),
        segments(0xE1, EXTENDED_XMP),
        ("jpeg",),
    ),
    Row("IPTC in UTF-8, marked", iptc((1, 90, b"\x1b%G"), (2, 120, "Großmutter".encode())), caption),
    Row("IPTC in UTF-8, unmarked", iptc((2, 120, "Großmutter".encode())), caption),
    Row("IPTC in Latin-1", iptc((2, 120, "Gro\xdfmutter".encode("latin-1"))), caption),
    Row("IPTC with a no-break space", iptc((2, 120, "A\xa0B".encode("latin-1"))), caption),
    Row("IPTC without a name in XMP", iptc((2, 118, b"Anna")), iptc_field(2, 118), ("jpeg", "tiff")),
    Row("IPTC envelope", iptc((1, 30, b"agency"), (2, 120, b"x")), iptc_field(1, 30), ("jpeg", "tiff")),
    Row(
        "IPTC twice where XMP has one",
        iptc((2, 120, b"first"), (2, 120, b"second")),
        iptc_field(2, 120),
        ("jpeg", "tiff"),
    ),
    Row(
        "Photoshop's path",
        iptc((2, 120, b"x"), more=b"8BIM" + struct.pack(">HHI", 0x07D0, 0, 16) + b"a clipping path."),
        contains(b"a clipping path."),
        ("jpeg", "tiff"),
    ),
    Row("JPEG comment", jpeg(0xFE, b"In her garden"), segments(0xFE), ("jpeg",)),
    Row("JPEG comment in Latin-1", jpeg(0xFE, b"Gro\xdfmutter"), segments(0xFE), ("jpeg",)),
    Row(
        "JPEG of two comments", jpeg(0xFE, b"A").replace(COMMENT_A, COMMENT_A * 2), segments(0xFE), ("jpeg",)
    ),
    Row("JPEG further pictures", jpeg(0xE2, b"MPF\0II*\0"), segments(0xE2, b"MPF"), ()),
    Row("JPEG content credentials", jpeg(0xEB, b"JP\0\1 of the old one"), segments(0xEB), ()),
    Row("JPEG segment of a program", jpeg(0xE5, b"OURS\0 data"), segments(0xE5), ()),
    Row("JPEG density", plain("JPEG", dpi=(300, 300)), per_inch),
    Row(
        "JPEG density by cm",
        plain("JPEG").replace(UNKNOWN, UNKNOWN[:7] + b"\2\0\x76\0\x76"),
        per_inch,
    ),
    Row(
        "JPEG of pixels that are not square",
        plain("JPEG").replace(UNKNOWN, UNKNOWN[:8] + b"\0\2\0\1"),
        density,
        NOT_SQUARE,
    ),
    Row("PNG text", png(b"tEXt", b"Creation Time\x001921 in Gro\xdf"), png_chunk(b"tEXt"), ("png",)),
    Row(
        "PNG text, packed",
        png(b"zTXt", b"A\0\0" + zlib.compress(b"hello")),
        png_chunk(b"zTXt"),
        ("png",),
    ),
    Row(
        "PNG text, Unicode",
        png(b"iTXt", b"Title\0\0\0de\0Titel\0" + "Großmutter".encode()),
        png_chunk(b"iTXt"),
        ("png",),
    ),
    Row("PNG time", png(b"tIME", struct.pack(">H5B", 1921, 7, 4, 12, 0, 0)), png_chunk(b"tIME"), ("png",)),
    Row("PNG density", plain("PNG", dpi=(300, 300)), per_inch),
    Row("PNG of pixels that are not square", png(b"pHYs", struct.pack(">IIB", 2, 1, 0)), density, NOT_SQUARE),
    Row("PNG offset", png(b"oFFs", struct.pack(">iiB", 5, 6, 0)), png_chunk(b"oFFs"), ("png",)),
    Row("PNG background", png(b"bKGD", b"\0\5"), png_chunk(b"bKGD"), ()),
    Row("PNG significant bits", png(b"sBIT", b"\7"), png_chunk(b"sBIT"), ()),
    Row("PNG chunk of a program", png(b"ouRs", b"data"), png_chunk(b"ouRs"), ()),
    *(
        Row(f"TIFF {name}", tiff((tag, 2, text + b"\0")), exif_tag(tag))
        for tag, name, text in [
            (269, "DocumentName", b"album"),
            (270, "ImageDescription", b"In her garden"),
            (285, "PageName", b"page 7"),
            (305, "Software", b"a scanner's"),
            (306, "DateTime", b"1921:07:04 12:00:00"),
            (315, "Artist", b"Anna"),
            (316, "HostComputer", b"a computer"),
            (337, "TargetPrinter", b"a printer"),
            (33_432, "Copyright", b"nobody's"),
            (50_000, "tag of a program", b"ours"),
        ]
    ),
    Row("TIFF PageNumber", tiff((297, 3, struct.pack("<HH", 7, 9))), exif_tag(297)),
    Row("TIFF XMP", tiff((700, 1, packet("an album"))), xmp_source),
    Row("TIFF IPTC", tiff((33_723, 7, struct.pack(">BBBH", 0x1C, 2, 120, 4) + b"Anna")), caption),
    Row(
        "TIFF Photoshop",
        tiff((34_377, 1, b"8BIM" + struct.pack(">HHI", 0x07D0, 0, 16) + b"a clipping path.")),
        contains(b"a clipping path."),
        ("jpeg", "tiff"),
    ),
    *(
        Row(f"TIFF density, {name}", tiff((282, 5, value), (283, 5, value), (296, 3, unit)), per_inch)
        for name, value, unit in [
            ("inches", struct.pack("<II", 300, 1), b"\2\0"),
            ("centimetres", struct.pack("<II", 118, 1), b"\3\0"),
            ("fraction", struct.pack("<II", 1503, 10), b"\2\0"),
        ]
    ),
    Row(
        "TIFF of pixels that are not square",
        tiff((282, 5, struct.pack("<II", 2, 1)), (283, 5, struct.pack("<II", 1, 1)), (296, 3, b"\1\0")),
        density,
        NOT_SQUARE,
    ),
    Row("WebP chunk of a program", riff(b"OURS", b"data"), contains(b"OURS"), ()),
    Row("EXIF in HEIC", heic(exif=block(lambda exif: exif.__setitem__(271, "Plaubel"))), exif_tag(271)),
    Row(
        "EXIF position in HEIC",
        heic(exif=block(lambda exif: exif.get_ifd(GPS).__setitem__(2, (52.0, 30.0, 0.0)))),
        exif_tag(2, GPS),
    ),
    Row("XMP in HEIC", heic(xmp=packet("an album")), xmp_source),
]


@pytest.mark.parametrize("after", AFTER)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_kind_is_kept_or_said(colorizer: Colorizer, row: Row, after: str) -> None:
    if not row.data:
        pytest.skip("pip install 'colorify-photo[heif]'")
    before = row.get(row.data)
    assert before, "else this test shows nothing"
    report = colorizer.colorize_file(row.data, None, format=after)
    assert report.data is not None
    if after in row.kept:
        assert row.get(report.data) == before
        assert report.notes == ()
    else:
        assert row.get(report.data) != before
        assert len(report.notes) == 1, report.notes


@pytest.mark.parametrize("after", AFTER)
@pytest.mark.parametrize("before", [*AFTER, "EXIF"])
def test_nothing_appears_that_was_not_there(colorizer: Colorizer, before: str, after: str) -> None:
    data = with_exif(271, "Plaubel") if before == "EXIF" else plain(before.upper())
    report = colorizer.colorize_file(data, None, format=after)
    assert report.data is not None
    picture = pil(report.data)
    storage = {256, 257, 258, 259, 262, 273, 274, 277, 278, 279, 284, 317, 338, 339, 700, 34_675}
    assert set(picture.getexif()) - storage == ({271} if before == "EXIF" else set())
    assert picture.getexif().get_ifd(EXIF) == {}
    assert png_chunk(b"pHYs")(report.data) == []
    assert not set(picture.getexif()) & {282, 283, 296}
    assert picture.info.get("jfif_unit", 0) == 0


@pytest.mark.parametrize("after", AFTER)
def test_what_exif_says_of_the_picture_is_true_of_the_new_one(colorizer: Colorizer, after: str) -> None:
    def change(exif: Image.Exif) -> None:
        exif[274] = 6
        exif[262] = 1
        exif.get_ifd(EXIF)[40_962], exif.get_ifd(EXIF)[40_963] = 32, 24
        exif.get_ifd(EXIF)[40_961] = 65_535

    report = colorizer.colorize_file(plain("JPEG", exif=block(change)), None, format=after)
    assert report.data is not None
    exif = pil(report.data).getexif()
    assert exif.get(274, 1) == 1
    assert exif.get(262, 2) == 2
    inner = exif.get_ifd(EXIF)
    assert (inner[40_962], inner[40_963], inner[40_961]) == (24, 32, 1)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
@pytest.mark.parametrize("after", AFTER[1:])
def test_alpha_is_kept(colorizer: Colorizer, mode: str, after: str) -> None:
    file = io.BytesIO()
    pixels = np.dstack([GREY] * (len(mode) - 1) + [GREY[::-1]])
    Image.fromarray(pixels).save(file, "PNG")
    report = colorizer.colorize_file(file.getvalue(), None, format=after)
    assert report.data is not None
    alpha = pyvips.Image.new_from_buffer(report.data, "")[-1].numpy()
    assert np.abs(alpha.astype(int) - GREY[::-1]).max() <= (8 if after == "avif" else 0)


MOTION = b"\0\0\0\x18ftypmp42" + bytes(5000)


@pytest.mark.parametrize(
    ("trailer", "said"),
    [
        (MOTION, ("the video after the end of the picture (5,012 bytes) left out",)),
        (b"OURS" * 10, ("data after the end of the picture (40 bytes) left out",)),
        (bytes(100), ()),
        (b"", ()),
    ],
)
def test_what_follows_the_pixels_of_a_jpeg_is_said(
    colorizer: Colorizer, tmp_path: Path, trailer: bytes, said: tuple[str, ...]
) -> None:
    (tmp_path / "a.jpg").write_bytes(plain("JPEG") + trailer)
    report = colorizer.colorize_file(tmp_path / "a.jpg", tmp_path / "b.jpg")
    assert report.notes == said
    assert trailer == b"" or trailer not in (tmp_path / "b.jpg").read_bytes()
    assert colorizer.colorize_file(plain("JPEG") + trailer, None).notes == said


def test_the_end_of_a_jpeg_is_found_where_blocks_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    for size in range(1, 12):
        monkeypatch.setattr(ancillary, "_BLOCK", size)
        found = ancillary.find_trailer(io.BytesIO(plain("JPEG") + b"OURS"))
        assert found == ("data after the end of the picture (4 bytes)",)
