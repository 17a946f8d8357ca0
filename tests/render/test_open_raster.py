"""OpenRaster: the grey photo below, its colour above, as other programs put them together again."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZIP_STORED, ZipFile

import numpy as np
import pytest
import pyvips
from numpy.typing import NDArray

from blending import lay_over
from colorify.colorizer import Colorizer
from colorify.errors import UsageError
from colorify.images import decode, photo
from colorify.images.metadata.provenance import has_colorify_mark
from colorify.images.photo import read_photo_header
from tiny import grey_scene

Pixels = NDArray[Any]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.png"
    image = pyvips.Image.new_from_array(grey_scene()).copy(xres=300 / 25.4, yres=600 / 25.4)
    image.write_to_file(str(path))
    return path


def colored(colorizer: Colorizer, source: Path, layer: str, **options: Any) -> tuple[Pixels, Path]:
    """Return the photo in colour, and where its layer was written."""
    target, beside = source.with_name("out.png"), source.with_name(layer)
    colorizer.colorize_file(source, target, layer=beside, **options)
    return pyvips.Image.new_from_file(str(target)).numpy(), beside


def member(path: Path, name: str) -> Pixels:
    with ZipFile(path) as archive:
        return pyvips.Image.new_from_buffer(archive.read(name), "").numpy()


def test_the_file_is_as_openraster_wants_it(colorizer: Colorizer, source: Path) -> None:
    _, path = colored(colorizer, source, "both.ora")
    with ZipFile(path) as archive:
        first, *others = archive.infolist()
        assert (first.filename, first.compress_type, first.extra) == ("mimetype", ZIP_STORED, b"")
        assert path.read_bytes()[38:54] == b"image/openraster", "by this place a file is known"
        names = {info.filename for info in others}
        assert names >= {"stack.xml", "mergedimage.png", "Thumbnails/thumbnail.png"}
        root = ElementTree.fromstring(archive.read("stack.xml"))
        assert archive.testzip() is None
    h, w = grey_scene().shape
    assert root.tag == "image"
    assert (root.get("w"), root.get("h")) == (str(w), str(h))
    assert (root.get("xres"), root.get("yres")) == ("300", "600")
    [stack] = root
    modes = [(layer.get("src"), layer.get("composite-op")) for layer in stack]
    assert modes == [("data/color.png", "svg:color"), ("data/photo.png", "svg:src-over")], "upper one first"
    assert {src for src, _ in modes} <= names
    assert max(member(path, "Thumbnails/thumbnail.png").shape[:2]) <= 256


@pytest.mark.parametrize("depth", [8, 16])
def test_its_pictures_are_the_photo_its_colour_and_both(
    colorizer: Colorizer, source: Path, depth: int
) -> None:
    wanted, path = colored(colorizer, source, "both.ora", depth=depth)
    grey, layer = member(path, "data/photo.png"), member(path, "data/color.png")
    step = np.iinfo(wanted.dtype).max / 255
    assert (member(path, "mergedimage.png") == wanted).all()
    assert np.ptp(grey.astype(int), axis=2).max() == 0
    assert np.abs(grey[:, :, 0] / step - grey_scene()).max() <= 1
    assert (layer.dtype, layer.shape[2]) == (wanted.dtype, 4)
    assert np.abs(lay_over(grey, layer) * 255 - wanted / step).max() < 1.5
    by_luma = np.abs(lay_over(grey, layer, mode="color") * 255 - wanted / step).max(axis=2)
    assert by_luma.mean() < 12, "strong colours, and luma is not L"
    assert by_luma.mean() < np.abs(grey / step - wanted / step).max(axis=2).mean() / 2


@pytest.mark.parametrize("held", [True, False])
def test_a_photo_is_decoded_once_for_all_its_pictures(
    colorizer: Colorizer, source: Path, monkeypatch: pytest.MonkeyPatch, held: bool
) -> None:
    """Beside what the result itself takes: a large one goes into a file without a name."""
    _, small = colored(colorizer, source, "small.ora")
    if not held:
        monkeypatch.setattr(decode, "MAX_CACHED_BYTES", 0)
    decoded: list[object] = []
    begin = photo.open_decoder

    def count(*given: Any, **options: Any) -> Any:
        if not isinstance(given[0].data, pyvips.Image):  # the thumbnail
            decoded.append(given)
        return begin(*given, **options)

    monkeypatch.setattr(photo, "open_decoder", count)
    _, path = colored(colorizer, source, "large.ora", overwrite=True)
    assert len(decoded) == (1 if held else 2)
    for name in ("data/photo.png", "data/color.png", "mergedimage.png", "Thumbnails/thumbnail.png"):
        assert (member(path, name) == member(small, name)).all(), name


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_a_layer_over_the_photo_gives_the_coloured_one(
    colorizer: Colorizer, source: Path, suffix: str
) -> None:
    wanted, path = colored(colorizer, source, f"layer.{suffix}")
    layer = pyvips.Image.new_from_file(str(path)).numpy()
    grey = np.repeat(grey_scene()[:, :, None], 3, axis=2)
    assert np.abs(lay_over(grey, layer) * 255 - wanted).max() < 1.5


def test_a_photo_that_had_colour_is_grey_below(colorizer: Colorizer, tmp_path: Path) -> None:
    path = tmp_path / "in.png"
    sepia = np.stack([grey_scene(), grey_scene() // 2, grey_scene() // 4], axis=2)
    pyvips.Image.new_from_array(sepia).write_to_file(str(path))
    wanted, made = colored(colorizer, path, "both.ora")
    grey, layer = member(made, "data/photo.png"), member(made, "data/color.png")
    assert np.ptp(grey.astype(int), axis=2).max() <= 1
    assert np.abs(lay_over(grey, layer) * 255 - wanted).max() < 1.5


def test_what_has_colour_is_marked_and_what_has_none_is_not(colorizer: Colorizer, source: Path) -> None:
    _, path = colored(colorizer, source, "both.ora")
    _, plain = colored(colorizer, source, "plain.ora", mark=False, overwrite=True)

    def marked(archive: Path, name: str) -> bool:
        with ZipFile(archive) as file:
            return has_colorify_mark(read_photo_header(file.read(name)))

    pictures = ("data/color.png", "mergedimage.png", "Thumbnails/thumbnail.png")
    assert all(marked(path, name) for name in pictures)
    assert not marked(path, "data/photo.png")
    assert not any(marked(plain, name) for name in pictures)
    _, layer = colored(colorizer, source, "layer.tif", overwrite=True)
    assert has_colorify_mark(read_photo_header(layer))


def test_transparency_stays(colorizer: Colorizer, tmp_path: Path) -> None:
    path = tmp_path / "in.png"
    alpha = np.tile(np.linspace(0, 255, grey_scene().shape[1]).astype(np.uint8), (grey_scene().shape[0], 1))
    pyvips.Image.new_from_array(np.stack([grey_scene(), alpha], axis=2)).copy(
        interpretation="b-w"
    ).write_to_file(str(path))
    _, made = colored(colorizer, path, "both.ora")
    assert (member(made, "data/photo.png")[:, :, 3] == alpha).all()
    assert (member(made, "data/color.png")[:, :, 3] <= alpha).all()
    assert (member(made, "mergedimage.png")[:, :, 3] == alpha).all()


@pytest.mark.parametrize("name", ["layer.jpg", "layer.avif", "layer", "layer.xcf"])
def test_what_cannot_hold_a_layer_is_refused_before_the_work(
    colorizer: Colorizer, source: Path, name: str
) -> None:
    with pytest.raises(UsageError, match=r"expected a name that ends in \.png, \.tif or \.webp"):
        colored(colorizer, source, name)
    assert {path.name for path in source.parent.iterdir()} == {"in.png"}
