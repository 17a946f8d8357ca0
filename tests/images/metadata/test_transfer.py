"""The result says that its colours were generated, and what else was said stays."""

import struct
import zlib
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import pyvips
from PIL import Image

from colorify.colorizer import Colorizer
from colorify.images.metadata.transfer import DIGITAL_SOURCE_TYPE, IPTC_EXTENSION, Mark, add_mark
from tiny import grey_scene

MARK = Mark('Colorify "tiny" & <co>', "0.0")
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<r:Description r:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:ext="%s" %s>
<dc:title><r:Alt><r:li xml:lang="x-default">Großmutter</r:li></r:Alt></dc:title>%s
</r:Description></r:RDF></x:xmpmeta><?xpacket end="w"?>"""


def properties(packet: bytes) -> dict[str, list[str]]:
    """The IPTC extension properties of a packet, as attributes or elements."""
    root = ElementTree.fromstring(packet.decode().lstrip("\ufeff"))
    found: dict[str, list[str]] = {}
    for description in root.iter(f"{RDF}Description"):
        pairs = [*description.attrib.items(), *((child.tag, child.text or "") for child in description)]
        for name, value in pairs:
            if name.startswith(f"{{{IPTC_EXTENSION}}}"):
                found.setdefault(name.partition("}")[2], []).append(value)
    return found


EXPECTED = {
    "DigitalSourceType": [DIGITAL_SOURCE_TYPE],
    "AISystemUsed": [MARK.generator],
    "AISystemVersionUsed": [MARK.version],
}
OLD = "http://cv.iptc.org/newscodes/digitalsourcetype/negativeFilm"


@pytest.mark.parametrize(
    "packet",
    [
        "",
        "this is no XML <at all",
        PACKET % (IPTC_EXTENSION, "", ""),
        PACKET % (IPTC_EXTENSION, f'ext:DigitalSourceType="{OLD}"', ""),
        PACKET % (IPTC_EXTENSION, "", f"<ext:DigitalSourceType>{OLD}</ext:DigitalSourceType>"),
        PACKET % (IPTC_EXTENSION, "", f'<ext:DigitalSourceType r:resource="{OLD}"/>'),
        '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
    ],
    ids=["none", "damaged", "other", "attribute", "element", "resource", "empty RDF"],
)
def test_a_packet_says_once_that_its_colours_were_generated(packet: str) -> None:
    result = add_mark(packet.encode(), MARK)
    assert properties(result) == EXPECTED
    assert add_mark(result, MARK) == result  # a second colouring adds nothing
    assert ("Großmutter" in packet) == ("Großmutter" in result.decode())


def test_all_else_stays_byte_for_byte() -> None:
    packet = (PACKET % (IPTC_EXTENSION, 'ext:Event="Wedding"', "")).encode()
    result = add_mark(packet, MARK)
    assert [part for part in packet.split(b"</r:RDF>") if part not in result] == []
    assert properties(result)["Event"] == ["Wedding"]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif"])
def test_files_are_marked_unless_told_otherwise(colorizer: Colorizer, tmp_path: Path, suffix: str) -> None:
    source = tmp_path / f"in{suffix}"
    image = pyvips.Image.new_from_array(grey_scene()).copy(interpretation="b-w")
    image.set_type(pyvips.GValue.blob_type, "xmp-data", (PACKET % (IPTC_EXTENSION, "", "")).encode())
    image.write_to_file(str(source))

    def packet_after(name: str, *, mark: bool, strip: bool) -> bytes | None:
        target = tmp_path / f"{name}{suffix}"
        colorizer.colorize_file(source, target, mark=mark, strip=strip)
        result = pyvips.Image.new_from_file(str(target))
        return bytes(result.get("xmp-data")) if result.get_typeof("xmp-data") else None

    both = packet_after("both", mark=True, strip=False)
    assert both is not None
    assert "Großmutter" in both.decode()
    assert properties(both) == {
        "DigitalSourceType": [DIGITAL_SOURCE_TYPE],
        "AISystemUsed": ["Colorify tiny"],
        "AISystemVersionUsed": ["0.0"],
    }
    old = packet_after("old", mark=False, strip=False)
    assert old is not None
    assert "Großmutter" in old.decode()
    assert properties(old) == {}
    new = packet_after("new", mark=True, strip=True)
    assert new is not None
    assert "Großmutter" not in new.decode()
    assert len(properties(new)) == 3
    assert packet_after("none", mark=False, strip=True) is None


def test_damaged_xmp_is_not_lost_without_a_word(colorizer: Colorizer, tmp_path: Path) -> None:
    image = pyvips.Image.new_from_array(grey_scene()).copy(interpretation="b-w")
    image.set_type(pyvips.GValue.blob_type, "xmp-data", b"<x:xmpmeta")
    image.write_to_file(str(tmp_path / "in.png"))
    report = colorizer.colorize_file(tmp_path / "in.png", tmp_path / "out.png")
    assert [note for note in report.notes if "XMP is damaged" in note]
    report = colorizer.colorize_file(tmp_path / "in.png", tmp_path / "plain.png", mark=False)
    assert report.notes == ()


def test_other_programs_read_the_mark(colorizer: Colorizer, tmp_path: Path) -> None:
    Image.fromarray(np.full((8, 8), 99, np.uint8)).save(tmp_path / "in.jpg")
    colorizer.colorize_file(tmp_path / "in.jpg", tmp_path / "out.jpg")
    with Image.open(tmp_path / "out.jpg") as picture:
        assert DIGITAL_SOURCE_TYPE.encode() in picture.info["xmp"]


@pytest.mark.parametrize("after", [".jpg", ".png", ".webp", ".avif"])
def test_damaged_exif_is_not_lost_without_a_word(colorizer: Colorizer, tmp_path: Path, after: str) -> None:
    image = pyvips.Image.new_from_array(grey_scene()).copy(interpretation="b-w")
    image.pngsave(str(tmp_path / "in.png"))
    block = b"II*\0\x08\0\0\0\xff\xff"  # 65,535 entries, and the end
    data = (tmp_path / "in.png").read_bytes()
    chunk = b"eXIf" + block
    added = struct.pack(">I", len(block)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    (tmp_path / "in.png").write_bytes(data[:33] + added + data[33:])
    report = colorizer.colorize_file(tmp_path / "in.png", tmp_path / f"out{after}")
    assert [note for note in report.notes if "EXIF was left out, as it is damaged" in note]
    with Image.open(tmp_path / f"out{after}") as result:
        assert result.size == (image.width, image.height)
