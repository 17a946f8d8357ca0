"""Picture files: everything but the colour comes back as it went in, and what is no picture is refused."""

import io
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from numpy.typing import NDArray
from PIL import ExifTags, Image

from changed_command import call_blocked_loaders, call_in_process
from colorify.errors import PhotoError, UsageError
from colorify.images import decode
from colorify.images.formats import FORMATS, format_named
from colorify.images.metadata.tiff import add_tags
from colorify.images.photo import Photo, open_photo, read_photo_header
from colorify.images.row_source import RowStream
from colorify.images.save import Output, save_photo
from colorify.images.vips import translate_vips_errors
from tiny import grey_scene

DTYPES = {8: np.uint8, 16: np.uint16}
BANDS = {"grey": 1, "grey+alpha": 2, "rgb": 3, "rgba": 4}
LOSSLESS = ("png", "tiff", "webp")


def scene(mode: str, depth: int = 8) -> NDArray[Any]:
    """Draw a picture of a mode: (64, 96, bands)."""
    grey = grey_scene(depth=depth)
    planes = [grey, np.roll(grey, 9, axis=1), grey // 2, np.roll(grey, 21, axis=0)]
    chosen = {"grey": [0], "grey+alpha": [0, 3], "rgb": [0, 1, 2], "rgba": [0, 1, 2, 3]}[mode]
    return np.stack([planes[index] for index in chosen], axis=-1)


def image_of(pixels: NDArray[Any]) -> pyvips.Image:
    kind = {True: ("b-w", "grey16"), False: ("srgb", "rgb16")}[pixels.shape[2] < 3]
    return pyvips.Image.new_from_array(pixels).copy(interpretation=kind[pixels.dtype == np.uint16])


def write(path: Path, pixels: NDArray[Any], **fields: Any) -> Path:
    """Write a picture, lossless where the format can; fields are metadata."""
    image = image_of(pixels)
    for name, value in fields.items():
        kind = pyvips.GValue.gint_type if isinstance(value, int) else pyvips.GValue.blob_type
        image.set_type(kind, name.replace("_", "-"), value)
    options = {".webp": {"lossless": True, "exact": True}, ".jpg": {"Q": 95}}.get(path.suffix, {})
    image.write_to_file(str(path), **options)
    return path


def read(path: Path) -> pyvips.Image:
    return pyvips.Image.new_from_file(str(path), revalidate=True)


def pil(path: Path) -> Image.Image:
    """Read a picture with another library than ours."""
    with Image.open(path) as picture:
        picture.load()
        return picture


def strips(pixels: NDArray[Any]) -> Iterator[NDArray[Any]]:
    return (pixels[top : top + 16] for top in range(0, len(pixels), 16))


def save(photo: Photo, target: Path | None, pixels: NDArray[Any], **options: Any) -> bytes | None:
    """Save pixels as the coloured version of a photo."""
    depth = pixels.dtype.itemsize * 8
    row = options.pop("row", photo.origin.format)
    progress = options.pop("progress", None)
    stream = RowStream(strips(pixels), shape=pixels.shape, depth=depth, strip_rows=16)
    return save_photo(stream, photo, target, Output(row, depth, **options), progress=progress)


class TestOpening:
    @pytest.mark.parametrize(
        ("row", "depth", "mode"),
        [
            pytest.param(row, depth, mode, id=f"{row}-{depth}-{mode}")
            for row in FORMATS
            for depth in (8, 16)
            for mode in BANDS
            if (depth == 8 or row.max_depth > 8) and (row.has_alpha or not mode.endswith("a"))
        ],
    )
    def test_every_format_depth_and_mode(self, tmp_path: Path, row: Any, depth: int, mode: str) -> None:
        pixels = scene(mode, depth)
        photo = open_photo(write(tmp_path / f"photo{row.suffixes[0]}", pixels))
        assert photo.origin.format is row
        assert photo.size == (96, 64)
        assert photo.has_alpha == (mode in ("grey+alpha", "rgba"))
        assert photo.depth == (16 if depth > 8 else 8)
        found = photo.rows()(0, 64)
        if row.name in LOSSLESS:
            grey = mode.startswith("grey") and found.shape[2] > 2  # WebP has no grey
            expected = pixels[:, :, [0, 0, 0, 1][: found.shape[2]]] if grey else pixels
            np.testing.assert_array_equal(found, expected)
        else:
            step = (2**depth - 1) / 255
            expected = pixels[:, :, [0, 0, 0, 1][: found.shape[2]]] if mode == "grey+alpha" else pixels
            assert np.abs(found.astype(float) - expected).mean() < 6 * step

    def test_rows_can_be_read_in_parts(self, tmp_path: Path) -> None:
        pixels = scene("rgb")
        fetch = open_photo(write(tmp_path / "photo.png", pixels)).rows()
        parts = [fetch(top, min(9, 64 - top)) for top in range(0, 64, 9)]
        np.testing.assert_array_equal(np.concatenate(parts), pixels)

    def test_content_counts_and_not_the_suffix(self, tmp_path: Path) -> None:
        path = write(tmp_path / "photo.png", scene("grey")).rename(tmp_path / "photo.jpg")
        assert str(open_photo(path).origin.format) == "PNG"

    def test_names_that_libvips_would_take_apart(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.png", scene("grey")).rename(tmp_path / "été [page=2] 100%.png")
        assert open_photo(path).size == (96, 64)
        assert open_photo(path).shrink(48, 32).shape == (32, 48, 1)

    @pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="names are Unicode there")
    def test_a_name_that_is_no_text(self, tmp_path: Path) -> None:
        path = tmp_path / os.fsdecode(b"caf\xe9.png")
        write(tmp_path / "a.png", scene("grey")).rename(path)
        photo = open_photo(path)
        assert photo.rows()(0, 64).shape == (64, 96, 1)
        save(photo, tmp_path / os.fsdecode(b"th\xe9.png"), scene("rgb"))
        assert len(list(tmp_path.iterdir())) == 2

    @pytest.mark.parametrize("bits", [1, 2, 4])
    def test_few_bits_become_eight(self, tmp_path: Path, bits: int) -> None:
        path = tmp_path / "few.png"
        image_of(scene("grey")).pngsave(str(path), bitdepth=bits)
        pixels = open_photo(path).rows()(0, 64)
        assert pixels.dtype == np.uint8
        assert pixels.max() > 200
        assert len(np.unique(pixels)) <= 2**bits

    def test_a_palette_is_looked_up(self, tmp_path: Path) -> None:
        Image.fromarray(scene("rgb")).quantize(200).save(tmp_path / "palette.png")
        pixels = open_photo(tmp_path / "palette.png").rows()(0, 64)
        assert np.abs(pixels.astype(int) - scene("rgb")).mean() < 6

    @pytest.mark.parametrize("suffix", [".jpg", ".tif"])
    @pytest.mark.parametrize("profile", [True, False])
    def test_cmyk_becomes_rgb(self, tmp_path: Path, suffix: str, profile: bool) -> None:
        cmyk = image_of(scene("rgb")).icc_transform("cmyk")
        if not profile:
            cmyk.remove("icc-profile-data")
        cmyk.write_to_file(str(tmp_path / f"cmyk{suffix}"))
        photo = open_photo(tmp_path / f"cmyk{suffix}")
        pixels = photo.rows()(0, 64)
        assert pixels.shape == (64, 96, 3)
        assert photo.depth == 8
        expected = cmyk.icc_transform("srgb", input_profile="cmyk", black_point_compensation=True).numpy()
        assert np.abs(pixels / 257 - expected).mean() < 4

    @pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif"])
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_photos_are_turned_upright(self, tmp_path: Path, orientation: int, suffix: str) -> None:
        pixels = scene("grey")
        path = tmp_path / f"turned{suffix}"
        if suffix == ".avif":  # libvips would not turn it
            exif = Image.Exif()
            exif[ExifTags.Base.Orientation] = orientation
            Image.fromarray(pixels[:, :, 0]).save(path, exif=exif, quality=98)
        else:
            write(path, pixels, orientation=orientation)
        photo = open_photo(path)
        upright = {
            1: lambda a: a,
            2: lambda a: a[:, ::-1],
            3: lambda a: a[::-1, ::-1],
            4: lambda a: a[::-1],
            5: lambda a: a.swapaxes(0, 1),
            6: lambda a: a.swapaxes(0, 1)[:, ::-1],
            7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],
            8: lambda a: a.swapaxes(0, 1)[::-1],
        }[orientation](pixels)
        assert photo.size == (upright.shape[1], upright.shape[0])
        found = photo.rows()(0, upright.shape[0])[:, :, :1]
        assert np.abs(found.astype(int) - upright).mean() < 2
        small = photo.shrink(upright.shape[1] // 4, upright.shape[0] // 4)[:, :, 0]
        means = upright[:, :, 0].reshape(small.shape[0], 4, small.shape[1], 4).mean(axis=(1, 3))
        assert np.abs(small - means).mean() < 4

    @pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1)])
    def test_the_smallest_and_the_longest(self, tmp_path: Path, size: tuple[int, int]) -> None:
        path = write(tmp_path / "thin.png", np.full((*size, 1), 90, np.uint8))
        assert open_photo(path).size == size[::-1]
        assert open_photo(path).rows()(0, size[0]).min() == 90

    @pytest.mark.parametrize("size", [(240, 160), (60, 40)], ids=["larger", "smaller"])
    def test_another_size_is_the_same_picture_in_the_same_place(self, size: tuple[int, int]) -> None:
        def slope(width: int, height: int) -> NDArray[Any]:
            across, down = ((np.arange(n) + 0.5) / n for n in (width, height))
            return 20 + 100 * across + 100 * down[:, None]

        width, height = size
        slanted = np.rint(slope(120, 80)).astype(np.uint8)
        found = open_photo(slanted).shrink(width, height)[:, :, 0]
        inner = np.s_[height // 8 : -height // 8, width // 8 : -width // 8]
        off = found[inner] - slope(width, height)[inner]
        assert abs(off.mean()) < 0.3  # half a pixel to the right and down would be 0.5 and 2.1


class TestProfiles:
    def test_a_grey_profile_is_honoured(self, tmp_path: Path) -> None:
        codes = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
        path = write(tmp_path / "gamma.png", codes, icc_profile_data=grey_profile(1.8))
        photo = open_photo(path)
        linear = (codes[:, :, 0] / 255) ** 1.8
        expected = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
        assert photo.depth == 8  # of the file
        # by its numbers: Little CMS straightens the darkest 2 % of a curve, by up to 0.006
        assert np.abs(photo.rows()(0, 16)[:, :, 0] / 65535 - expected).max() < 2e-4
        assert photo.shrink(16, 16).shape == (16, 16, 1)

    @pytest.mark.parametrize("depth", [8, 16])
    def test_dot_gain_is_honoured(self, tmp_path: Path, depth: int) -> None:
        """A curve of points, as profiles of printing have it."""
        codes = np.arange(2**depth).astype(DTYPES[depth]).reshape(16, -1, 1)
        points = np.linspace(0, 1, 256) ** 1.4 * 0.6 + np.linspace(0, 1, 256) * 0.4
        path = write(tmp_path / "gain.tif", codes, icc_profile_data=grey_profile(points))
        linear = np.interp(codes[:, :, 0] / (2**depth - 1), np.linspace(0, 1, 256), points)
        expected = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
        assert np.abs(open_photo(path).light_rows()(0, 16)[:, :, 0] / 65535 - expected).max() < 2e-4

    @pytest.mark.parametrize("suffix", [".webp", ".avif"])
    def test_grey_that_was_written_as_rgb_is_grey_again(self, tmp_path: Path, suffix: str) -> None:
        grey = scene("grey")[:, :, 0]
        path = tmp_path / f"gamma{suffix}"
        Image.fromarray(grey).save(path, lossless=True, quality=100, icc_profile=grey_profile(1.8))
        photo = open_photo(path)
        assert photo.notes == ()
        found = photo.light_rows()(0, 64)
        assert found.shape == (64, 96, 1)
        linear = (grey / 255) ** 1.8
        expected = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
        assert np.abs(found[:, :, 0] / 65535 - expected).mean() < 2e-3
        assert photo.shrink(48, 32).shape == (32, 48, 1)

    def test_an_rgb_profile_is_honoured(self, tmp_path: Path) -> None:
        pixels = scene("rgb")
        wide = image_of(pixels).icc_transform("p3")
        wide.write_to_file(str(tmp_path / "p3.png"))
        assert np.abs(wide.numpy().astype(int) - pixels).max() > 10  # else this test shows nothing
        found = open_photo(tmp_path / "p3.png").rows()(0, 64)
        assert np.abs(found / 257 - pixels).max() < 3

    @pytest.mark.parametrize("mode", ["grey", "rgb"])
    def test_srgb_itself_changes_nothing(self, tmp_path: Path, mode: str) -> None:
        profile = pyvips.Operation.call("profile_load", "srgb")
        path = write(tmp_path / "srgb.png", scene(mode), icc_profile_data=bytes(profile))
        photo = open_photo(path)
        np.testing.assert_array_equal(photo.rows()(0, 64), scene(mode))
        assert photo.notes == ()

    @pytest.mark.parametrize("profile", [b"nonsense" * 40, "of grey"])
    def test_a_wrong_profile_is_left_out_and_noted(self, tmp_path: Path, profile: bytes | str) -> None:
        data = grey_profile(1.8) if profile == "of grey" else profile
        Image.fromarray(scene("rgb")).save(tmp_path / "wrong.jpg", icc_profile=data)
        photo = open_photo(tmp_path / "wrong.jpg")
        assert photo.rows()(0, 64).dtype == np.uint8
        assert any("profile" in note for note in photo.notes)

    def test_alpha_of_a_converted_photo_is_exact(self, tmp_path: Path) -> None:
        image_of(scene("rgba")).icc_transform("p3").write_to_file(str(tmp_path / "p3.png"))
        found = open_photo(tmp_path / "p3.png").rows()(0, 64)
        np.testing.assert_array_equal(found[:, :, 3], scene("rgba")[:, :, 3].astype(np.uint16) * 257)


class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (b"", "empty"),
            (b"not a picture at all, but long enough", "something else"),
            (b"GIF89a" + bytes(60), "found a GIF"),
            (b"BM" + bytes(60), "found a BMP"),
            (b"%PDF-1.7" + bytes(60), "found a PDF"),
            (b"\xff\xd8\xff\xe0", "damaged"),
            (b"\x89PNG\r\n\x1a\n", "damaged"),
            (b"II*\0\x08\0\0\0", "damaged"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "damaged"),
            (b"\0\0\0\x18ftypavif\0\0\0\0avifmif1", "damaged"),
        ],
    )
    def test_what_is_no_picture(self, tmp_path: Path, content: bytes, says: str) -> None:
        path = tmp_path / "thing.jpg"
        path.write_bytes(content)
        with pytest.raises(PhotoError, match=says) as caught:
            open_photo(path).rows()(0, 1)
        message = str(caught.value)
        assert str(path) in message
        assert "\n" not in message

    @pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif"])
    @pytest.mark.parametrize("kept", [0.3, 0.7])
    def test_what_is_cut_short(self, tmp_path: Path, suffix: str, kept: float) -> None:
        path = write(tmp_path / f"cut{suffix}", scene("grey"))
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * kept)])
        with pytest.raises(PhotoError, match="damaged or cut short"):
            open_photo(path).rows()(0, 64)

    def test_a_folder_and_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(PhotoError, match="found a folder"):
            open_photo(tmp_path)
        with pytest.raises(PhotoError, match="no such file"):
            open_photo(tmp_path / "nothing.jpg")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_what_may_not_be_read(self, tmp_path: Path) -> None:
        path = write(tmp_path / "secret.png", scene("grey"))
        path.chmod(0)
        with pytest.raises(PhotoError, match="Permission denied"):
            open_photo(path)

    def test_a_huge_header_before_anything_is_decoded(self, tmp_path: Path) -> None:
        path = tmp_path / "huge.png"
        path.write_bytes(png_header(200_000, 100_000))
        with pytest.raises(PhotoError, match=r"200000x100000 .* max_pixels"):
            open_photo(path)
        small = write(tmp_path / "small.png", scene("grey"))
        with pytest.raises(PhotoError, match="6,144 pixels, expected at most 6,143"):
            open_photo(small, max_pixels=6143)
        assert open_photo(small, max_pixels=6144).size == (96, 64)

    @pytest.mark.parametrize("suffix", [".tif", ".webp", ".png", ".avif"])
    def test_pages_and_frames(self, tmp_path: Path, suffix: str) -> None:
        first, second = Image.fromarray(scene("rgb")), Image.fromarray(scene("rgb")[::-1])
        path = tmp_path / f"many{suffix}"
        first.save(path, save_all=True, append_images=[second])
        for source in (path, path.read_bytes()):
            with pytest.raises(PhotoError, match="2 pages or frames"):
                open_photo(source)

    @pytest.mark.parametrize(
        ("head", "found", "cure"),
        [
            (b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 file", "opj_decompress -i 'a b' -o OUT.tif"),
            (b"\xff\x4f\xff\x51\0", "a JPEG 2000 file", "opj_decompress -i 'a b' -o OUT.tif"),
            (b"\xff\x0a", "a JPEG XL file", "djxl 'a b' OUT.png"),
            (b"FUJIFILMCCD-RAW", "a raw photograph", "darktable-cli 'a b' OUT.tif"),
            (b"GIF89a", "a GIF", "magick 'a b' OUT.png"),
            (b"8BPS", "a Photoshop file", "magick 'a b''[0]' OUT.tif"),
            (b"P5\n", "a Netpbm picture", "magick 'a b' OUT.png"),
            (b"\x76\x2f\x31\x01", "an OpenEXR picture", "magick 'a b' OUT.png"),
            (b"%PDF-1.7", "a PDF", "pdfimages -all 'a b' OUT"),
            (b"PK\3\4", "a ZIP archive", "unzip 'a b' -d OUT"),
            (b"\0\0\0\x18ftypisom", "a film", "colorify video 'a b'"),
            (b"no magic at all", "something else", "convert it to a PNG or a TIFF first."),
        ],
    )
    def test_a_kind_that_cannot_be_read_is_named_with_a_command(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: bytes, found: str, cure: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("a b").write_bytes(head + bytes(64))
        with pytest.raises(PhotoError) as caught:
            open_photo(Path("a b"))
        assert f"found {found}. " in str(caught.value)
        assert cure in str(caught.value)

    def test_samples_that_are_no_integers(self, tmp_path: Path) -> None:
        pyvips.Image.new_from_array(np.zeros((8, 8), np.float32)).tiffsave(str(tmp_path / "float.tif"))
        with pytest.raises(PhotoError, match="32-bit floating point TIFF"):
            open_photo(tmp_path / "float.tif")

    @pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif"])
    def test_whatever_is_damaged_there_is_one_line_or_a_picture(self, tmp_path: Path, suffix: str) -> None:
        exif = Image.Exif()
        exif[ExifTags.Base.Make] = "Plaubel"
        Image.fromarray(scene("rgb")).save(tmp_path / f"sound{suffix}", exif=exif)
        sound = (tmp_path / f"sound{suffix}").read_bytes()
        random = np.random.default_rng(0)
        refused: list[str] = []
        for _ in range(60):
            damaged = bytearray(sound)
            reach = int(random.choice([64, 600, len(sound)]))
            for place in random.integers(0, min(reach, len(sound)), random.choice([1, 3, 20])):
                damaged[place] = random.integers(0, 256)
            try:
                photo = open_photo(bytes(damaged), max_pixels=1_000_000)
                photo.shrink(*(max(1, side // 2) for side in photo.size))
                photo.rows()(0, photo.size[1])
            except PhotoError as error:
                refused.append(str(error))
        assert 5 < len(refused) < 60  # else this test shows nothing
        assert not any("\n" in message for message in refused)

    def test_the_command_blocks_loaders_that_nobody_has_fuzzed(self, tmp_path: Path) -> None:
        """In a process of its own, beside opening photos by loaders that it chooses itself."""
        (tmp_path / "thing.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>")
        words = call_in_process(call_blocked_loaders, str(tmp_path / "thing.svg"))
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def test_an_error_text_that_is_no_utf_8_does_no_harm(self) -> None:
        with pytest.raises(PhotoError, match="photo: damaged or cut short"), translate_vips_errors("photo"):
            pyvips.Image.jpegload(b"/nowhere/\xe8.jpg")  # libvips quotes it
        with pytest.raises(pyvips.Error, match="no such operation"):  # the text is gone
            pyvips.Operation.call("nothing")

    @pytest.mark.parametrize(
        "pixels",
        [
            np.zeros((4, 4), np.float32),
            np.zeros((4, 4, 5), np.uint8),
            np.zeros(4, np.uint8),
            np.zeros((0, 4), np.uint8),
        ],
        ids=["float", "five bands", "a row", "nothing"],
    )
    def test_arrays_that_are_no_pictures(self, pixels: NDArray[Any]) -> None:
        with pytest.raises(PhotoError, match="expected"):
            open_photo(pixels)


class TestSaving:
    @pytest.mark.parametrize("mode", ["rgb", "rgba"])
    @pytest.mark.parametrize(
        ("name", "depth"), [("png", 8), ("tiff", 8), ("webp", 8), ("png", 16), ("tiff", 16)]
    )
    def test_pixels_and_alpha_are_kept(self, tmp_path: Path, name: str, depth: int, mode: str) -> None:
        row = format_named(name)
        pixels = scene(mode, depth)
        photo = open_photo(pixels)
        target = tmp_path / f"out{row.suffixes[0]}"
        assert save(photo, target, pixels, row=row, quality=100 if name == "webp" else None) is None
        result = read(target)
        np.testing.assert_array_equal(result.numpy(), pixels)
        assert result.interpretation == ("rgb16" if depth == 16 else "srgb")
        data = save(photo, None, pixels, row=row, quality=100 if name == "webp" else None)
        assert data is not None
        np.testing.assert_array_equal(pyvips.Image.new_from_buffer(data, "").numpy(), pixels)

    @pytest.mark.parametrize("row", FORMATS, ids=str)
    def test_the_profile_is_srgb(self, tmp_path: Path, row: Any) -> None:
        data = save(open_photo(scene("grey")), None, scene("rgb"), row=row)
        profile = pyvips.Image.new_from_buffer(data, "").get("icc-profile-data")
        assert profile[36:40] == b"acsp"
        assert profile[16:20] == b"RGB "

    def test_jpeg_keeps_all_of_the_colour(self) -> None:
        data = save(open_photo(scene("grey")), None, scene("rgb"), row=format_named("jpeg"))
        assert pyvips.Image.new_from_buffer(data, "").get("jpeg-chroma-subsample") == "4:4:4"

    @pytest.mark.parametrize("after", [".jpg", ".png", ".tif", ".webp", ".avif"])
    @pytest.mark.parametrize("before", [".jpg", ".png", ".tif", ".webp", ".avif"])
    def test_resolution_is_kept_in_every_format(self, tmp_path: Path, before: str, after: str) -> None:
        """Turned by 90 degrees, what ran across runs down."""
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = 6
        exif[ExifTags.Base.XResolution], exif[ExifTags.Base.YResolution] = 600.0, 300.0
        exif[ExifTags.Base.ResolutionUnit] = 2
        Image.fromarray(scene("rgb")).save(tmp_path / f"in{before}", exif=exif, dpi=(600, 300))
        photo, target = open_photo(tmp_path / f"in{before}"), tmp_path / f"out{after}"
        save(photo, target, scene("rgb").swapaxes(0, 1).copy(), row=format_named(after))
        exif, info = pil(target).getexif(), pil(target).info
        found = tuple(float(exif[tag]) for tag in (282, 283)) if 282 in exif else info["dpi"]
        # AVIF is turned by the decoder, without a word
        assert found == pytest.approx((600, 300) if before == ".avif" else (300, 600), rel=0.001)
        if after in (".jpg", ".png", ".tif"):
            assert info["dpi"] == pytest.approx(found, rel=0.001)

    @pytest.mark.parametrize("suffix", [".jpg", ".tif", ".png"])
    def test_exif_does_not_change_the_resolution(self, tmp_path: Path, suffix: str) -> None:
        exif = Image.Exif()
        exif[ExifTags.Base.Make] = "Plaubel"
        Image.fromarray(scene("grey")[:, :, 0]).save(tmp_path / f"in{suffix}", exif=exif, dpi=(600, 600))
        photo = open_photo(tmp_path / f"in{suffix}")
        save(photo, tmp_path / f"out{suffix}", scene("rgb"))
        result = read(tmp_path / f"out{suffix}")
        assert (result.xres * 25.4, result.yres * 25.4) == pytest.approx((600, 600), rel=0.001)

    @pytest.mark.parametrize("after", [".jpg", ".png", ".tif", ".webp", ".avif"])
    @pytest.mark.parametrize("before", [".jpg", ".png", ".tif", ".webp", ".avif"])
    def test_exif_is_kept_in_every_format(self, tmp_path: Path, before: str, after: str) -> None:
        exif = Image.Exif()
        exif[ExifTags.Base.Make] = "Plaubel"
        exif[ExifTags.Base.Artist] = "Anna"
        exif[ExifTags.Base.Orientation] = 6
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.LensModel] = "Anticomar"
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FNumber] = 2.8
        exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
        exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (50.0, 6.5, 0.25)
        path, target = tmp_path / f"in{before}", tmp_path / f"out{after}"
        Image.fromarray(scene("rgb")).save(path, exif=exif)
        if before == ".tif":  # PIL writes none of the inner directories
            with path.open("r+b") as file:
                add_tags(file, exif=exif.tobytes(), iptc=None)
        photo = open_photo(path)
        assert photo.size == (64, 96)
        row = format_named(after)
        save(photo, target, scene("rgb").swapaxes(0, 1).copy(), row=row)
        found = pil(target).getexif()
        assert found[ExifTags.Base.Make] == "Plaubel"
        assert found[ExifTags.Base.Artist] == "Anna"
        assert found.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.LensModel] == "Anticomar"
        assert float(found.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FNumber]) == pytest.approx(2.8)
        assert found.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] == "N"
        assert found.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] == pytest.approx((50, 6.5, 0.25))
        assert found.get(ExifTags.Base.Orientation, 1) == 1
        assert pil(target).size == (64, 96)
        data = save(photo, None, scene("rgb").swapaxes(0, 1).copy(), row=row)
        assert data is not None
        assert b"Plaubel" in data

    def test_an_embedded_preview_is_dropped(self, tmp_path: Path) -> None:
        path = write(tmp_path / "in.jpg", scene("rgb"), jpeg_thumbnail_data=preview())
        assert read(path).get_typeof("jpeg-thumbnail-data")  # else this test shows nothing
        save(open_photo(path), tmp_path / "out.jpg", scene("rgb"))
        assert not read(tmp_path / "out.jpg").get_typeof("jpeg-thumbnail-data")

    def test_strip_leaves_the_metadata_out(self, tmp_path: Path) -> None:
        exif = Image.Exif()
        exif[ExifTags.Base.Make] = "Plaubel"
        Image.fromarray(scene("rgb")).save(
            tmp_path / "in.jpg", exif=exif, xmp=b"<x:xmpmeta/>", dpi=(300, 300)
        )
        save(open_photo(tmp_path / "in.jpg"), tmp_path / "out.jpg", scene("rgb"), strip=True)
        content = (tmp_path / "out.jpg").read_bytes()
        assert b"Plaubel" not in content
        assert b"xmpmeta" not in content
        assert pil(tmp_path / "out.jpg").info["dpi"] == pytest.approx((300, 300), rel=0.001)

    def test_nothing_is_overwritten_unless_asked(self, tmp_path: Path) -> None:
        target = tmp_path / "out.png"
        target.write_bytes(b"precious")
        photo = open_photo(scene("grey"))
        with pytest.raises(PhotoError, match=r"exists already.*overwrite=True"):
            save(photo, target, scene("rgb"), row=format_named("png"))
        assert target.read_bytes() == b"precious"
        save(photo, target, scene("rgb"), row=format_named("png"), overwrite=True)
        assert read(target).width == 96

    def test_new_files_have_ordinary_permissions(self, tmp_path: Path) -> None:
        (tmp_path / "plain").touch()
        save(open_photo(scene("grey")), tmp_path / "out.png", scene("rgb"), row=format_named("png"))
        assert (tmp_path / "out.png").stat().st_mode == (tmp_path / "plain").stat().st_mode

    @pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
    def test_an_interrupted_save_leaves_nothing(self, tmp_path: Path, error: type[BaseException]) -> None:
        def interrupt(fraction: float) -> None:
            raise error

        pixels = np.random.default_rng(0).integers(0, 256, (2048, 2048, 3)).astype(np.uint8)
        with pytest.raises(error):
            save(
                open_photo(scene("grey")),
                tmp_path / "out.tif",
                pixels,
                row=format_named("png"),
                progress=interrupt,
            )
        assert list(tmp_path.iterdir()) == []

    def test_a_damaged_photo_leaves_nothing(self, tmp_path: Path) -> None:
        def broken() -> Iterator[NDArray[Any]]:
            yield np.zeros((16, 96, 3), np.uint8)
            raise PhotoError("photo.jpg: damaged")

        stream = RowStream(broken(), shape=(64, 96, 3), depth=8, strip_rows=16)
        with pytest.raises(PhotoError, match=r"photo\.jpg: damaged"):
            save_photo(stream, open_photo(scene("grey")), tmp_path / "o.png", Output(format_named("png"), 8))
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.posix  # libvips holds the file of a TIFF that failed; Windows leaves that for the next run
    @pytest.mark.parametrize("row", FORMATS, ids=str)
    def test_a_full_disk_leaves_nothing(self, tmp_path: Path, row: Any) -> None:
        resource = pytest.importorskip("resource")
        pixels = np.random.default_rng(0).integers(0, 256, (200, 200, 3)).astype(np.uint8)
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))  # writing past it fails
        try:
            with pytest.raises(PhotoError, match=r"out\.\w+: .*cannot be written"):
                save(open_photo(scene("grey")), tmp_path / f"out{row.suffixes[0]}", pixels, row=row)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(PhotoError, match="No such file or directory"):
            save(
                open_photo(scene("grey")), tmp_path / "no" / "out.png", scene("rgb"), row=format_named("png")
            )

    def test_what_a_format_cannot_hold(self, tmp_path: Path) -> None:
        photo, jpeg = open_photo(scene("rgba")), format_named("jpg")
        with pytest.raises(PhotoError, match=r"no transparency.*format='png'"):
            save(photo, tmp_path / "out.jpg", scene("rgba"), row=jpeg)
        with pytest.raises(UsageError, match="depth 16: JPEG expects 8"):
            save(photo, tmp_path / "out.jpg", scene("rgb", 16), row=jpeg)
        with pytest.raises(PhotoError, match=r"16383 px a side.*format='tiff'"):
            save(photo, tmp_path / "o.webp", np.zeros((1, 20_000, 3), np.uint8), row=format_named("webp"))
        assert list(tmp_path.iterdir()) == []

    def test_progress_ends_at_one(self, tmp_path: Path) -> None:
        seen: list[float] = []
        save(
            open_photo(scene("grey")),
            tmp_path / "o.png",
            scene("rgb"),
            row=format_named("png"),
            progress=seen.append,
        )
        assert seen == sorted(seen)
        assert seen[-1] == 1.0


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UsageError, match=r"bmp.*jpeg, png, tiff, webp, avif"):
        format_named("bmp")
    assert format_named(".JPG").name == "jpeg"


