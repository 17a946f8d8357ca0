"""A photo is what its content says: so is its result, and what a folder holds beside photos is counted."""

from pathlib import Path

import numpy as np
import pytest
import pyvips

from colorify.colorizer import Colorizer
from command_line import Colorify, names, photo, size

pytestmark = pytest.mark.usefixtures("in_tmp_path")


def deep_photo(name: str, *, alpha: bool = False) -> Path:
    """Write a PNG of 16 bits under any name."""
    grey = np.linspace(0, 65_535, 48 * 32).reshape(32, 48, 1).astype(np.uint16)
    pixels = np.concatenate([grey, np.full_like(grey, 40_000)], axis=2) if alpha else grey
    picture = pyvips.Image.new_from_array(pixels, interpretation="grey16")
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(picture.pngsave_buffer())
    return Path(name)


def test_depth_and_transparency_are_kept_whatever_a_photo_is_called(colorify: Colorify) -> None:
    deep_photo("album/q.jpg", alpha=True), photo("album/b.png").rename("album/b.webp")
    ended = colorify("album", "-o", "out", "--json")
    assert ended.code == 0
    assert names("out") == {"q.png", "b.png"}
    made = pyvips.Image.pngload("out/q.png")
    assert (made.format, made.bands) == ("ushort", 4)
    notes = {str(row["source"]): row["notes"] for row in ended.rows}
    assert notes["album/q.jpg"] == ["is PNG by its content, whatever its name says"]
    again = colorify("album", "-o", "out")
    assert "0 coloured, 2 skipped, 0 failed" in again.err


def test_a_photo_without_a_suffix_stays_what_it_is(colorify: Colorify) -> None:
    photo("scan.jpg").rename("scan")
    ended = colorify("scan")
    assert (ended.code, names()) == (0, {"scan", "scan-color.jpg"})
    assert pyvips.Image.new_from_file("scan-color.jpg").get("vips-loader") == "jpegload"
    assert "by its content" not in ended.err, "no name says otherwise"


@pytest.mark.parametrize("words", [["-o", "new.jpg"], ["--format", "jpeg"], ["--format", "webp"]])
def test_bits_that_a_result_does_not_hold_are_said(colorify: Colorify, words: list[str]) -> None:
    deep_photo("a.png")
    kind = "WEBP" if "webp" in words else "JPEG"
    assert f"its samples became 8 bits: {kind} holds no more" in colorify("a.png", *words).err
    assert "holds no more" not in colorify("a.png", *words, "--depth", "8", "-f").err
    assert "holds no more" not in colorify("a.png", "-o", "new.png").err


def test_in_python_too(colorizer: Colorizer) -> None:
    deep_photo("a.jpg")
    assert colorizer.colorize("a.jpg") == "a-color.png"
    assert pyvips.Image.pngload("a-color.png").format == "ushort"


def test_what_a_folder_holds_beside_photos_is_counted_and_is_no_failure(colorify: Colorify) -> None:
    photo("mixed/a.jpg"), photo("mixed/b.jpg").rename("mixed/b")
    for name in ("c.bmp", "d.gif", "e.mp4", "notes.txt"):
        Path("mixed", name).write_bytes(b"x")
    ended = colorify("mixed", "-o", "out")
    assert (ended.code, names("out")) == (0, {"a.jpg", "b.jpg"})
    assert size("out/b.jpg") == (48, 32)
    said = "mixed: 2 pictures left, of a kind that is not read (1 BMP, 1 GIF). Convert"
    assert ended.err.count(said) == 1
    as_json = colorify("mixed", "-o", "out", "--json")
    assert (as_json.summary["left_out"], as_json.summary["failed"]) == (3, 0)
    assert any(said in str(row["notes"]) for row in as_json.rows)
