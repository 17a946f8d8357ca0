"""IPTC is read whoever wrote it, and says the same in XMP where a format has no place for it."""

import struct
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, IptcImagePlugin

from colorify.colorizer import Colorizer
from colorify.images.metadata.iptc import (
    WRAPPING,
    add_iptc,
    join_blocks,
    read_fields,
    read_iptc,
    without_cut,
    wrap_fields,
)
from colorify.images.metadata.tiff import read_iptc_block
from tiny import grey_scene

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DC = "{http://purl.org/dc/elements/1.1/}"
PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"
PACKET = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF[1:-1]}">
<rdf:Description rdf:about="" xmlns:p="{PHOTOSHOP[1:-1]}" p:City="Bern"/></rdf:RDF></x:xmpmeta>""".encode()


def field(number: int, value: bytes, record: int = 2) -> bytes:
    return struct.pack(">BBBH", 0x1C, record, number, len(value)) + value


def resource(number: int, data: bytes) -> bytes:
    return b"8BIM" + struct.pack(">HHI", number, 0, len(data)) + data + bytes(len(data) % 2)


BARE = (
    field(90, b"\x1b%G", record=1)
    + field(0, b"\0\4")
    + field(5, "Großmutter".encode())
    + field(25, b"family")
    + field(25, b"1912 <glass>")
    + field(55, b"19120600")
    + field(62, b"20240131")
    + field(63, b"235959+0100")
    + field(90, b"Berne")
    + field(118, b"contact Anna")
)


def said(packet: bytes) -> dict[str, list[str]]:
    """What a packet says: names and their values, as a program that reads XMP sees it."""
    found: dict[str, list[str]] = {}
    for description in ElementTree.fromstring(packet.decode().lstrip("\ufeff")).iter(f"{RDF}Description"):
        for name, value in description.attrib.items():
            found.setdefault(name, []).append(value)
        for child in description:
            items = [item.text or "" for item in child.iter(f"{RDF}li")]
            found.setdefault(child.tag, []).extend(items or [child.text or ""])
    return found


def test_fields_get_the_names_of_xmp() -> None:
    xmp = said(add_iptc(PACKET, read_iptc(BARE)))
    assert xmp[f"{DC}title"] == ["Großmutter"]
    assert xmp[f"{DC}subject"] == ["family", "1912 <glass>"]
    assert xmp[f"{PHOTOSHOP}DateCreated"] == ["1912-06"]  # the day was not known
    assert xmp["{http://ns.adobe.com/xap/1.0/}CreateDate"] == ["2024-01-31T23:59:59+01:00"]


def test_what_xmp_says_itself_goes_first() -> None:
    assert said(add_iptc(PACKET, read_iptc(BARE)))[f"{PHOTOSHOP}City"] == ["Bern"]


def test_what_has_no_name_is_told() -> None:
    assert read_iptc(BARE).nameless() == [118]
    assert read_iptc(field(5, b"title")).nameless() == []


@pytest.mark.parametrize("text", ["Großmutter".encode("latin-1"), "Großmutter".encode()])
def test_both_old_ways_to_write_letters_are_read(text: bytes) -> None:
    assert read_iptc(field(120, text)).values == {120: ["Großmutter"]}


def test_wrapping_comes_off_and_on() -> None:
    assert read_fields(wrap_fields(BARE)) == BARE
    assert read_fields(BARE) == BARE
    assert read_iptc(wrap_fields(BARE)) == read_iptc(BARE)


def test_previews_of_the_old_photo_are_taken_out_and_all_else_stays() -> None:
    path, preview = resource(0x07D0, b"a clipping path"), resource(0x040C, b"small grey picture")
    block = WRAPPING + path + preview + resource(0x0404, BARE)
    assert wrap_fields(block) == WRAPPING + path + resource(0x0404, BARE)


@given(data=st.binary(max_size=60), cut=st.integers(0, 400), at=st.integers(0, 300))
@settings(max_examples=200, deadline=None)
def test_damaged_blocks_do_no_harm(data: bytes, cut: int, at: int) -> None:
    for sound in (BARE, wrap_fields(BARE)):
        damaged = (sound[:at] + data + sound[at + len(data) :])[:cut]
        assert isinstance(wrap_fields(damaged), bytes)
        ElementTree.fromstring(add_iptc(PACKET, read_iptc(damaged)))


@pytest.mark.parametrize("before", [".jpg", ".tif"])
@pytest.mark.parametrize("after", [".jpg", ".tif", ".png", ".webp", ".avif"])
def test_files_say_what_the_photo_said(colorizer: Colorizer, tmp_path: Path, before: str, after: str) -> None:
    source, target = tmp_path / f"in{before}", tmp_path / f"out{after}"
    if before == ".jpg":
        image = pyvips.Image.new_from_array(grey_scene()).copy(interpretation="b-w")
        image.set_type(pyvips.GValue.blob_type, "iptc-data", wrap_fields(BARE))
        image.write_to_file(str(source))
    else:
        Image.fromarray(grey_scene()).save(source, tiffinfo={33723: BARE})
    report = colorizer.colorize_file(source, target)
    with Image.open(target) as picture:  # another program finds it
        if after in (".jpg", ".tif"):
            found = IptcImagePlugin.getiptcinfo(picture) or {}
            assert found[2, 5].decode() == "Großmutter"
            assert found[2, 118] == b"contact Anna"
            assert report.notes == ()
        else:
            xmp = pyvips.Image.new_from_file(str(target)).get("xmp-data")
            assert said(xmp)[f"{DC}title"] == ["Großmutter"]
            assert len(report.notes) == 1
            assert "2:118" in report.notes[0]
            assert b"compositeWithTrainedAlgorithmicMedia" in xmp


@pytest.mark.parametrize("after", [".jpg", ".tif", ".png"])
def test_other_things_of_photoshop_without_iptc(colorizer: Colorizer, tmp_path: Path, after: str) -> None:
    image = pyvips.Image.new_from_array(grey_scene()).copy(interpretation="b-w")
    image.set_type(pyvips.GValue.blob_type, "iptc-data", WRAPPING + resource(0x07D0, b"a clipping path"))
    image.jpegsave(str(tmp_path / "in.jpg"))
    report = colorizer.colorize_file(tmp_path / "in.jpg", tmp_path / f"out{after}")
    kept = after != ".png"
    assert len(report.notes) == (not kept)
    assert (b"clipping" in (tmp_path / f"out{after}").read_bytes()) == kept


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("swapped", [False, True])
def test_tiff_fields_declared_as_numbers(tmp_path: Path, order: str, swapped: bool) -> None:
    """Photoshop declares the bytes as LONG; who then sorts them by the order of the file differs."""
    padded = BARE + bytes(-len(BARE) % 4)
    numbers = np.frombuffer(padded, "<u4")
    content = numbers.astype(">u4").tobytes() if swapped else padded
    table = struct.pack(f"{order}H", 1) + struct.pack(f"{order}HHII", 33723, 4, len(numbers), 26) + bytes(4)
    header = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    path = tmp_path / "tags.tif"
    path.write_bytes(header + table + content)
    with path.open("rb") as file:
        found = read_iptc_block(file)
    assert found == padded


@pytest.mark.parametrize("after", [".png", ".webp", ".avif"])
def test_where_iptc_and_xmp_say_different_things_it_is_told(
    colorizer: Colorizer, tmp_path: Path, after: str
) -> None:
    image = pyvips.Image.new_from_array(grey_scene()).copy(interpretation="b-w")
    image.set_type(
        pyvips.GValue.blob_type, "iptc-data", wrap_fields(field(90, b"Berne") + field(5, b"title"))
    )
    image.set_type(pyvips.GValue.blob_type, "xmp-data", PACKET)
    image.jpegsave(str(tmp_path / "in.jpg"))
    report = colorizer.colorize_file(tmp_path / "in.jpg", tmp_path / f"out{after}")
    (note,) = report.notes
    assert note.startswith("its IPTC says otherwise than its XMP in 2:90; XMP was kept")
    packet = pyvips.Image.new_from_file(str(tmp_path / f"out{after}")).get("xmp-data")
    assert said(packet)[f"{PHOTOSHOP}City"] == ["Bern"]
    assert said(packet)[f"{DC}title"] == ["title"]


def test_iptc_that_a_jpeg_cannot_hold_is_said(colorizer: Colorizer, tmp_path: Path) -> None:
    many = BARE + field(25, b"a keyword of fifty letters, as archives have them ") * 1300
    Image.fromarray(grey_scene()).save(tmp_path / "in.tif", tiffinfo={33723: many})
    report = colorizer.colorize_file(tmp_path / "in.tif", tmp_path / "out.jpg")
    (note,) = report.notes
    assert note.startswith("its IPTC was left out, as it has 7")
    assert colorizer.colorize_file(tmp_path / "in.tif", tmp_path / "out.tif").notes == ()


def jpeg_of(*blocks: bytes) -> bytes:
    """A JPEG with these segments of Photoshop's."""
    data: bytes = pyvips.Image.new_from_array(grey_scene()).copy(interpretation="b-w").jpegsave_buffer()
    segments = [b"\xff\xed" + struct.pack(">H", len(block) + 16) + WRAPPING + block for block in blocks]
    return data[:2] + b"".join(segments) + data[2:]


