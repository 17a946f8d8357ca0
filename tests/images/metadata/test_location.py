"""Where a photo was taken is not in a result, however it was said."""

import struct
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
import pyvips
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from colorify.images.metadata.exif import DamagedExifError, remove_position
from colorify.images.metadata.location import remove_location
from colorify.images.metadata.xmp import RDF
from colorify.images.photo import open_photo
from hostile import hostile_packets

PIXELS = np.full((8, 8), 99, np.uint8)


def png(**fields: bytes | str) -> bytes:
    image = pyvips.Image.new_from_array(PIXELS).copy(interpretation="b-w")
    for name, value in fields.items():
        kind = pyvips.GValue.blob_type if isinstance(value, bytes) else pyvips.GValue.gstr_type
        image.set_type(kind, name.replace("__", " ").replace("_", "-"), value)
    return bytes(image.pngsave_buffer())


def packet(attribute: str) -> bytes:
    head = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about=""'
    head += " xmlns:d='http://www.dji.com/drone-dji/1.0/' d:Kept='1' "
    return f"{head}{attribute}/></rdf:RDF></x:xmpmeta>".encode()


@pytest.mark.parametrize("name", ["GPSLatitude", "GpsLongtitude", "gpsAltitude", "Latitude"])
def test_positions_of_every_maker_go(name: str) -> None:
    photo = remove_location(open_photo(png(xmp_data=packet(f"d:{name}='52.5'"))))
    result = photo.image.get("xmp-data")
    assert b"52.5" not in result
    assert b"Kept" in result
    assert photo.notes == ()


def test_xmp_that_cannot_be_read_goes_and_is_said() -> None:
    photo = remove_location(open_photo(png(xmp_data=b"<exif:GPSLatitude>52,5N")))
    assert not photo.image.get_typeof("xmp-data")
    assert any("XMP was left out" in note for note in photo.notes)


def test_blocks_hidden_in_texts_go_and_are_said() -> None:
    texts = PngInfo()
    texts.add_text("Raw profile type exif", "exif 0a")
    texts.add_text("Title", "Anna")
    file = BytesIO()
    Image.fromarray(PIXELS).save(file, "PNG", pnginfo=texts)
    photo = remove_location(open_photo(file.getvalue()))
    assert [chunk[8:13] for chunk in photo.beside.chunks] == [b"Title"]
    assert len(photo.notes) == 1


def test_exif_that_points_to_two_positions_points_to_none() -> None:
    entry = struct.pack("<HHII", 0x8825, 4, 1, 50)
    other = struct.pack("<HHII", 0x8825, 4, 1, 80)
    block = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + entry + other + bytes(4)
    image = open_photo(png()).image.copy()
    image.set_type(pyvips.GValue.blob_type, "exif-data", block + bytes(60))
    photo = open_photo(png())
    result = remove_location(replace(photo, color=image)).image.get("exif-data")
    assert b"\x25\x88" not in result


@pytest.mark.parametrize("endian", ["<", ">"])
def test_no_byte_of_a_position_is_left_in_exif(endian: str) -> None:
    exif = Image.Exif()
    exif.endian = endian
    exif[271] = "Plaubel"
    exif.get_ifd(0x8825)[2] = (52.0, 30.0, 0.25)
    before = exif.tobytes()
    latitude = struct.pack(f"{endian}IIII", 52, 1, 30, 1)
    assert latitude in before
    result = remove_position(before)
    assert latitude not in result
    assert b"Plaubel" in result
    with pytest.raises(DamagedExifError):
        remove_position(b"")


def test_positions_over_one_another_take_no_time() -> None:
    """65,535 values of a megabyte each would be 69 GB to overwrite."""
    entry = struct.pack("<HHII", 2, 7, 2**20, 2**20)
    gps = struct.pack("<H", 65_535) + entry * 65_535
    block = b"II*\0" + struct.pack("<IH", 8, 1) + struct.pack("<HHII", 0x8825, 4, 1, 26) + bytes(4) + gps
    with pytest.raises(DamagedExifError, match="over one another"):
        remove_position(block.ljust(2**21, b"\0"))


@pytest.mark.parametrize("name", hostile_packets(10))
def test_a_hostile_packet_does_not_stop_it(name: str) -> None:
    hostile = hostile_packets()[name]
    image = open_photo(png()).image.copy()
    image.set_type(pyvips.GValue.blob_type, "xmp-data", hostile)
    result = remove_location(replace(open_photo(png()), color=image)).image
    assert not result.get_typeof("xmp-data") or b"GPSLatitude" not in result.get("xmp-data")
