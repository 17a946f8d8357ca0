"""EXIF blocks are corrected where they lie, and no damage to one does harm."""

import dataclasses
import struct
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from colorify.images.metadata.ancillary import AncillaryData
from colorify.images.metadata.embedding import Extras, _edit_jpeg, _edit_png, jfif_density
from colorify.images.metadata.exif import (
    DamagedExifError,
    NewPicture,
    _Edit,
    read_resolution,
    remove_position,
    revise_exif,
)
from colorify.images.metadata.tiff import EXIF_MAGIC, is_sound_exif, read_chain

NOW = NewPicture(width=24, height=32, turned=True, is_srgb=False, per_mm=(300 / 25.4, 600 / 25.4))


def block(endian: str = "<") -> bytes:
    exif = Image.Exif()
    exif.endian = endian
    exif[271] = "Plaubel"
    exif[274] = 6
    exif[282], exif[283], exif[296] = 600.0, 300.0, 2
    exif.get_ifd(0x8769)[37_500] = b"the maker's note"
    exif.get_ifd(0x8769)[40_961] = 1
    exif.get_ifd(0x8825)[2] = (52.0, 30.0, 0.25)
    return exif.tobytes()


@pytest.mark.parametrize("endian", ["<", ">"])
def test_both_readers_of_directories_find_the_same_tags(endian: str) -> None:
    body = block(endian).removeprefix(EXIF_MAGIC)
    (laid_out,) = read_chain(BytesIO(body), frozenset(range(2**16)))
    in_place = _Edit(body)
    assert {tag for tag in range(2**16) if in_place.has(tag)} == laid_out.keys()
    assert [in_place.number(tag) for tag in (274, 296)] == [laid_out[tag].numbers[0] for tag in (274, 296)]


@pytest.mark.parametrize("endian", ["<", ">"])
def test_values_stay_where_they_lie(endian: str) -> None:
    """A maker's note has offsets of its own, from the start of the block."""
    before = block(endian)
    after = revise_exif(before, NOW)
    assert after is not None
    assert after.index(b"the maker's note") == before.removeprefix(b"Exif\0\0").index(b"the maker's note")
    exif = Image.Exif()
    exif.load(after)
    assert (exif[282], exif[283], exif[274]) == (300, 600, 1)
    assert exif.get_ifd(0x8769)[40_961] == 65_535


@pytest.mark.parametrize("endian", ["<", ">"])
def test_a_preview_is_taken_out(endian: str) -> None:
    jpeg = b"\xff\xd8 the small old picture \xff\xd9"
    head = {"<": b"II*\0", ">": b"MM\0*"}[endian] + struct.pack(f"{endian}IH", 8, 1)
    make = struct.pack(f"{endian}HHI", 271, 2, 4) + b"Abc\0"
    second = struct.pack(f"{endian}H", 2) + struct.pack(f"{endian}HHII", 513, 4, 1, 56)
    second += struct.pack(f"{endian}HHII", 514, 4, 1, len(jpeg)) + bytes(4)
    whole = head + make + struct.pack(f"{endian}I", 26) + second + jpeg
    assert whole.index(jpeg) == 56
    for tail in (b"", b"something after it"):
        after = revise_exif(whole + tail, NOW)
        assert after is not None
        assert b"small old" not in after
        assert b"Abc" in after


def test_a_resolution_makes_a_block_and_nothing_makes_none() -> None:
    made = revise_exif(None, NOW)
    assert made is not None
    assert read_resolution(made) == pytest.approx(NOW.per_mm)
    assert revise_exif(None, NewPicture(1, 1, turned=False, is_srgb=True, per_mm=None)) is None


def test_a_resolution_that_no_picture_has_is_not_known() -> None:
    """More dots than libvips holds: it would say so on stderr, and keep those of the picture before."""
    made = revise_exif(None, dataclasses.replace(NOW, per_mm=(5e6, 5e6)))
    assert made is not None
    assert read_resolution(made) is None


@pytest.mark.parametrize("value", [1e-9, 0.3, 11.811, 1e5, 1e9, 1e30])
def test_any_resolution_can_be_said(value: float) -> None:
    assert revise_exif(None, NewPicture(1, 1, turned=False, is_srgb=True, per_mm=(value, value)))
    jfif_density((value, value))


@pytest.mark.parametrize("aspect", [(1, 2), (2**32 - 1, 1), (1, 2**31), (70_000, 70_001)])
def test_any_shape_of_pixels_can_be_said(aspect: tuple[int, int]) -> None:
    assert _edit_jpeg(bytearray(b"\xff\xd8"), Extras(aspect=aspect))
    png = _edit_png(bytearray(b"\x89PNG\r\n\x1a\n" + bytes(4) + b"IDAT"), Extras(aspect=aspect))
    assert png is not None
    assert b"pHYs" in png
    assert AncillaryData(aspect=aspect).turned(sideways=True).aspect == aspect[::-1]


@given(data=st.binary(max_size=12), at=st.integers(0, 330), cut=st.integers(0, 20), big=st.booleans())
@settings(max_examples=200, deadline=None)
def test_a_damaged_block_is_refused_or_stays_one(data: bytes, at: int, cut: int, big: bool) -> None:
    sound = block(">" if big else "<")
    damaged = sound[:at] + data + sound[at + cut :]
    read_resolution(damaged)
    for edit in (lambda: revise_exif(damaged, NOW), lambda: remove_position(damaged)):
        try:
            result = edit()
        except DamagedExifError:
            continue
        assert result is not None
        is_sound_exif(result)
