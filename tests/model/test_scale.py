"""A photo that holds the detail is looked at twice, if that is wanted; both looks agree on one colour."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from colorify.colorizer import Colorizer
from colorify.hints import Hint
from colorify.images.photo import open_photo
from colorify.model import scale
from colorify.model.generator import Generator
from colorify.model.scale import TwoScalePhoto, encode_photo, fuse_colors, reduce_hints
from colorify.options import ColorOptions
from tiny import TINY_SPEC, write_tiny_generator

FloatArray = NDArray[np.float32]
FINE = ColorOptions(detail="fine")
SIDE_PX = 102  # px: fine, where the tiny generator's 64 px are coarse


def grain(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(7).integers(60, 200, (height, width)).astype(np.uint8)


def flat(color: tuple[float, float], h: int = 21, w: int = 21) -> FloatArray:
    return np.broadcast_to(np.array(color, np.float32), (h, w, 2)).copy()


class TestChoice:
    def test_a_photo_of_so_much_detail_is_looked_at_twice(self, generator: Generator) -> None:
        seen, encoded = encode_photo(generator, open_photo(grain(160, 200)), FINE)
        assert isinstance(encoded, TwoScalePhoto)
        assert seen.L.shape == encoded.L.shape == (SIDE_PX, 127)

    def test_a_small_one_is_not(self, generator: Generator) -> None:
        seen, encoded = encode_photo(generator, open_photo(grain(70, 90)), FINE)
        assert not isinstance(encoded, TwoScalePhoto)
        assert seen.L.shape == (64, 82)

    def test_an_enlarged_one_is_not(self, generator: Generator) -> None:
        smooth = np.kron(grain(20, 25), np.ones((8, 8))).astype(np.float32)
        for _ in range(3):
            smooth = sum(np.roll(smooth, by, axis) for axis in (0, 1) for by in range(-3, 4)) / 14
        seen, encoded = encode_photo(generator, open_photo(smooth.astype(np.uint8)), FINE)
        assert not isinstance(encoded, TwoScalePhoto)
        assert min(seen.L.shape) == 64

    def test_fast_and_auto_look_once_and_as_ever(self, generator: Generator) -> None:
        for detail in ("fast", "auto"):
            seen, encoded = encode_photo(generator, open_photo(grain(160, 200)), ColorOptions(detail=detail))
            assert not isinstance(encoded, TwoScalePhoto)
            assert seen.L.shape == (64, 80)

    def test_auto_is_one_constant(self, generator: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(scale, "AUTO_DETAIL", "fine")
        _, encoded = encode_photo(generator, open_photo(grain(160, 200)), ColorOptions())
        assert isinstance(encoded, TwoScalePhoto)

    def test_a_size_is_that_of_the_coarse_look(self, generator: Generator) -> None:
        options = ColorOptions(size=96, detail="fine")
        seen, encoded = encode_photo(generator, open_photo(grain(160, 200)), options)
        assert isinstance(encoded, TwoScalePhoto)
        assert min(seen.L.shape) == 154

    def test_a_regression_looks_once(self, tmp_path: Path) -> None:
        generator = Generator(write_tiny_generator(tmp_path / "tiny.onnx"))
        generator.centers = np.zeros((0, 2), np.float32)
        _, encoded = encode_photo(generator, open_photo(grain(160, 200)), FINE)
        assert not isinstance(encoded, TwoScalePhoto)


class TestFusion:
    def test_colors_that_are_alike_are_averaged(self) -> None:
        np.testing.assert_allclose(fuse_colors(flat((10, 20)), flat((6, 20)))[5, 5], (8, 20), atol=1e-4)

    def test_where_they_contradict_the_calmer_is_taken(self) -> None:
        np.testing.assert_allclose(fuse_colors(flat((2, 4)), flat((60, 40)))[5, 5], (2, 4), atol=1e-4)
        np.testing.assert_allclose(fuse_colors(flat((60, 40)), flat((2, 4)))[5, 5], (2, 4), atol=1e-4)

    def test_a_small_difference_makes_no_step(self) -> None:
        steps = [float(fuse_colors(flat((0, 0)), flat((a, 0)))[5, 5, 0]) for a in np.arange(0, 40, 0.5)]
        assert max(np.abs(np.diff(steps))) < 0.8

    def test_no_hint_is_lost_on_fewer_cells(self) -> None:
        rng = np.random.default_rng(3)
        for _ in range(20):
            row, column = rng.integers(0, 26), rng.integers(0, 32)
            hints = np.zeros((26, 32, 3), np.float32)
            hints[row, column] = 10, -20, 1
            fewer = reduce_hints(hints, (16, 20), (64 / 102, 80 / 128))
            ((down, across),) = np.argwhere(fewer[:, :, 2])
            assert fewer[down, across].tolist() == [10, -20, 1]
            assert abs(down - row * 0.63) < 1.5
            assert abs(across - column * 0.63) < 1.5


class TestInUse:
    @pytest.mark.parametrize("detail", ["fast", "fine"])
    def test_a_hint_is_met(self, tiny_weights: Path, detail: str) -> None:
        photo = np.full((160, 200), 120, np.uint8)
        photo[::2, ::2] = 90
        colored = Colorizer(tiny_weights).colorize(photo, hints=[Hint(100, 80, "#b03060", 20)], detail=detail)
        red, green, _ = colored[80, 100].astype(int)
        assert red > green + 30

    def test_fine_gives_other_colors_and_the_same_size(self, tiny_weights: Path) -> None:
        results: dict[str, Any] = {}
        colorizer = Colorizer(tiny_weights)
        for detail in ("auto", "fast", "fine"):
            results[detail] = colorizer.colorize(grain(160, 200), detail=detail)
        assert results["fine"].shape == (160, 200, 3)
        assert (results["auto"] == results["fast"]).all()
        assert (results["fine"] != results["fast"]).any()

    def test_a_session_gives_what_the_colorizer_gives(self, tiny_weights: Path) -> None:
        colorizer, photo = Colorizer(tiny_weights), grain(160, 200)
        session = colorizer.open(photo, detail="fine")
        np.testing.assert_array_equal(session.colorize(), colorizer.colorize(photo, detail="fine"))
        assert session.confidence().shape == (160, 200)
        assert session.suggest(10, 10)

    def test_the_spec_of_these_tests(self) -> None:
        assert round(TINY_SPEC["size"] * scale.FINE_RATIO) == SIDE_PX
