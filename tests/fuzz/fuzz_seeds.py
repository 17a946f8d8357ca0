"""Small sound files of every format, depth and mode, with profiles and metadata: what the fuzzer damages."""

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from PIL import Image

from colorify.images.metadata.transfer import Mark, add_mark
from hostile import hostile_packets
from tiny import grey_scene

HOSTILE_PACKETS = len(hostile_packets(400))
PHOTOS = Path(__file__).parent.parent / "photos"
SIZE = (16, 16)  # px: as small as a decoder's blocks, so that a million files can be tried
_XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="an album"/>'
    b"</rdf:RDF></x:xmpmeta>"
)


def seeds() -> dict[str, bytes]:
    """Make them all: name -> content of the file."""
    return {name: make() for name, make in _makers()}


def xmp_seeds() -> dict[str, bytes]:
    """Make packets: plain ones, some that say where, and small ones of those that were made to stop us."""
    hostile = {f"hostile-{number}.xmp": data for number, data in enumerate(hostile_packets(400).values())}
    gps = b'xmlns:e="http://ns.adobe.com/exif/1.0/"'
    inner = b"<e:GPSLatitude>52,30N</e:GPSLatitude><e:a><e:GPSLongitude>1E</e:GPSLongitude></e:a>"
    tag = b'<rdf:Description rdf:about=""'
    return hostile | {
        "plain.xmp": _XMP,
        "attribute.xmp": _XMP.replace(tag, tag + b" " + gps + b' e:GPSLatitude="52,30N"'),
        "element.xmp": _XMP.replace(
            b"</rdf:RDF>", tag + b" " + gps + b">" + inner + b"</rdf:Description></rdf:RDF>"
        ),
        "wide.xmp": _XMP.decode().encode("utf-16"),
        "marked.xmp": add_mark(_XMP, Mark("Colorify", "1")),
    }


def exif_seeds() -> dict[str, bytes]:
    """Make blocks in both byte orders, with a place, a note of the maker, a preview and a resolution."""
    exif = Image.Exif()
    exif[0x013B], exif[0x0112], exif[0x011A], exif[0x011B], exif[0x0128] = "Grandpa", 6, 300.0, 300.0, 2
    exif.get_ifd(0x8769).update({0x9003: "1921:07:04 12:00:00", 0x927C: b"maker's note", 0xA001: 1})
    plain = exif.tobytes()
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 0.0), 3: "E", 4: (1.0, 0.0, 0.0)})
    place = exif.tobytes()
    exif.endian = ">"
    preview = struct.pack("<HHHIIHHIII", 2, 513, 4, 1, 0, 514, 4, 1, 8, 0) + b"\xff\xd8preview"
    return {
        "plain.exif": plain,
        "place.exif": place,
        "big.exif": exif.tobytes(),
        "preview.exif": place + preview,
    }


def iptc_seeds() -> dict[str, bytes]:
    """Make blocks: as a JPEG wraps them, as a TIFF has them, and with what else Photoshop says."""
    wrapped = _iptc()
    other = b"8BIM" + struct.pack(">HHI", 0x03ED, 0, 16) + bytes(16) + b"8BIM\x04\x0c\0\0\0\0\0\x04abcd"
    return {
        "plain.iptc": wrapped[wrapped.index(b"\x1c") :],
        "wrapped.iptc": wrapped,
        "more.iptc": wrapped + other,
    }


