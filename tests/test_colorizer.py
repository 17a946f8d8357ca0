"""The main job, from a photo to the same photo in colour, as a program that uses the library sees it."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

import colorify
from colorify.color import RGB_TO_XYZ, rgb_to_lab
from colorify.colorizer import Colorizer
from colorify.errors import ColorifyError, PhotoError, UsageError
from colorify.evaluation.metrics import colorfulness
from colorify.hints import Hint
from colorify.images.photo import open_photo
from colorify.model.generator import BUILTIN_WEIGHTS, EncodedPhoto, Generator
from tiny import grey_scene

DTYPES = {8: np.uint8, 16: np.uint16}


def image_of(pixels: NDArray[Any]) -> pyvips.Image:
    names = ("b-w", "grey16") if pixels.ndim == 2 or pixels.shape[2] < 3 else ("srgb", "rgb16")
    return pyvips.Image.new_from_array(pixels).copy(interpretation=names[pixels.dtype == np.uint16])


def write(path: Path, pixels: NDArray[Any]) -> Path:
    options = {"lossless": True, "exact": True} if path.suffix == ".webp" else {}
    image_of(pixels).write_to_file(str(path), **options)
    return path


def read(path: Path) -> NDArray[Any]:
    return pyvips.Image.new_from_file(str(path), revalidate=True).numpy()


def lightness(pixels: NDArray[Any]) -> NDArray[np.float64]:
    """L, in double precision, of grey (h, w) or colour (h, w, 3 or 4)."""
    codes = pixels.astype(np.float64) / np.iinfo(pixels.dtype).max
    linear = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    Y = linear if pixels.ndim == 2 else linear[:, :, :3] @ RGB_TO_XYZ[1]
    return np.where(Y > 216 / 24389, 116 * np.cbrt(Y) - 16, 24389 / 27 * Y)


def chroma(pixels: NDArray[Any]) -> float:
    lab = rgb_to_lab((pixels[:, :, :3] / np.iinfo(pixels.dtype).max).astype(np.float32))
    return float(np.hypot(lab[:, :, 1], lab[:, :, 2]).mean())


def colorful_steps(colorizer: Colorizer, pixels: NDArray[Any], option: str) -> list[float]:
    """Measure the colourfulness of a photo from the least to the most of an option."""
    values = (0.0, 0.5, 1.0, 1.5, 2.0)
    return [colorfulness(colorizer.colorize(pixels, **{option: value})) for value in values]


class TestKinds:
    """The same kind of thing comes back."""

    @pytest.mark.parametrize("depth", [8, 16])
    @pytest.mark.parametrize("shape", [(), (1,), (2,), (3,), (4,)], ids=str)
    def test_arrays(self, colorizer: Colorizer, shape: tuple[int, ...], depth: int) -> None:
        grey = grey_scene(depth=depth)
        pixels = np.broadcast_to(grey.reshape(64, 96, *[1] * len(shape)), (64, 96, *shape)).copy()
        if shape in ((2,), (4,)):
            pixels[:, :, -1] = np.arange(96)
        before = pixels.copy()
        result = colorizer.colorize(pixels)
        np.testing.assert_array_equal(pixels, before)
        assert result.dtype == DTYPES[depth]
        assert result.shape == (64, 96, 4 if shape in ((2,), (4,)) else 3)
        assert chroma(result) > 5
        if shape in ((2,), (4,)):
            np.testing.assert_array_equal(result[:, :, 3], pixels[:, :, -1])

    def test_arrays_that_are_views(self, colorizer: Colorizer) -> None:
        grey = grey_scene()
        np.testing.assert_array_equal(
            colorizer.colorize(grey[::2, ::-1]), colorizer.colorize(grey[::2, ::-1].copy())
        )

    @pytest.mark.parametrize("kind", [str, Path])
    def test_paths(self, colorizer: Colorizer, tmp_path: Path, kind: Any) -> None:
        source = write(tmp_path / "grand.ma.png", grey_scene())
        result = colorizer.colorize(kind(source))
        assert result == kind(tmp_path / "grand.ma-color.png")
        assert type(result) is type(kind(source))
        assert read(Path(result)).shape == (64, 96, 3)
        with pytest.raises(PhotoError, match="exists already"):
            colorizer.colorize(source)

    @pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
    def test_bytes(self, colorizer: Colorizer, tmp_path: Path, format: str) -> None:
        Image.fromarray(grey_scene()).save(tmp_path / "file", format)
        result = colorizer.colorize((tmp_path / "file").read_bytes())
        assert isinstance(result, bytes)
        (tmp_path / "result").write_bytes(result)
        with Image.open(tmp_path / "result") as picture:
            assert picture.format == format
            assert picture.size == (96, 64)

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr"])
    def test_pil_images(self, colorizer: Colorizer, mode: str) -> None:
        picture = Image.fromarray(grey_scene()).convert("RGBA" if mode == "RGBA" else "L").convert(mode)
        picture.info["dpi"] = (300, 300)
        result = colorizer.colorize(picture)
        assert isinstance(result, Image.Image)
        assert result.size == picture.size
        assert result.mode == ("RGBA" if mode in ("LA", "RGBA") else "RGB")
        assert result.info["dpi"] == (300, 300)
        assert (chroma(np.asarray(result)) > 5) == (mode != "1")  # black and white have no colour

    def test_pil_images_of_16_bits_are_refused_and_not_cut(self, colorizer: Colorizer) -> None:
        with pytest.raises(PhotoError, match="PIL has no 16-bit colour"):
            colorizer.colorize(Image.fromarray(grey_scene(depth=16)))

    def test_anything_else_is_refused(self, colorizer: Colorizer) -> None:
        with pytest.raises(UsageError, match="found list"):
            colorizer.colorize([1, 2, 3])


class TestLuminance:
    """Colorify changes colour and nothing else."""

    @pytest.mark.parametrize("mode", ["grey", "rgb"])
    @pytest.mark.parametrize(
        ("suffix", "depth"), [(".png", 8), (".tif", 8), (".webp", 8), (".png", 16), (".tif", 16)]
    )
    def test_files_keep_their_luminance(
        self, colorizer: Colorizer, tmp_path: Path, suffix: str, depth: int, mode: str
    ) -> None:
        pixels = grey_scene(200, 150, depth)
        if mode == "rgb":
            pixels = np.stack([pixels, np.roll(pixels, 5, axis=1), pixels[::-1]], axis=-1)
        source, target = write(tmp_path / f"in{suffix}", pixels), tmp_path / f"out{suffix}"
        colorizer.colorize_file(source, target, quality=100)
        result = read(target)
        assert result.dtype == DTYPES[depth]
        assert chroma(result) > 5
        error = np.abs(lightness(result) - lightness(pixels))
        assert (
            np.mean(error <= (0.22 if depth == 8 else 100 / 4096)) >= 0.999
        )  # 0.22 L: half a step, where widest

    @given(seed=st.integers(0, 2**32 - 1), strength=st.floats(0, 2), vividness=st.floats(0, 2))
    @settings(max_examples=10, deadline=None)
    def test_whatever_the_photo_and_the_options(
        self, colorizer: Colorizer, seed: int, strength: float, vividness: float
    ) -> None:
        random = np.random.default_rng(seed)
        height, width = random.integers(1, 120, 2)
        pixels = random.integers(0, 65536, (height, width)).astype(np.uint16)
        result = colorizer.colorize(pixels, strength=strength, vividness=vividness)
        assert np.mean(np.abs(lightness(result) - lightness(pixels)) <= 100 / 4096) >= 0.999

    def test_strength_zero_is_the_grey_photo(self, colorizer: Colorizer) -> None:
        for depth in (8, 16):
            grey = grey_scene(depth=depth)
            np.testing.assert_array_equal(
                colorizer.colorize(grey, strength=0), np.repeat(grey[..., None], 3, axis=2)
            )

    def test_in_memory_and_in_a_file_it_is_the_same(self, colorizer: Colorizer, tmp_path: Path) -> None:
        pixels = grey_scene(300, 500)
        colorizer.colorize_file(write(tmp_path / "in.png", pixels), tmp_path / "out.png")
        np.testing.assert_array_equal(read(tmp_path / "out.png"), colorizer.colorize(pixels))

    def test_strips_leave_no_seams(self, colorizer: Colorizer, monkeypatch: pytest.MonkeyPatch) -> None:
        pixels = grey_scene(300, 200)
        whole = colorizer.colorize(pixels)
        monkeypatch.setattr("colorify.render.strips.STRIP_PIXELS", 1000)
        assert np.abs(colorizer.colorize(pixels).astype(int) - whole).max() <= 1


class TestSizes:
    @pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (2, 3), (40, 1000)])
    def test_small_long_and_tall(self, colorizer: Colorizer, tmp_path: Path, size: tuple[int, int]) -> None:
        source = write(tmp_path / "in.png", np.full(size, 100, np.uint8))
        report = colorizer.colorize_file(source, tmp_path / "out.png")
        assert (report.height, report.width) == size
        assert read(tmp_path / "out.png").shape == (*size, 3)

    def test_the_generator_sees_the_photo_at_its_size_and_aspect(
        self, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[tuple[int, ...]] = []
        colorizer = Colorizer(tiny_weights, threads=1)
        plain = Generator.encode

        def watched(self: Generator, L: NDArray[np.float32]) -> EncodedPhoto:
            seen.append(L.shape)
            return plain(self, L)

        monkeypatch.setattr(Generator, "encode", watched)
        for shape in ((600, 900), (900, 600), (8, 8), (10, 8000)):
            colorizer.colorize(np.zeros(shape, np.uint8))
        colorizer.colorize(np.zeros((600, 900), np.uint8), size=128)
        assert seen == [(64, 96), (96, 64), (32, 32), (1, 256), (128, 192)]

    def test_what_the_generator_makes_can_be_had_alone(self, colorizer: Colorizer) -> None:
        seen, colors = colorizer.colors(open_photo(grey_scene()), vividness=0.5)
        assert seen.L.shape == (64, 96)
        assert colors.ab.shape == (16, 24, 2)
        with pytest.raises(UsageError, match="vividness 3"):
            colorizer.colors(open_photo(grey_scene()), vividness=3)


class TestReport:
    def test_it_says_what_was_done(self, colorizer: Colorizer, tmp_path: Path) -> None:
        source, target = write(tmp_path / "in.png", grey_scene()), tmp_path / "out.png"
        report = colorizer.colorize_file(source, target)
        assert (report.source, report.target) == (source, target)
        assert (report.width, report.height) == (96, 64)
        assert report.seconds > 0
        assert not report.was_colored
        assert report.mean_confidence == pytest.approx(lightness(grey_scene()).mean() / 100, abs=0.02)
        assert report.data is None
        assert report.notes == ()

    def test_bytes_are_in_the_report(self, colorizer: Colorizer, tmp_path: Path) -> None:
        data = write(tmp_path / "in.png", grey_scene()).read_bytes()
        report = colorizer.colorize_file(data, None, format="tiff")
        assert report.source is report.target is None
        assert report.data is not None
        assert report.data[:4] in (b"II*\0", b"MM\0*")

    @pytest.mark.parametrize(
        ("gains", "expected"),
        [
            ((1, 1, 1), False),
            ((1, 0.995, 0.985), False),  # a scanner's tint
            ((1, 0.85, 0.65), True),  # sepia
            ((0.4, 1, 0.6), True),
        ],
    )
    def test_it_knows_colour_from_grey(
        self, colorizer: Colorizer, tmp_path: Path, gains: tuple[float, ...], expected: bool
    ) -> None:
        pixels = np.rint(grey_scene()[:, :, None] * np.array(gains)).astype(np.uint8)
        report = colorizer.colorize_file(write(tmp_path / "in.png", pixels), tmp_path / "out.png")
        assert report.was_colored is expected

    def test_a_coloured_photo_is_coloured_from_its_luminance_alone(self, colorizer: Colorizer) -> None:
        grey = np.full((64, 64), 119, np.uint8)
        red = np.broadcast_to(np.array([210, 40, 40], np.uint8), (64, 64, 3))
        assert lightness(red)[0, 0] == pytest.approx(45.6, abs=1)
        result = colorizer.colorize(red.copy())
        own = rgb_to_lab((colorizer.colorize(grey) / 255).astype(np.float32))[32, 32]
        found = rgb_to_lab((result / 255).astype(np.float32))[32, 32]
        assert np.abs(found[1:] - own[1:]).max() < 12  # nothing of a = 62, b = 42 is left


class TestOptions:
    def test_format_depth_and_quality(self, colorizer: Colorizer, tmp_path: Path) -> None:
        source = write(tmp_path / "in.png", grey_scene(depth=16))
        colorizer.colorize_file(source, tmp_path / "out.jpg")
        assert read(tmp_path / "out.jpg").dtype == np.uint8
        colorizer.colorize_file(source, tmp_path / "eight.png", depth=8)
        assert read(tmp_path / "eight.png").dtype == np.uint8
        colorizer.colorize_file(write(tmp_path / "8.png", grey_scene()), tmp_path / "16.tif", depth=16)
        assert read(tmp_path / "16.tif").dtype == np.uint16
        colorizer.colorize_file(source, tmp_path / "low.jpg", quality=20)
        assert (tmp_path / "low.jpg").stat().st_size < (tmp_path / "out.jpg").stat().st_size
        colorizer.colorize_file(source, tmp_path / "named.dat", format="webp")
        assert (tmp_path / "named.dat").read_bytes()[8:12] == b"WEBP"
        colorizer.colorize_file(source, tmp_path / "copy")  # no suffix: as the source
        assert (tmp_path / "copy").read_bytes()[1:4] == b"PNG"

    def test_confidence(self, colorizer: Colorizer, tmp_path: Path) -> None:
        pixels = np.repeat(np.linspace(0, 255, 400).astype(np.uint8)[None, :], 300, axis=0)
        source = write(tmp_path / "in.tif", pixels)
        colorizer.colorize_file(source, tmp_path / "out.tif", confidence=tmp_path / "sure.png")
        sure = read(tmp_path / "sure.png")
        assert sure.shape[:2] == (300, 400)
        np.testing.assert_allclose(sure.reshape(300, 400)[150] / 255, lightness(pixels)[150] / 100, atol=0.03)

    @pytest.mark.parametrize("option", ["strength", "vividness"])
    def test_more_of_it_is_more_colorful(self, colorizer: Colorizer, option: str) -> None:
        steps = colorful_steps(colorizer, grey_scene(), option)
        assert all(low < high for low, high in pairwise(steps)), steps

    @pytest.mark.slow
    @pytest.mark.skipif(not BUILTIN_WEIGHTS.is_file(), reason="the embedded weights are not trained yet")
    @pytest.mark.parametrize("option", ["strength", "vividness"])
    @pytest.mark.parametrize("sample", ["astronaut", "camera", "chelsea"])
    def test_more_of_it_is_more_colorful_with_the_embedded_weights(self, sample: str, option: str) -> None:
        pixels = read(Path(__file__).parent.parent / "samples" / f"{sample}.jpg")
        steps = colorful_steps(Colorizer(threads=2), pixels, option)
        assert all(low < high for low, high in pairwise(steps)), steps

    def test_the_photo_itself_is_never_overwritten(self, colorizer: Colorizer, tmp_path: Path) -> None:
        source = write(tmp_path / "in.png", grey_scene())
        before = source.read_bytes()
        (tmp_path / "alias.png").symlink_to(source)
        for target in (source, tmp_path / "alias.png"):
            with pytest.raises(PhotoError, match="the photo itself"):
                colorizer.colorize_file(source, target, overwrite=True)
            with pytest.raises(PhotoError, match="the photo itself"):
                colorizer.colorize_file(source, tmp_path / "o.png", confidence=target, overwrite=True)
        assert source.read_bytes() == before

    def test_what_is_there_is_seen_before_the_work(
        self, colorizer: Colorizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A link that leads nowhere, too: it is somebody's."""
        source = write(tmp_path / "in.png", grey_scene())
        (tmp_path / "there.png").write_bytes(b"mine")
        (tmp_path / "link.png").symlink_to("nowhere.png")
        monkeypatch.setattr(Colorizer, "_generate", None)  # the work
        for name in ("there.png", "link.png"):
            for targets in ({"target": tmp_path / name}, {"target": None, "confidence": tmp_path / name}):
                with pytest.raises(PhotoError, match=f"{name}: exists already"):
                    colorizer.colorize_file(source, **targets)
        assert (tmp_path / "there.png").read_bytes() == b"mine"
        assert not (tmp_path / "nowhere.png").exists()

    def test_progress(self, colorizer: Colorizer, tmp_path: Path) -> None:
        seen: list[float] = []
        source = write(tmp_path / "in.png", grey_scene())
        colorizer.colorize_file(source, tmp_path / "out.png", progress=seen.append)
        assert seen[-1] == 1

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"strength": -0.1}, "strength -0.1"),
            ({"strength": 2.1}, "strength 2.1: expected 0 to 2"),
            ({"vividness": float("nan")}, "vividness nan"),
            ({"size": 8}, "size 8: expected 32 to 4096 px"),
            ({"hints": [Hint(9999, 0, "#FF0000")]}, "hint at 9999,0"),
            ({"hints": [(1, 1, "redd")]}, "#RRGGBB"),
        ],
    )
    def test_options_that_make_no_sense(
        self, colorizer: Colorizer, options: dict[str, Any], says: str
    ) -> None:
        with pytest.raises(UsageError, match=says):
            colorizer.colorize(grey_scene(), **options)

    def test_a_photo_that_turns_out_damaged_leaves_nothing(
        self, colorizer: Colorizer, tmp_path: Path
    ) -> None:
        source = write(
            tmp_path / "in.png", np.random.default_rng(0).integers(0, 256, (600, 600)).astype(np.uint8)
        )
        content = bytearray(source.read_bytes())
        content[len(content) * 3 // 4] ^= 0xFF
        source.write_bytes(content)
        with pytest.raises(PhotoError, match=r"in\.png: damaged"):
            colorizer.colorize_file(source, tmp_path / "out.png")
        assert list(tmp_path.iterdir()) == [source]


class TestThePackage:
    def test_the_door_has_what_it_promises(self) -> None:
        assert colorify.Colorizer is Colorizer
        assert colorify.ColorifyError is ColorifyError
        assert colorify.Hint is Hint
        assert set(colorify.__all__) <= set(dir(colorify))
        with pytest.raises(AttributeError, match="no attribute 'paint_it'"):
            _ = colorify.paint_it

    def test_import_is_light(self) -> None:
        """How long it takes, `bench/startup.py` measures: that depends on the machine."""
        code = "import sys; before = set(sys.modules); import colorify; print(*set(sys.modules) - before)"
        loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
        assert "colorify" in loaded
        assert {"numpy", "pyvips", "onnxruntime", "torch"}.isdisjoint(loaded)
        assert len(loaded) < 100

    def test_a_photo_loads_nothing_that_only_others_need(self) -> None:
        code = "import sys; import colorify.colorizer, colorify.batch.coloring; print(*sys.modules)"
        loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
        # of layers in OpenRaster, of large photos, of pages, and of advice on Windows
        assert {"zipfile", "xml.etree.ElementTree", "tempfile", "shutil", "subprocess"}.isdisjoint(loaded)

    @pytest.mark.skipif(not BUILTIN_WEIGHTS.is_file(), reason="the embedded weights are not trained yet")
    def test_one_function_does_it(self) -> None:
        result = colorify.colorize(grey_scene())
        assert result.shape == (64, 96, 3)
        assert np.abs(lightness(result) - lightness(grey_scene())).max() < 0.3


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_come_back_as_floats_with_the_colours_of_16_bits(colorizer: Colorizer, dtype: type) -> None:
    gray = np.linspace(0, 1, 48 * 64, dtype=dtype).reshape(48, 64)
    codes = np.rint(gray.astype(np.float64) * 65_535).astype(np.uint16)
    colored = colorizer.colorize(gray)
    assert colored.dtype == dtype
    assert np.array_equal(colored, (colorizer.colorize(codes) / 65_535).astype(dtype))
    assert colorizer.open(gray).colorize().dtype == np.uint16


@pytest.mark.parametrize("wrong", [255.0, -0.1, np.nan])
def test_floats_beyond_0_to_1_are_refused(colorizer: Colorizer, wrong: float) -> None:
    gray = np.full((48, 64), 0.5, np.float32)
    gray[3, 4] = wrong
    with pytest.raises(PhotoError, match=r"expected 0\.\.1, found"):
        colorizer.colorize(gray)
