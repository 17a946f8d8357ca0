"""What a file declares is believed: channels, pages, gamma, its very kind; or it is refused in its words."""

import io
import struct
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import pyvips
from numpy.typing import NDArray
from PIL import Image

from colorify.color import linear_to_srgb
from colorify.colorizer import Colorizer
from colorify.errors import PhotoError, shell_word
from colorify.images.heif import _with_profile
from colorify.images.photo import open_photo
from colorify.images.vips import spoil, translate_vips_errors
from colorify.model.preprocess import reduce_to_luminance
from tiny import grey_scene

PHOTOS = Path(__file__).parent.parent / "photos"
SRGB_XY = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)


def tiff(pixels: NDArray[Any], *tags: tuple[int, int, list[int]], last: int = 0) -> bytes:
    """Write a picture, (h, w) or (h, w, bands), with `tags`: number, type 3 or 4, values."""
    shaped = pixels[:, :, None] if pixels.ndim == 2 else pixels
    height, width, bands = shaped.shape
    usual = {
        256: (4, [width]), 257: (4, [height]), 258: (3, [8 * pixels.itemsize] * bands), 259: (3, [1]),
        262: (3, [2 if bands > 2 else 1]), 273: (4, [0]), 277: (3, [bands]), 278: (4, [height]),
        279: (4, [shaped.nbytes]),
    }  # fmt: skip
    rows = dict(sorted({**usual, **{tag: (kind, values) for tag, kind, values in tags}}.items()))
    beyond = 8 + 2 + 12 * len(rows) + 4
    table, rest = b"", b""
    for tag, (kind, values) in rows.items():
        if tag == 273:
            values = [beyond + 600]
        data = struct.pack(f"<{len(values)}{'H' if kind == 3 else 'I'}", *values)
        inline = data.ljust(4, b"\0") if len(data) <= 4 else struct.pack("<I", beyond + len(rest))
        rest += data if len(data) > 4 else b""
        table += struct.pack("<HHI", tag, kind, len(values)) + inline
    head = b"II*\0" + struct.pack("<IH", 8, len(rows)) + table + struct.pack("<I", last)
    return head + rest.ljust(600, b"\0") + shaped.tobytes()


