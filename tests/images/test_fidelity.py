"""docs/fidelity.md says what each format keeps: the rows that no other test asserts; and its tests exist."""

import re
import struct
from pathlib import Path

import numpy as np
import pytest
import pyvips

from colorify.images.formats import FORMATS, Format
from colorify.images.photo import open_photo
from colorify.images.row_source import RowStream
from colorify.images.save import Output, save_photo

TESTS = Path(__file__).parent.parent
PAGE = TESTS.parent / "docs" / "fidelity.md"
CAPTION = b"\x1c\x02\x78\x00\x07Grandma"
PER_MM = 600 / 25.4


@pytest.fixture(params=FORMATS, ids=str)
def row(request: pytest.FixtureRequest) -> Format:
    assert isinstance(request.param, Format)
    return request.param


@pytest.fixture
def result(tmp_path: Path, row: Format) -> pyvips.Image:
    """A JPEG of 600 dots an inch with IPTC, coloured and saved in another format."""
    pixels = np.full((16, 16, 3), 90, np.uint8)
    image = pyvips.Image.new_from_array(pixels).copy(interpretation="srgb", xres=PER_MM, yres=PER_MM)
    iptc = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(CAPTION)) + CAPTION
    image.set_type(pyvips.GValue.blob_type, "iptc-data", iptc)
    image.write_to_file(str(tmp_path / "in.jpg"))
    stream = RowStream(iter([pixels]), shape=pixels.shape, depth=8, strip_rows=16)
    target = tmp_path / f"out{row.suffixes[0]}"
    save_photo(stream, open_photo(tmp_path / "in.jpg"), target, Output(row, 8))
    return open_photo(target).image


def cell(line: str, row: Format) -> str:
    """Look up what the page says of a format."""
    table = [
        text.strip(" |").split("|") for text in PAGE.read_text(encoding="utf-8").splitlines() if "|" in text
    ]
    names = [cell.strip() for cell in table[0]]
    cells = next(cells for cells in table if cells[0].strip() == line)
    # the corner of the head is empty, and gone with the bars at its side
    return cells[names.index({"jpeg": "JPEG", "webp": "WebP"}.get(row.name, row.name.upper())) + 1].strip()


def test_iptc_is_kept_where_the_page_says_so(result: pyvips.Image, row: Format) -> None:
    bare = bool(result.get_typeof("iptc-data")) and b"Grandma" in result.get("iptc-data")
    moved = bool(result.get_typeof("xmp-data")) and b"Grandma" in result.get("xmp-data")
    assert {(True, False): "yes", (False, True): "as XMP"}[bare, moved] == cell("IPTC", row)


def test_resolution_is_kept_where_the_page_says_so(result: pyvips.Image, row: Format) -> None:
    assert (result.xres == pytest.approx(PER_MM, rel=0.001)) == (cell("resolution (DPI)", row) == "yes")


def test_every_test_that_the_page_names_exists() -> None:
    there = "".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", PAGE.read_text(encoding="utf-8")))
    assert len(named) > 10
    assert {name for name in named if f"def {name}(" not in there} == set()
