"""A photo without EXIF and without a resolution gains neither: what Colorify changes is the colour."""

import io
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from colorify.colorizer import Colorizer
from tiny import grey_scene

SUFFIXES = (".jpg", ".png", ".tif", ".webp", ".avif")
# of a TIFF the pixels themselves are described by tags, which Pillow counts as EXIF
SAID = (
    ExifTags.Base.XResolution,
    ExifTags.Base.YResolution,
    ExifTags.Base.ExifOffset,
    ExifTags.Base.Software,
)


@pytest.mark.parametrize("profile", ["srgb", "adobe"])
@pytest.mark.parametrize("after", SUFFIXES)
@pytest.mark.parametrize("before", SUFFIXES)
def test_a_bare_photo_stays_bare(
    colorizer: Colorizer, tmp_path: Path, before: str, after: str, profile: str
) -> None:
    source, target = tmp_path / f"in{before}", tmp_path / f"out{after}"
    Image.fromarray(grey_scene(32, 24)).save(source)
    colorizer.colorize_file(source, target, profile=profile)
    data = target.read_bytes()
    with Image.open(io.BytesIO(data)) as result:
        exif = result.getexif()
        assert result.info.get("dpi", (1, 1)) == (1, 1)  # which Pillow says of a TIFF that says nothing
        assert not set(SAID) & set(exif)
        assert after == ".tif" or not exif
    assert after != ".jpg" or b"Exif\0\0" not in data