def png(pixels: NDArray[Any], *chunks: tuple[bytes, bytes]) -> bytes:
    """Write a PNG with chunks before its pixels."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    added = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return file.getvalue()[:33] + added + file.getvalue()[33:]


class TestRare:
    @pytest.mark.parametrize(
        ("name", "says"),
        [
            ("12bit-microfilm.tif", "12-bit TIFF"),
            ("cielab8.tif", "8-bit CIELab TIFF"),
            ("zstd.tif", "ZSTD TIFF"),
        ],
    )
    def test_a_sound_file_that_cannot_be_read_is_not_called_damaged(self, name: str, says: str) -> None:
        path, words = PHOTOS / name, f"cannot be read: {says}. Convert it first: magick "
        with pytest.raises(PhotoError) as caught:
            open_photo(path).rows()(0, 96)
        made = shell_word(f"{path.with_suffix('')}-16.tif")
        assert str(caught.value) == f"{path}: {words}{shell_word(str(path))} -depth 16 {made}"
        with pytest.raises(PhotoError) as caught:
            open_photo(path.read_bytes()).rows()(0, 96)
        assert str(caught.value) == f"the photo: {words}PHOTO -depth 16 OUT.tif"

    @pytest.mark.parametrize(
        ("dtype", "form", "says"),
        [
            (np.float64, 3, "64-bit floating point TIFF"),
            (np.float32, 3, "32-bit floating point TIFF"),
            (np.int16, 2, "16-bit signed integer TIFF"),
            (np.uint32, 1, "32-bit TIFF"),
        ],
    )
    def test_numbers_that_are_no_samples_of_a_photo(self, dtype: Any, form: int, says: str) -> None:
        with pytest.raises(PhotoError, match=f"cannot be read: {says}"):
            open_photo(tiff(grey_scene().astype(dtype), (339, 3, [form]))).rows()(0, 64)

    @pytest.mark.parametrize("space", ["lab", "labs", "scrgb"])
    def test_a_scan_in_lab_or_in_linear_light_keeps_its_luminance(self, space: str, tmp_path: Path) -> None:
        grey = np.arange(256, dtype=np.uint8).reshape(4, 64)
        plane = pyvips.Image.new_from_array(grey)
        picture = plane.bandjoin([plane, plane]).copy(interpretation="srgb").colourspace(space)
        picture.tiffsave(str(tmp_path / "scan.tif"))
        assert pyvips.Image.new_from_file(str(tmp_path / "scan.tif")).interpretation == space
        photo = open_photo(tmp_path / "scan.tif")
        assert photo.depth == 16
        assert np.abs(photo.rows()(0, 4) / 257 - grey[:, :, None]).max() < 0.05

    @pytest.mark.parametrize(("at", "value", "says"), [(4, 12, "12-bit JPEG"), (1, 0xC3, "lossless JPEG")])
    def test_rare_kinds_of_jpeg(self, at: int, value: int, says: str) -> None:
        file = io.BytesIO()
        Image.fromarray(grey_scene()).save(file, "JPEG")
        data = bytearray(file.getvalue())
        data[data.index(b"\xff\xc0") + at] = value
        with pytest.raises(PhotoError, match=f"cannot be read: {says}"):
            open_photo(bytes(data)).rows()(0, 64)

    @pytest.mark.parametrize(
        "tags",
        [
            [(50706, 1, [1, 4, 0, 0])],
            [(262, 3, [32803])],
            [(262, 3, [34892])],
        ],
        ids=["DNG", "a colour filter array", "linear"],
    )
    def test_a_raw_photograph_is_told_from_a_tiff(self, tags: list[Any]) -> None:
        rows = [(tag, 3, values) for tag, _, values in tags]
        with pytest.raises(PhotoError, match=r"found a raw photograph.*darktable-cli"):
            open_photo(tiff(grey_scene(), *rows))

    def test_a_raw_photograph_behind_a_preview_is_told_too(self) -> None:
        """As in NEF and ARW: the first directory is the preview, and points to the sensor's."""
        preview = tiff(grey_scene(), (254, 4, [1]), (330, 4, [0]))
        sensor = struct.pack("<HHHIIi", 1, 262, 3, 1, 32803, 0)
        place = struct.pack("<HHII", 330, 4, 1, len(preview))
        data = preview.replace(struct.pack("<HHII", 330, 4, 1, 0), place) + sensor
        with pytest.raises(PhotoError, match="found a raw photograph"):
            open_photo(data)

    @pytest.mark.parametrize(
        "head",
        [
            b"II*\0\x10\0\0\0CR\x02\0",
            b"IIRO\x08\0\0\0",
            b"IIU\0\x08\0\0\0",
            b"FUJIFILMCCD-RAW ",
            b"\0\0\0\x18ftypcrx \0",
        ],
        ids=["CR2", "ORF", "RW2", "RAF", "CR3"],
    )
    def test_other_raw_photographs_are_told(self, head: bytes) -> None:
        data = head + tiff(grey_scene())[len(head) :] if head.startswith(b"II*") else head + bytes(80)
        if head.startswith(b"II*"):
            data = head.ljust(16, b"\0") + struct.pack("<HHHIII", 1, 259, 3, 1, 6, 0)
        with pytest.raises(PhotoError, match=r"raw photograph.*darktable-cli"):
            open_photo(data)