def preview() -> bytes:
    stream = io.BytesIO()
    Image.fromarray(scene("rgb")).resize((24, 16)).save(stream, "JPEG")
    return stream.getvalue()


def png_header(width: int, height: int) -> bytes:
    """Begin a PNG of one bit a sample that claims a size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    data = zlib.compress(bytes(100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def grey_profile(curve: float | NDArray[np.float64]) -> bytes:
    """Make the smallest ICC profile (version 2) of a grey device with a gamma or the points of a curve."""
    points = [round(curve * 256)] if isinstance(curve, float) else np.rint(curve * 65535).astype(int).tolist()
    points_of = b"curv" + bytes(4) + struct.pack(f">I{len(points)}H", len(points), *points)
    points_of += bytes(-len(points_of) % 4)
    white = b"XYZ " + bytes(4) + struct.pack(">iii", 63190, 65536, 54061)  # D50, s15Fixed16
    text = b"text" + bytes(4) + b"public\0\0"
    name = b"desc" + bytes(4) + struct.pack(">I", 5) + b"grey\0" + bytes(78) + bytes(1)
    tags, offset, body = b"", 128 + 4 + 12 * 4, b""
    for tag, data in ((b"desc", name), (b"wtpt", white), (b"kTRC", points_of), (b"cprt", text)):
        tags += tag + struct.pack(">II", offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = offset + len(body)
    header = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x02400000, b"mntr", b"GRAY", b"XYZ ")
    header += struct.pack(">6H4s", 2024, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    header += struct.pack(">iii", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + struct.pack(">I", 4) + tags + body


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_a_small_file_is_opened_by_its_decoder_once(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"photo{suffix}"
    pyvips.Image.new_from_array(grey_scene(64, 48)).write_to_file(str(path))
    opened: list[str] = []
    begin = decode.decode
    monkeypatch.setattr(
        decode, "decode", lambda origin, **how: opened.append(how["access"]) or begin(origin, **how)
    )
    header = read_photo_header(path)
    photo = open_photo(header, cache_decoded=True)
    assert opened == ["sequential"]
    again = open_photo(header, cache_decoded=True)  # as for the second of two alternatives
    np.testing.assert_array_equal(again.rows()(0, 48), photo.rows()(0, 48))
