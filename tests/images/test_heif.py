"""HEIC photos open with the extra `heif`, and without it the error says what to type.

The files in tests/photos were made with pillow-heif, lossless, from `tiny.grey_scene`: `phone.heic`, 8 bits,
Display P3, turned by its EXIF; `deep.heic`, 10 bits; `two.heic`, two pictures.
"""

import sys
from pathlib import Path

import numpy as np
import pytest
import pyvips
from PIL import ExifTags, Image

from colorify.batch.plan import make_plan
from colorify.colorizer import Colorizer
from colorify.errors import PhotoError
from colorify.images.metadata.provenance import is_colorify_output
from colorify.images.photo import open_photo
from colorify.images.rgb_space import standard_profile
from tiny import grey_scene

PHOTOS = Path(__file__).parent.parent / "photos"


@pytest.fixture(autouse=True)
def _needs_the_extra(request: pytest.FixtureRequest) -> None:
    if "without" not in request.node.name:
        pytest.importorskip("pillow_heif")


@pytest.mark.parametrize("as_bytes", [False, True])
def test_a_photo_of_a_phone(as_bytes: bool) -> None:
    path = PHOTOS / "phone.heic"
    photo = open_photo(path.read_bytes() if as_bytes else path)
    upright = np.rot90(grey_scene(), -1)
    assert photo.size == (64, 96)
    assert photo.depth == 8
    assert photo.profile == standard_profile("p3")
    assert np.abs(photo.light_rows()(0, 96)[:, :, 1].astype(int) - upright).max() <= 2
    assert photo.shrink(32, 48).shape == (48, 32, 3)


def test_ten_bits_use_all_of_sixteen() -> None:
    photo = open_photo(PHOTOS / "deep.heic")
    pixels = photo.rows()(0, 64)
    assert photo.depth == 16
    assert pixels.dtype == np.uint16
    assert (pixels[0, 0].min(), pixels[0, 1].max()) == (65535, 0)
    assert np.abs(pixels[1:, :, 1].astype(int) - grey_scene(depth=16)[1:]).max() <= 1.5 * 65535 / 1023


@pytest.mark.parametrize("after", [".jpg", ".png", ".tif"])
def test_all_that_it_says_is_kept(colorizer: Colorizer, tmp_path: Path, after: str) -> None:
    target = tmp_path / f"out{after}"
    report = colorizer.colorize_file(PHOTOS / "phone.heic", target)
    assert (report.width, report.height) == (64, 96)
    with Image.open(target) as picture:
        exif = picture.getexif()
        assert picture.size == (64, 96)
        assert exif[ExifTags.Base.Make] == "Plaubel"
        assert exif.get(ExifTags.Base.Orientation, 1) == 1
        assert float(exif[ExifTags.Base.XResolution]) == pytest.approx(300, rel=0.001)
    assert b'City="Bern"' in pyvips.Image.new_from_file(str(target)).get("xmp-data")


def test_it_becomes_a_jpeg_unless_told_otherwise(colorizer: Colorizer, tmp_path: Path) -> None:
    source = tmp_path / "phone.HEIC"
    source.write_bytes((PHOTOS / "phone.heic").read_bytes())
    assert colorizer.colorize(source) == tmp_path / "phone-color.jpg"
    result = colorizer.colorize(source.read_bytes())
    assert result[:3] == b"\xff\xd8\xff"
    (job,) = make_plan([str(source)], force=True).jobs
    assert job.target == tmp_path / "phone-color.jpg"
    (job,) = make_plan([str(source)], format="png").jobs
    assert job.target == tmp_path / "phone-color.png"


def test_whether_colorify_made_it_is_told_without_decoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decoded(*_: object) -> None:
        raise AssertionError("it was decoded")

    monkeypatch.setattr("colorify.images.heif._widen_to_16_bits", decoded)
    sound = (PHOTOS / "phone.heic").read_bytes()
    packet = sound[sound.index(b"<x:xmpmeta") : sound.index(b"</x:xmpmeta>") + len(b"</x:xmpmeta>")]
    rdf = packet[packet.index(b"<rdf:RDF") : packet.index(b"</x:xmpmeta>")]
    mark = b'xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" e:AISystemUsed="Colorify tiny"/></rdf:RDF>'
    marked = rdf[: rdf.index(b"xmlns:photoshop")] + mark
    assert len(marked) <= len(packet)
    converted = tmp_path / "converted.heic"  # what another program made of a result
    converted.write_bytes(sound.replace(packet, marked.ljust(len(packet))))
    assert not is_colorify_output(PHOTOS / "phone.heic")
    assert is_colorify_output(converted)
    with pytest.raises(PhotoError, match=r"64x96 is 6,144 pixels"):
        is_colorify_output(converted, max_pixels=6143)


def test_several_pictures_and_too_large_ones_are_refused() -> None:
    with pytest.raises(PhotoError, match="2 pages"):
        open_photo(PHOTOS / "two.heic")
    with pytest.raises(PhotoError, match=r"64x96 is 6,144 pixels.*max_pixels"):
        open_photo(PHOTOS / "phone.heic", max_pixels=6143)


def test_damaged_files_are_refused_in_one_line() -> None:
    sound, random = (PHOTOS / "phone.heic").read_bytes(), np.random.default_rng(0)
    refused: list[str] = []
    for _ in range(60):
        damaged = bytearray(sound)
        for place in random.integers(0, len(sound), random.choice([1, 3, 20])):
            damaged[place] = random.integers(0, 256)
        try:
            open_photo(bytes(damaged[: random.choice([len(sound), len(sound) // 2])]))
        except PhotoError as error:
            refused.append(str(error))
    assert len(refused) > 20
    assert not any("\n" in message for message in refused)


def test_without_the_extra_it_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(PhotoError, match=r"phone\.heic: .*pip install .*pillow-heif$"):
        open_photo(PHOTOS / "phone.heic")