def page_seeds() -> dict[str, bytes]:
    """Make TIFFs of several pages: alike, of several sizes, and of several depths and modes."""
    width, height = SIZE
    sizes = (SIZE, (width - 5, height + 7), (width + 8, height // 2))
    return {
        "alike.tif": _pages([("L", SIZE)] * 3, "tiff_lzw"),
        "packed.tif": _pages([("L", SIZE)] * 4, "packbits"),
        "plain.tif": _pages([("RGB", SIZE)] * 2, None),
        "sizes.tif": _pages([("RGB", size) for size in sizes], "tiff_adobe_deflate"),
        "modes.tif": _pages([("L", SIZE), ("I;16", SIZE), ("RGB", SIZE)], None),
    }


def _pages(pages: Sequence[tuple[str, tuple[int, int]]], compression: str | None) -> bytes:
    first, *others = (
        Image.fromarray(grey_scene(*size, depth=16 if mode == "I;16" else 8)).convert(mode)
        for mode, size in pages
    )
    file = BytesIO()
    first.save(file, "TIFF", save_all=True, append_images=others, compression=compression)
    return file.getvalue()


def _makers() -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield "grey.jpg", lambda: _vips(1, 8, ".jpg", Q=90)
    yield "meta.jpg", lambda: _vips(3, 8, ".jpg", meta=True, Q=90)
    yield "progressive.jpg", lambda: _pillow("L", "JPEG", progressive=True)
    yield "cmyk.jpg", lambda: _pillow("CMYK", "JPEG")
    yield "grey.png", lambda: _vips(1, 8, ".png")
    yield "meta-16.png", lambda: _vips(3, 16, ".png", meta=True)
    yield "alpha-16.png", lambda: _vips(4, 16, ".png")
    yield "interlaced.png", lambda: _vips(1, 8, ".png", interlace=True)
    yield "palette.png", lambda: _pillow("P", "PNG")
    yield "1-bit.png", lambda: _pillow("1", "PNG")
    yield "grey.tif", lambda: _vips(1, 8, ".tif")
    yield (
        "meta-16.tif",
        lambda: _vips(3, 16, ".tif", meta=True, compression="deflate", predictor="horizontal"),
    )
    yield (
        "tiles.tif",
        lambda: _vips(3, 8, ".tif", tile=True, tile_width=16, tile_height=16, compression="lzw"),
    )
    yield "big.tif", lambda: _vips(4, 8, ".tif", bigtiff=True, meta=True)
    yield "jpeg.tif", lambda: _vips(3, 8, ".tif", compression="jpeg")
    yield "webp.tif", lambda: _vips(3, 8, ".tif", compression="webp")
    yield "fax.tif", lambda: _pillow("1", "TIFF", compression="group4")
    yield "cmyk.tif", lambda: _pillow("CMYK", "TIFF")
    yield "tags.tif", _tagged
    if find_spec("pillow_heif") is not None:
        yield "phone.heic", (PHOTOS / "phone.heic").read_bytes
        yield "deep.heic", (PHOTOS / "deep.heic").read_bytes
    yield "lossy.webp", lambda: _vips(3, 8, ".webp", meta=True)
    yield "lossless.webp", lambda: _vips(4, 8, ".webp", lossless=True)
    yield "meta.avif", lambda: _vips(3, 8, ".avif", meta=True, compression="av1")
    yield "grey-12.avif", lambda: _vips(1, 16, ".avif", compression="av1", bitdepth=12)
    for number, packet in enumerate(hostile_packets(2000).values()):
        yield f"xmp-{number}.png", partial(_with_xmp, packet)
    yield "alpha.avif", lambda: _vips(4, 8, ".avif", compression="av1", lossless=True)


def _pixels(bands: int, depth: int) -> np.ndarray[Any, Any]:
    grey = grey_scene(*SIZE, depth=depth)
    return np.stack([np.roll(grey, 5 * band, axis=1) for band in range(bands)], axis=-1)


def _vips(bands: int, depth: int, suffix: str, *, meta: bool = False, **options: Any) -> bytes:
    kind = {(1, 8): "b-w", (1, 16): "grey16"}.get((bands, depth), "srgb" if depth == 8 else "rgb16")
    image = pyvips.Image.new_from_array(_pixels(bands, depth)).copy(interpretation=kind, xres=11.8, yres=11.8)
    if meta:
        image.set_type(pyvips.GValue.gint_type, "orientation", 6)
        image.set_type(pyvips.GValue.gstr_type, "exif-ifd0-Artist", "Grandpa")
        image.set_type(pyvips.GValue.gstr_type, "exif-ifd3-GPSLatitude", "52/1 30/1 0/1")
        image.set_type(pyvips.GValue.blob_type, "xmp-data", _XMP)
        image.set_type(pyvips.GValue.blob_type, "iptc-data", _iptc())
        image = image.icc_transform("p3", input_profile="srgb", depth=depth) if depth == 8 else image
    return bytes(image.write_to_buffer(suffix, **options))


def _with_xmp(packet: bytes) -> bytes:
    """Write a PNG with a packet as it is, whatever that holds."""
    keyword = b"XML:com.adobe.xmp" + bytes(5)
    kind, data = b"iTXt", keyword + packet
    chunk = struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    plain = _vips(1, 8, ".png")
    return plain[:33] + chunk + plain[33:]  # after the signature and IHDR


def _iptc() -> bytes:
    fields = b"".join(
        b"\x1c\x02" + bytes([number]) + struct.pack(">H", len(text)) + text
        for number, text in [(5, b"Grandma"), (25, b"garden"), (55, b"19210704"), (120, b"In her garden")]
    )
    return b"Photoshop 3.0\0" + b"8BIM" + struct.pack(">HHI", 0x0404, 0, len(fields)) + fields


def _pillow(mode: str, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    Image.fromarray(grey_scene(*SIZE)).convert(mode).save(file, kind, **options)
    return file.getvalue()


def _tagged() -> bytes:
    """Write EXIF and GPS directories into a TIFF, in the byte order that is rarer."""
    exif = Image.Exif()
    exif[0x013B] = "Grandpa"
    exif.get_ifd(0x8769)[0x9003] = "1921:07:04 12:00:00"
    exif.get_ifd(0x8825)[2] = (52.0, 30.0, 0.0)
    file = BytesIO()
    Image.fromarray(grey_scene(*SIZE, depth=16)).save(file, "TIFF", exif=exif, big_tiff=False)
    return file.getvalue()
