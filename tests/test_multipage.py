"""A TIFF of several pages: every page in and out, each as it would be alone."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from numpy.typing import NDArray
from PIL import Image

from colorify.batch.coloring import BatchOptions, color_source
from colorify.colorizer import Colorizer
from colorify.errors import PhotoError
from colorify.images.metadata.provenance import is_colorify_output
from colorify.options import SaveOptions
from tiny import grey_scene

Pixels = NDArray[Any]


def pages_of(source: Path | bytes) -> list[pyvips.Image]:
    """Return each page, decoded whole."""

    def load(page: int) -> pyvips.Image:
        options = {"page": page, "fail_on": "error"}
        if isinstance(source, bytes):
            return pyvips.Image.tiffload_buffer(source, **options)
        return pyvips.Image.tiffload(str(source), **options, revalidate=True)

    return [load(page).copy_memory() for page in range(load(0).get("n-pages"))]


def mixed(path: Path, *, compression: str | None = None) -> Path:
    """Write three pages: grey, 16-bit grey of another size, and colour with a name, of 300 dpi."""
    scene = grey_scene()
    deep = Image.fromarray(scene[::2, ::3].astype(np.uint16) * 257)
    color = Image.fromarray(np.stack([scene, scene // 2, scene // 4], axis=2)[:40])
    color.encoderinfo = {"tiffinfo": {285: "the third", 270: "a barn"}, "dpi": (300, 300)}
    first = Image.fromarray(scene)
    first.save(
        path, save_all=True, append_images=[deep, color], tiffinfo={270: "a mill"}, compression=compression
    )
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return mixed(tmp_path / "in.tif")


def alone(colorizer: Colorizer, page: int, source: Path) -> Pixels:
    """Colour a page that was taken out."""
    data = pages_of(source)[page].tiffsave_buffer(compression="none")
    return pyvips.Image.new_from_buffer(colorizer.colorize(bytes(data)), "").numpy()


def test_every_page_comes_out_as_it_would_alone(colorizer: Colorizer, source: Path, tmp_path: Path) -> None:
    report = colorizer.colorize_file(source, tmp_path / "out.tif")
    made = pages_of(tmp_path / "out.tif")
    assert [(page.width, page.height, page.bands, page.format) for page in made] == [
        (page.width, page.height, 3, page.format) for page in pages_of(source)
    ]
    assert [page.format for page in made] == ["uchar", "ushort", "uchar"]
    for number, page in enumerate(made):
        assert (page.numpy() == alone(colorizer, number, source)).all(), number
    assert report.notes[0] == "3 pages"
    assert (report.width, report.height) == (made[0].width, made[0].height)
    assert report.was_colored


def test_each_page_keeps_what_it_says(colorizer: Colorizer, source: Path, tmp_path: Path) -> None:
    colorizer.colorize_file(source, tmp_path / "out.tif")
    with Image.open(source) as before, Image.open(tmp_path / "out.tif") as after:
        assert after.n_frames == 3
        for number in range(3):
            before.seek(number)
            after.seek(number)
            for tag in (270, 285, 282, 283, 296):
                assert after.tag_v2.get(tag) == before.tag_v2.get(tag), (number, tag)
            assert "compositeWithTrainedAlgorithmicMedia" in str(after.tag_v2.get(700)), "the mark"
        assert (after.tag_v2.get(270), after.tag_v2.get(285)) == ("a barn", "the third")
    assert is_colorify_output(tmp_path / "out.tif")


def test_bytes_in_and_bytes_out(colorizer: Colorizer, source: Path, tmp_path: Path) -> None:
    colorizer.colorize_file(source, tmp_path / "out.tif")
    wanted = pages_of(tmp_path / "out.tif")
    made = pages_of(colorizer.colorize(source.read_bytes()))
    assert all((page.numpy() == other.numpy()).all() for page, other in zip(made, wanted, strict=True))


def test_a_run_and_a_stream_do_the_same(colorizer: Colorizer, source: Path, tmp_path: Path) -> None:
    parts: list[float] = []
    report = color_source(colorizer, source, tmp_path / "out.tif", BatchOptions(), parts.append)
    assert len(pages_of(tmp_path / "out.tif")) == 3
    assert report.notes[0] == "3 pages"
    assert parts == sorted(parts)
    assert parts[-1] == 1


def test_smaller_pictures_are_no_pages_and_are_said(colorizer: Colorizer, tmp_path: Path) -> None:
    scene = Image.fromarray(grey_scene())
    small = Image.fromarray(grey_scene()[::4, ::4].copy())
    small.encoderinfo = {"tiffinfo": {254: 1}}
    scene.save(tmp_path / "in.tif", save_all=True, append_images=[small, scene])
    report = colorizer.colorize_file(tmp_path / "in.tif", tmp_path / "out.tif")
    assert [page.width for page in pages_of(tmp_path / "out.tif")] == [scene.width] * 2
    assert report.notes == ("2 pages", "1 smaller picture beside the photo, of it or a mask, left out")


def test_a_form_that_may_pass_4_gb_is_joined_too(
    colorizer: Colorizer, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("colorify.multipage.BIG_BYTES", 1)
    colorizer.colorize_file(source, tmp_path / "out.tif")
    assert (tmp_path / "out.tif").read_bytes()[:4] == b"II+\0"
    assert [page.width for page in pages_of(tmp_path / "out.tif")] == [
        page.width for page in pages_of(source)
    ]
    with Image.open(tmp_path / "out.tif") as after:
        after.seek(2)
        assert after.tag_v2.get(285) == "the third"


def test_a_page_that_cannot_be_read_is_named_and_nothing_is_written(
    colorizer: Colorizer, source: Path, tmp_path: Path
) -> None:
    data = source.read_bytes()
    with Image.open(source) as file:
        file.seek(1)
        at = data.index(int(file.tag_v2[273][0]).to_bytes(4, "little"), 8)
    broken = bytearray(data)
    broken[at : at + 4] = (2**31 - 16).to_bytes(4, "little")
    (tmp_path / "broken.tif").write_bytes(bytes(broken))
    before = {path.name for path in tmp_path.iterdir()}
    with pytest.raises(PhotoError, match="page 2 of 3"):
        colorizer.colorize_file(tmp_path / "broken.tif", tmp_path / "out.tif")
    assert {path.name for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"format": "png"}, "3 pages, which a TIFF alone can hold"),
        ({"layer": "layer.png"}, "layer is of one"),
        ({"hints": ["#ff0000"]}, "hint is of one"),
    ],
)
def test_what_pages_cannot_be_is_refused(
    colorizer: Colorizer, source: Path, tmp_path: Path, options: dict[str, Any], said: str
) -> None:
    if "hints" in options:
        options = {"hints": [(1, 1, "#ff0000")]}
    if "layer" in options:
        options = {"layer": tmp_path / "layer.png"}
    with pytest.raises(PhotoError, match=said):
        colorizer.colorize_file(source, tmp_path / "out.tif", **options)
    assert {path.name for path in tmp_path.iterdir()} == {"in.tif"}


@pytest.mark.parametrize(
    ("compression", "kept"),
    [("tiff_lzw", 5), ("packbits", 32773), ("tiff_adobe_deflate", 8), (None, 8), ("jpeg", 8)],
)
def test_lossless_compression_stays(
    colorizer: Colorizer, tmp_path: Path, compression: str | None, kept: int
) -> None:
    Image.fromarray(grey_scene()).save(tmp_path / "in.tif", compression=compression)
    report = colorizer.colorize_file(tmp_path / "in.tif", tmp_path / "out.tif")
    with Image.open(tmp_path / "out.tif") as made:
        assert made.tag_v2[259] == kept
    assert ("its compression JPEG became Deflate" in report.notes) == (compression == "jpeg")
    data = colorizer.colorize((tmp_path / "in.tif").read_bytes())
    with Image.open(io.BytesIO(data)) as made:
        assert made.tag_v2[259] == kept


def test_save_options_know_what_lies_beside() -> None:
    beside = SaveOptions(layer=Path("a.png"), confidence=Path("b.png"), compare=Path("c.jpg"))
    named = {"confidence": Path("b.png"), "layer": Path("a.png"), "compare": Path("c.jpg")}
    assert beside.extra_files == named
    assert beside.alone().extra_files == {}
