"""Every kind of file that somebody may give to the command: a result or one clear line, and nothing lost."""

import re
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image

from command_line import Colorify, command, names, photo, size
from powerless import NEEDS_MODES, drop_power
from tiny import grey_scene
from waiting import PATIENCE

pytestmark = pytest.mark.usefixtures("in_tmp_path")


def picture(**options: Any) -> Callable[[Path], None]:
    """Write the scene in a mode of Pillow: mode=, depth=, size=, and options of its `save`."""
    mode, depth = options.pop("mode", "L"), options.pop("depth", 8)
    width, height = options.pop("size", (96, 64))
    pixels = grey_scene(width, height, depth)

    def write(path: Path) -> None:
        Image.fromarray(pixels).convert(mode if depth == 8 else None).save(path, **options)

    return write


def kept(part: float, **options: Any) -> Callable[[Path], None]:
    """Write the first part of a picture."""

    def write(path: Path) -> None:
        picture(**options)(path)
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * part)])

    return write


def content(data: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(data) and None


def animated(path: Path) -> None:
    frames = [Image.fromarray(np.roll(grey_scene(), shift, axis=1)) for shift in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:])


def claims(width: int, height: int) -> Callable[[Path], None]:
    """Write a PNG of some bytes that claims a size."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [header, b"IDAT" + zlib.compress(bytes(1000)), b"IEND"]
    packed = [
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks
    ]
    return content(b"\x89PNG\r\n\x1a\n" + b"".join(packed))


def tiff_float(path: Path) -> None:
    pyvips.Image.new_from_array(grey_scene().astype(np.float32)).write_to_file(str(path))


READABLE = "expected a JPEG, PNG, TIFF, WebP, AVIF or HEIC file, found "
REFUSED = {
    "cut-short.jpg": (kept(0.5), "damaged or cut short"),
    "cut-short.png": (kept(0.5), "damaged or cut short"),
    "cut-short.tif": (kept(0.5), "damaged or cut short"),
    "cut-short.webp": (kept(0.5), "damaged or cut short"),
    "cut-short.avif": (kept(0.5), "damaged or cut short"),
    "head-alone.jpg": (content(b"\xff\xd8\xff"), "damaged or cut short"),
    "head-alone.avif": (content(b"\0\0\0\x18ftypavif" + bytes(12)), "damaged or cut short"),
    "empty.jpg": (content(b""), "the file is empty"),
    "letter.jpg": (content(b"Dear grandma,\n" * 100), READABLE + "something else"),
    "document.jpg": (content(b"%PDF-1.7\n"), READABLE + "a PDF"),
    "drawing.png": (content(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), READABLE + "an SVG"),
    "moving.png": (content(b"GIF89a" + bytes(100)), READABLE + "a GIF"),
    "bitmap.jpg": (picture(format="BMP"), READABLE + "a BMP"),
    "huge.png": (claims(60_000, 60_000), "60000x60000 is 3,600,000,000 pixels, expected at most"),
    "absurd.png": (claims(2**31 - 1, 2**31 - 1), "damaged|pixels"),
    "half-a-claim.png": (claims(30_000, 30_000), "damaged or cut short"),
    "animated.webp": (animated, "found 3 pages or frames"),
    "float.tif": (tiff_float, "cannot be read: 32-bit floating point TIFF"),
}  # fmt: skip
COLOURED = {
    "pages.tif": animated,
    "1x1.png": picture(size=(1, 1)),
    "2x1.jpg": picture(size=(2, 1)),
    "thin.png": picture(size=(900, 1)),
    "suffix-lies.png": picture(format="JPEG"),
    "no-suffix": picture(format="PNG"),
    "cmyk.jpg": picture(mode="CMYK"),
    "cmyk.tif": picture(mode="CMYK"),
    "16-bit.png": picture(depth=16),
    "16-bit.tif": picture(depth=16),
    "palette.png": picture(mode="P"),
    "1-bit.png": picture(mode="1"),
    "1-bit.tif": picture(mode="1"),
    "alpha.png": picture(mode="LA"),
    "alpha.webp": picture(mode="RGBA", lossless=True),
    "progressive.jpg": picture(progressive=True),
    "colour.jpg": picture(mode="RGB"),
    "grey.avif": picture(),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_coloured_gets_one_line(colorify: Colorify, name: str) -> None:
    write, reason = REFUSED[name]
    write(Path(name))
    before = Path(name).read_bytes()
    ended = colorify(name)
    assert ended.code == 1
    assert re.fullmatch(rf"error: {re.escape(name)}: .*({reason}).*\n", ended.err), ended.err
    assert ended.out == ""
    assert (names(), Path(name).read_bytes()) == ({name}, before)


@pytest.mark.parametrize("name", COLOURED)
def test_what_looks_odd_and_can_be_coloured_is(colorify: Colorify, name: str) -> None:
    COLOURED[name](Path(name))
    before = Path(name).read_bytes()
    ended = colorify(name)
    assert (ended.code, Path(name).read_bytes()) == (0, before), ended.err
    [made] = names() - {name}
    assert size(made) == size(name)
    assert pyvips.Image.new_from_file(made).bands >= 3


def test_among_others_each_gets_its_line_and_the_others_are_done(colorify: Colorify) -> None:
    Path("album").mkdir()
    for name, (write, _) in REFUSED.items():
        write(Path("album", name))
    photo("album/a.jpg"), photo("album/z.jpg")
    ended = colorify("album", "-o", "out")
    assert ended.code == 1
    errors = [line for line in ended.err.splitlines() if line.startswith("error: ")]
    assert {line.split(": ")[1] for line in errors} == {f"album/{name}" for name in REFUSED}
    assert len(errors) == len(REFUSED)
    assert names("out") == {"a.jpg", "z.jpg"}
    assert f"2 coloured, 0 skipped, {len(REFUSED)} failed" in ended.err


def bound(weights: Path, *arguments: str) -> tuple[int, str]:
    """Run a command that file modes bind."""
    done = subprocess.run(
        command(weights, *arguments),
        capture_output=True, text=True, check=False, timeout=PATIENCE, preexec_fn=drop_power,
    )  # fmt: skip
    return done.returncode, done.stderr


@NEEDS_MODES
class TestModes:
    def test_an_unreadable_photo_and_an_unreadable_folder(self, tiny_weights: Path) -> None:
        photo("album/a.jpg"), photo("album/shut/b.jpg"), photo("album/c.jpg").chmod(0)
        Path("album/shut").chmod(0)
        code, err = bound(tiny_weights, "album")
        Path("album/shut").chmod(0o700)
        assert code == 1
        assert "error: album/shut: Permission denied. Its owner can let you read it" in err
        assert "error: album/c.jpg: Permission denied. Its owner can let you read it" in err
        assert "1 coloured, 0 skipped, 2 failed" in err
        assert names("album") == {"a.jpg", "a-color.jpg", "c.jpg", "shut/b.jpg"}

    def test_a_read_only_folder(self, tiny_weights: Path) -> None:
        photo("a.jpg"), photo("b.jpg")
        Path("out").mkdir(mode=0o500)
        assert bound(tiny_weights, "a.jpg", "-o", "out") == (
            1,
            "error: out/a.jpg: cannot be written (Permission denied). "
            "Choose another name or place, then repeat the command.\n",
        )
        code, err = bound(tiny_weights, "a.jpg", "b.jpg", "-o", "out/deeper")
        assert code == 1
        assert (
            err.count(
                "error: out/deeper: cannot make this folder (Permission denied). "
                "Choose another name or place, then repeat the command.\n"
            )
            == 2
        )
        assert names() == {"a.jpg", "b.jpg"}


def test_damaged_exif_is_left_out_with_a_word(colorify: Colorify) -> None:
    found = Path(__file__).parent.parent / "fuzz" / "findings" / "exif-of-2080-entries.jpg"
    ended = colorify(str(found), "-o", "a.tif")
    assert ended.code == 0
    assert "its EXIF was left out, as it is damaged" in ended.err