class TestChannels:
    def test_an_unspecified_channel_is_no_transparency(self, colorizer: Colorizer, tmp_path: Path) -> None:
        photo = open_photo(PHOTOS / "rgb-and-infrared.tif")
        assert not photo.has_alpha
        report = colorizer.colorize_file(PHOTOS / "rgb-and-infrared.tif", tmp_path / "out.tif")
        assert pyvips.Image.new_from_file(str(tmp_path / "out.tif")).bands == 3
        assert [note for note in report.notes if "channel 4" in note]

    @pytest.mark.parametrize("extra", [[0], [0, 0], [0, 2], [2], [2, 0], [1]])
    @pytest.mark.parametrize("colors", [1, 3])
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_every_kind_of_channel_beside_the_colours(
        self, extra: list[int], colors: int, dtype: Any
    ) -> None:
        full = np.iinfo(dtype).max
        grey = grey_scene(depth=8 * np.dtype(dtype).itemsize)
        alpha = np.linspace(0.2, 1, grey.size).reshape(grey.shape)
        beside = np.rint(alpha * full).astype(dtype)
        shown = np.rint(grey * (beside / full)).astype(dtype) if extra == [1] else grey
        pixels = np.dstack([shown] * colors + [beside if kind else grey // 3 for kind in extra])
        photo = open_photo(tiff(pixels, (338, 3, extra), (262, 3, [2 if colors == 3 else 1])))
        assert photo.has_alpha == any(extra)
        found = photo.rows()(0, 64)
        assert found.shape[2] == colors + any(extra)
        assert np.abs(found[:, :, 0].astype(int) - grey).max() <= (0 if extra != [1] else 4)
        if any(extra):
            np.testing.assert_array_equal(found[:, :, -1], beside)
        assert len(photo.notes) == (0 in extra)

    def test_channels_that_the_file_does_not_mention_are_unspecified(self) -> None:
        photo = open_photo(tiff(np.dstack([grey_scene()] * 4), (262, 3, [2])))
        assert not photo.has_alpha
        assert len(photo.notes) == 1


class TestPages:
    def test_a_scan_and_its_preview_are_one_picture(self) -> None:
        photo = open_photo(PHOTOS / "scan-with-thumbnail.tif")
        assert photo.size == (128, 96)
        assert len(photo.notes) == 1

    @pytest.mark.parametrize(
        "smaller", [(254, 4, [1]), (254, 4, [4]), (255, 3, [2])], ids=["new", "mask", "old"]
    )
    @pytest.mark.parametrize("preview_first", [False, True])
    def test_what_is_declared_smaller_is_no_page(self, smaller: Any, preview_first: bool) -> None:
        scan, small = np.full((64, 96), 90, np.uint8), np.full((16, 24), 200, np.uint8)
        pictures: list[Any] = [(scan, []), (small, [smaller])]
        (first, first_tags), (second, second_tags) = pictures[::-1] if preview_first else pictures
        length = len(tiff(first, *first_tags))
        second_file = tiff(second, *second_tags)
        moved = bytearray(second_file[8:])
        at = moved.index(struct.pack("<HHI", 273, 4, 1)) + 8
        struct.pack_into("<I", moved, at, struct.unpack_from("<I", moved, at)[0] + length - 8)
        photo = open_photo(tiff(first, *first_tags, last=length) + bytes(moved))
        assert photo.size == (96, 64)
        assert (photo.rows()(0, 64) == 90).all()
        assert photo.shrink(48, 32).mean() == pytest.approx(90)

    def test_two_pages_of_full_size_are_refused(self) -> None:
        first, second = Image.fromarray(grey_scene()), Image.fromarray(grey_scene()[::2, ::2].copy())
        file = io.BytesIO()
        first.save(file, "TIFF", save_all=True, append_images=[second])
        with pytest.raises(PhotoError, match="2 pages"):
            open_photo(file.getvalue())


class TestGamma:
    def test_a_linear_png_keeps_its_light(self) -> None:
        photo = open_photo(PHOTOS / "gamma-1.png")
        assert photo.rows()(0, 96).mean() / 65535 == pytest.approx(0.571, abs=0.001)

    @pytest.mark.parametrize("mode", ["grey", "rgb"])
    @pytest.mark.parametrize("gamma", [100_000, 55_556, 47_619])
    def test_gamma_is_honoured(self, gamma: int, mode: str) -> None:
        codes = np.arange(256, dtype=np.uint8).reshape(16, 16)
        pixels = codes if mode == "grey" else np.dstack([codes] * 3)
        found = open_photo(png(pixels, (b"gAMA", struct.pack(">I", gamma)), (b"cHRM", SRGB_XY))).rows()(0, 16)
        expected = linear_to_srgb(((codes / 255) ** (100_000 / gamma)).astype(np.float32))
        assert np.abs(found[:, :, 0] / 65535 - expected).max() < 3e-3  # an ICC gamma has steps of 1/256

    @pytest.mark.parametrize(
        "chunks",
        [
            [(b"gAMA", struct.pack(">I", 45455))],
            [(b"gAMA", struct.pack(">I", 45455)), (b"cHRM", SRGB_XY)],
            [(b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 100_000))],
            [(b"cICP", b"\1\x0d\0\1"), (b"gAMA", struct.pack(">I", 100_000))],
            [(b"gAMA", bytes(4))],
            [(b"gAMA", struct.pack(">I", 100_000)), (b"cHRM", bytes(32))],
        ],
        ids=["sRGB by numbers", "with primaries", "sRGB", "cICP", "none", "damaged primaries"],
    )
    def test_what_amounts_to_srgb_changes_nothing(self, chunks: list[tuple[bytes, bytes]]) -> None:
        photo = open_photo(png(grey_scene(), *chunks))
        np.testing.assert_array_equal(photo.rows()(0, 64)[:, :, 0], grey_scene())
        broken = chunks[-1][1] in (bytes(4), bytes(32))
        assert len(photo.notes) == broken

    def test_a_profile_goes_before_gamma(self) -> None:
        file = io.BytesIO()
        srgb = bytes(pyvips.Operation.call("profile_load", "srgb"))
        Image.fromarray(grey_scene()).save(file, "PNG", icc_profile=srgb)
        data = file.getvalue()
        gamma = png(grey_scene(), (b"gAMA", struct.pack(">I", 100_000)))[33:49]
        photo = open_photo(data[:33] + gamma + data[33:])
        np.testing.assert_array_equal(photo.rows()(0, 64)[:, :, 0], grey_scene())

    def test_wide_primaries_by_number_are_p3(self) -> None:
        photo = open_photo(png(np.dstack([grey_scene()] * 3), (b"cICP", b"\x0c\x0d\0\1")))
        assert photo.profile is not None
        assert "Display P3".encode("utf-16-be") in photo.profile

    @pytest.mark.parametrize(
        ("numbers", "what"),
        [((9, 16), "PQ"), ((9, 18), "HLG"), ((1, 8), "linear"), ((12, 13), "P3"), ((1, 13), "")],
    )
    def test_numbers_in_avif(self, numbers: tuple[int, int], what: str) -> None:
        file = io.BytesIO()
        Image.fromarray(np.dstack([grey_scene()] * 3)).save(file, "AVIF")
        box = b"colrnclx" + struct.pack(">HH", 1, 13)
        assert box in file.getvalue()
        data = file.getvalue().replace(box, b"colrnclx" + struct.pack(">HH", *numbers))
        if what in ("P3", ""):
            profile = open_photo(data).profile
            assert (profile is not None and what.encode("utf-16-be") in profile) == bool(what)
        else:
            with pytest.raises(PhotoError, match=f"AVIF with colours of {what}"):
                open_photo(data)

    @pytest.mark.parametrize(("numbers", "what"), [((9, 16), "PQ"), ((12, 13), "P3"), ((1, 13), "")])
    def test_numbers_in_heic(self, numbers: tuple[int, int], what: str) -> None:
        pytest.importorskip("pillow_heif")

        class File:
            info: ClassVar = {
                "nclx_profile": {"color_primaries": numbers[0], "transfer_characteristics": numbers[1]}
            }

        if what in ("P3", ""):
            assert bool(_with_profile({}, File, "a.heic")) == bool(what)
        else:
            with pytest.raises(PhotoError, match=rf"a\.heic: cannot be read: HEIC with colours of {what}"):
                _with_profile({}, File, "a.heic")

    @pytest.mark.parametrize("transfer", [16, 18, 14])
    def test_light_of_another_kind_is_refused(self, transfer: int) -> None:
        with pytest.raises(PhotoError, match="cannot be read: PNG with colours of"):
            open_photo(png(grey_scene(), (b"cICP", bytes([9, transfer, 0, 1]))))


class TestCmyk:
    @pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
    @pytest.mark.parametrize("by", ["L", "RGB"], ids=["black alone", "three inks"])
    def test_grey_without_a_profile_is_grey(self, kind: str, by: str) -> None:
        file = io.BytesIO()
        Image.fromarray(grey_scene()).convert(by).convert("CMYK").save(file, kind)
        photo = open_photo(file.getvalue(), cache_decoded=True)
        assert not reduce_to_luminance(photo, 64).was_colored
        assert np.ptp(photo.rows()(0, 64).astype(int), axis=2).max() == 0

    def test_colours_without_a_profile_stay_colours(self) -> None:
        file = io.BytesIO()
        colors = np.dstack([grey_scene(), grey_scene() // 2, 255 - grey_scene()])
        Image.fromarray(colors).convert("CMYK").save(file, "TIFF")
        assert reduce_to_luminance(open_photo(file.getvalue(), cache_decoded=True), 64).was_colored


class TestReasons:
    def test_each_its_own_with_threads(self) -> None:
        """As in a folder of many bad files: libvips' own words are of the whole process."""
        file = io.BytesIO()
        Image.fromarray(grey_scene()).save(file, "JPEG")
        sources = {
            "12-bit TIFF": (PHOTOS / "12bit-microfilm.tif").read_bytes(),
            "8-bit CIELab TIFF": (PHOTOS / "cielab8.tif").read_bytes(),
            "ZSTD TIFF": (PHOTOS / "zstd.tif").read_bytes(),
            "the file ends early": file.getvalue()[: len(file.getvalue()) // 2],
        }

        def reason(data: bytes) -> str:
            try:
                open_photo(data).rows()(0, 64)
            except PhotoError as error:
                return str(error)
            return "read"

        wanted = [*sources] * 15
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(reason, [sources[name] for name in wanted]))
        assert [(name, text) for name, text in zip(wanted, found, strict=True) if name not in text] == []

    def test_the_words_of_libvips_are_used_only_where_they_are_sure(self) -> None:
        def fail(name: str) -> str:
            with pytest.raises(PhotoError) as caught, translate_vips_errors(name):
                pyvips.Image.new_from_buffer(b"II*\0\x08\0\0\0", "")
            return str(caught.value)

        assert "damaged or cut short (" in fail("alone")
        begun, ended = threading.Event(), threading.Event()

        def other() -> None:
            with translate_vips_errors("other"):
                begun.set()
                ended.wait()

        thread = threading.Thread(target=other)
        thread.start()
        begun.wait()
        assert fail("beside another") == "beside another: damaged or cut short."
        ended.set()
        thread.join()

        def spoilt() -> None:
            with translate_vips_errors("a"):
                spoil()
                pyvips.Image.new_from_buffer(b"II*\0\x08\0\0\0", "")

        with pytest.raises(PhotoError, match=r"^a: damaged or cut short\.$"):
            spoilt()

    def test_what_failed_before_without_a_word_is_forgotten(self) -> None:
        pyvips.vips_lib.vips_foreign_find_load(b"/no/such/file")
        assert pyvips.ffi.string(pyvips.vips_lib.vips_error_buffer())
        with pytest.raises(PhotoError) as caught, translate_vips_errors("new"):
            raise pyvips.Error("new", "")
        assert str(caught.value) == "new: damaged or cut short (no reason is given)."
        with translate_vips_errors("nothing"):
            assert pyvips.ffi.string(pyvips.vips_lib.vips_error_buffer()) == b""
