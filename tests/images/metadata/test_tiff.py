"""Tags of TIFF files: read and written in both byte orders and both sizes, and no harm from damaged ones."""

import io
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from colorify.images.metadata.tiff import (
    DamagedTagsError,
    add_tags,
    is_sound_exif,
    read_exif,
    read_iptc_block,
)
from tiny import grey_scene


def exif_block(endian: str = "<") -> bytes:
    exif = Image.Exif()
    exif.endian = endian
    exif[ExifTags.Base.Make] = "Plaubel"
    exif[ExifTags.Base.Artist] = "Z"  # short enough to stand in the entry itself
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FNumber] = 2.8
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ISOSpeedRatings] = 400
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (50.0, 6.5, 0.25)
    return exif.tobytes()


def plain_tiff(**options: Any) -> io.BytesIO:
    return io.BytesIO(pyvips.Image.new_from_array(grey_scene()).tiffsave_buffer(**options))


def foreign_tiff() -> io.BytesIO:
    """A TIFF of the other byte order than this machine's."""
    pixels = grey_scene(8, 8)
    tags = [
        (256, 3, 8),
        (257, 3, 8),
        (258, 3, 8),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 146),
        (277, 3, 1),
        (278, 3, 8),
    ]
    tags += [(279, 4, 64)]
    table = b"".join(
        struct.pack(">HHI", tag, kind, 1)
        + struct.pack(">HH" if kind == 3 else ">I", *((value, 0) if kind == 3 else (value,)))
        for tag, kind, value in tags
    )
    content = b"MM\0*" + struct.pack(">IH", 8, len(tags)) + table + bytes(4)
    return io.BytesIO(content.ljust(146, b"\0") + pixels.tobytes())


@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize("kind", ["classic", "big", "foreign"])
def test_what_is_added_is_read_again(kind: str, endian: str) -> None:
    file = {"classic": plain_tiff, "big": lambda: plain_tiff(bigtiff=True), "foreign": foreign_tiff}[kind]()
    before = pyvips.Image.tiffload_buffer(file.getvalue()).numpy()
    add_tags(file, exif=exif_block(endian), iptc=b"\x1c\x02caption")
    np.testing.assert_array_equal(pyvips.Image.tiffload_buffer(file.getvalue()).numpy(), before)
    exif = Image.Exif()
    exif.load(read_exif(file)[0])
    check(exif)
    assert read_iptc_block(file) == b"\x1c\x02caption"
    file.seek(0)
    with Image.open(file) as picture:  # another program understands it too
        picture.load()
        check(picture.getexif())


def check(exif: Image.Exif) -> None:
    assert exif[ExifTags.Base.Make] == "Plaubel"
    assert exif[ExifTags.Base.Artist] == "Z"
    assert float(exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FNumber]) == pytest.approx(2.8)
    assert exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ISOSpeedRatings] == 400
    assert exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] == pytest.approx((50, 6.5, 0.25))


def test_tags_that_a_file_has_stay_its_own() -> None:
    file = plain_tiff()
    add_tags(file, exif=exif_block(), iptc=None)
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Somebody else"
    exif[ExifTags.Base.Model] = "Makina"
    add_tags(file, exif=exif.tobytes(), iptc=b"\x1c\x02")
    found = Image.Exif()
    found.load(read_exif(file)[0])
    assert found[ExifTags.Base.Make] == "Plaubel"
    assert found[ExifTags.Base.Model] == "Makina"


def test_a_file_without_tags_has_none() -> None:
    assert read_exif(plain_tiff()) == (None, [])
    assert read_iptc_block(plain_tiff()) is None


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_damaged_tags_are_noticed_or_harmless(data: st.DataObject) -> None:
    file = plain_tiff()
    add_tags(file, exif=exif_block(), iptc=None)
    content = bytearray(file.getvalue())
    directory = len(content) - 500
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(directory, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(content[: data.draw(st.integers(0, len(content)))])
    for damaged in (bytes(content), cut):
        try:
            block, _ = read_exif(io.BytesIO(damaged))
        except DamagedTagsError:
            continue
        assert block is None or len(block) < 2**22


def exif_directory(entries: list[tuple[int, int, int, int]]) -> bytes:
    """Return a BigTIFF whose EXIF directory has entries of (tag, type, count, offset)."""

    def directory(rows: list[tuple[int, int, int, int]]) -> bytes:
        return struct.pack("<Q", len(rows)) + b"".join(struct.pack("<HHQQ", *row) for row in rows) + bytes(8)

    first = directory([(34665, 4, 1, 16 + 8 + 20 + 8)])
    return b"II+\0" + struct.pack("<HHQ", 8, 0, 16) + first + directory(entries)


def test_values_that_claim_the_same_bytes_over_and_over_take_little_memory() -> None:
    content = exif_directory([(tag, 7, 2**20, 16) for tag in range(1, 500)]) + bytes(2**20)
    tracemalloc.start()
    with pytest.raises(DamagedTagsError):
        read_exif(io.BytesIO(content))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * 2**20


@pytest.mark.parametrize("offset", [2**41, 2**63 - 1, 2**63, 2**64 - 1])
def test_a_place_that_no_file_has(tmp_path: Path, offset: int) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(exif_directory([(37500, 7, 100, offset)]))
    with path.open("rb") as file, pytest.raises(DamagedTagsError):
        read_exif(file)


def test_a_block_that_makes_no_sense_is_known() -> None:
    sound = exif_block()
    assert is_sound_exif(sound)
    assert not is_sound_exif(sound[:20])
    assert not is_sound_exif(b"")
