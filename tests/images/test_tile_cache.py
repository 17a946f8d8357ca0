"""Photos that cannot be read from the top down come back the same from tiles, and leave no file behind."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
import pyvips
from numpy.typing import NDArray

from colorify.colorizer import Colorizer
from colorify.errors import PhotoError
from colorify.images.photo import open_photo
from colorify.images.rgb_space import standard_profile
from colorify.images.tile_cache import cache_tiles
from tiny import grey_scene


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder that is empty in the end; every photo is too large to be kept in memory."""
    monkeypatch.setattr("colorify.images.decode.MAX_CACHED_BYTES", 0)
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    yield place
    assert list(place.iterdir()) == []


def scene(mode: str, depth: int) -> pyvips.Image:
    """A picture of 300 x 280 px, more than one tile."""
    grey = grey_scene(300, 280, depth)
    planes = [grey, np.roll(grey, 9, axis=1), grey // 2, np.roll(grey, 21, axis=0)]
    pixels = np.stack(
        [planes[at] for at in {"grey": [0], "grey+alpha": [0, 3], "rgb": [0, 1, 2]}[mode]], axis=-1
    )
    kind = ("b-w", "grey16") if mode.startswith("grey") else ("srgb", "rgb16")
    return pyvips.Image.new_from_array(pixels).copy(interpretation=kind[depth == 16])


def rows(photo: Any) -> NDArray[Any]:
    """Read a photo as the program does: small, then in strips."""
    photo.shrink(30, 28)
    fetch, height = photo.light_rows(), photo.size[1]
    return np.concatenate([fetch(top, min(50, height - top)) for top in range(0, height, 50)])


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("mode", ["grey", "grey+alpha", "rgb"])
@pytest.mark.parametrize("orientation", [3, 6, 7])
def test_turned_photos(folder: Path, tmp_path: Path, mode: str, depth: int, orientation: int) -> None:
    image = scene(mode, depth)
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    image.set_type(pyvips.GValue.blob_type, "xmp-data", b"<x/>")
    if mode == "rgb":
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", standard_profile("p3"))
    image.tiffsave(str(tmp_path / "in.tif"))
    photo, plain = (open_photo(tmp_path / "in.tif", cache_decoded=keep) for keep in (True, False))
    assert photo.size == plain.size
    assert (photo.depth, photo.profile, photo.has_alpha) == (plain.depth, plain.profile, plain.has_alpha)
    np.testing.assert_array_equal(photo.shrink(30, 28), plain.shrink(30, 28))
    np.testing.assert_array_equal(rows(photo), rows(plain))
    assert photo.image.get("xmp-data") == b"<x/>"


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        (".jpg", {"interlace": True}),
        (".png", {"interlace": True}),
        (".webp", {"lossless": True}),
        (".avif", {}),
    ],
)
def test_photos_that_are_decoded_as_a_whole(
    folder: Path, tmp_path: Path, suffix: str, options: dict[str, Any]
) -> None:
    path = tmp_path / f"in{suffix}"
    scene("rgb", 8).write_to_file(str(path), **options)
    np.testing.assert_array_equal(rows(open_photo(path, cache_decoded=True)), rows(open_photo(path)))


def test_the_whole_job(folder: Path, tmp_path: Path, colorizer: Colorizer) -> None:
    image = scene("grey", 16)
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)
    image.tiffsave(str(tmp_path / "in.tif"))
    colorizer.colorize_file(tmp_path / "in.tif", tmp_path / "out.tif")
    expected = colorizer.colorize(np.rot90(grey_scene(300, 280, 16), -1).copy())
    found = pyvips.Image.new_from_file(str(tmp_path / "out.tif")).numpy()
    assert np.abs(found.astype(int) - expected).mean() < 200  # the small picture is resampled before it turns


def test_colours_are_not_converted_on_the_way(folder: Path) -> None:
    lab = scene("rgb", 8).colourspace("lab")
    np.testing.assert_array_equal(cache_tiles(lab, "lab").numpy(), lab.numpy())
    cmyk = scene("rgb", 8).icc_transform("cmyk")
    assert cache_tiles(cmyk, "cmyk").interpretation == "cmyk"
    np.testing.assert_array_equal(cache_tiles(cmyk, "cmyk").numpy(), cmyk.numpy())


def test_a_disk_without_room(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene("rgb", 8).pngsave(str(tmp_path / "in.png"), interlace=True)
    monkeypatch.setattr("shutil.disk_usage", lambda place: Mock(free=3 * 300 * 280 - 1))
    with pytest.raises(PhotoError, match=r"in\.png: needs 0\.0 GB in .*TMPDIR"):
        open_photo(tmp_path / "in.png", cache_decoded=True)


def test_a_damaged_photo_is_said_to_be_so(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.jpg"
    scene("rgb", 8).jpegsave(str(path), interlace=True)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(PhotoError, match=r"in\.jpg: damaged or cut short"):
        rows(open_photo(path, cache_decoded=True))


@pytest.mark.parametrize(
    ("suffix", "what"),
    [(".jpg", "progressive JPEG"), (".png", "interlaced PNG"), (".webp", "WebP"), (".avif", "AVIF")],
)
def test_what_would_take_too_much_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, what: str
) -> None:
    monkeypatch.setattr("colorify.images.limits.MAX_WHOLE_BYTES", 100_000)
    path = tmp_path / f"in{suffix}"
    scene("rgb", 8).write_to_file(str(path), **({"interlace": True} if suffix in (".jpg", ".png") else {}))
    with pytest.raises(PhotoError, match=rf"{what} is read as a whole, and 300x280 .*Convert it to a TIFF"):
        open_photo(path)


def test_what_is_read_from_the_top_down_may_be_as_large_as_it_likes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("colorify.images.limits.MAX_WHOLE_BYTES", 0)
    for suffix in (".jpg", ".png", ".tif"):
        scene("rgb", 8).write_to_file(str(tmp_path / f"in{suffix}"))
        assert open_photo(tmp_path / f"in{suffix}").size == (300, 280)