def block_of(data: bytes) -> bytes:
    """What Photoshop says in a JPEG, as libvips has it: in its one segment."""
    image = pyvips.Image.new_from_buffer(data, "")
    return bytes(image.get("iptc-data")) if image.get_typeof("iptc-data") else b""


PATH = resource(0x07D0, b"a clipping path")


@pytest.mark.parametrize("parts", [(PATH, resource(0x0404, BARE)), (resource(0x0404, BARE), PATH)])
@pytest.mark.parametrize("cut", [0, 3, 30])
def test_all_segments_of_photoshop_are_read(
    colorizer: Colorizer, parts: tuple[bytes, bytes], cut: int
) -> None:
    """Two whole ones lie side by side, and a long one is cut anywhere."""
    whole = b"".join(parts)
    at = len(parts[0]) + cut
    report = colorizer.colorize_file(jpeg_of(whole[:at], whole[at:]), None)
    assert report.data is not None
    assert (block_of(report.data), report.notes) == (WRAPPING + whole, ())
    as_webp = colorizer.colorize_file(jpeg_of(whole[:at], whole[at:]), None, format="webp")
    assert "Großmutter".encode() in (as_webp.data or b"")


def test_a_last_byte_that_was_forgotten_moves_nothing() -> None:
    odd = resource(0x07D0, b"odd")
    assert join_blocks([WRAPPING + odd[:-1], WRAPPING + PATH]) == WRAPPING + odd + PATH
    assert without_cut(WRAPPING + PATH + odd[:-1]) == (WRAPPING + PATH + odd, False)


def test_iptc_goes_before_other_things_where_a_jpeg_cannot_hold_both(colorizer: Colorizer) -> None:
    whole = resource(0x07D0, bytes(100_000)) + resource(0x0404, BARE)
    source = jpeg_of(whole[:65_000], whole[65_000:])
    report = colorizer.colorize_file(source, None)
    assert block_of(report.data or b"") == wrap_fields(BARE)
    (note,) = report.notes
    assert note.startswith("data of Photoshop's other than IPTC were left out, as with them it has 100,")
    assert colorizer.colorize_file(source, None, format="tiff").notes == ()


def test_of_what_is_cut_short_the_whole_fields_stay_and_it_is_said(colorizer: Colorizer) -> None:
    fields = resource(0x0404, field(5, b"title") + field(120, b"a caption"))
    for block, kept in (
        (PATH + fields[:-6], PATH + resource(0x0404, field(5, b"title"))),
        (fields + PATH[:-6], fields),
        (PATH[:-6], b""),
        (PATH + b"8BIM\4", PATH),
    ):
        report = colorizer.colorize_file(jpeg_of(block), None)
        assert block_of(report.data or b"") == (kept and WRAPPING + kept)
        assert report.notes == ("data of Photoshop's, or IPTC, that are damaged were left out",)
