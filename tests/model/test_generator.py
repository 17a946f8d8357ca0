"""The generator takes any size, keeps its promises on shapes, and refuses files that are none."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from colorify.errors import WeightsError
from colorify.model.generator import BUILTIN_WEIGHTS, Generator
from tiny import TINY_SPEC, write_tiny_generator


def test_the_spec_is_read_from_the_file(generator: Generator) -> None:
    said = {"format": 2, **vars(generator.spec), "bin_centers": generator.centers.tolist()}
    # a file that says nothing of contrast has none, and one that says nothing of hints is given them
    assert said == {**TINY_SPEC, "contrast": 0, "tilt": 0, "follows_hints": True}


@pytest.mark.parametrize("size", [(1, 1), (31, 33), (64, 96), (1, 300), (300, 1)])
def test_any_size_is_taken_and_none_is_stretched(generator: Generator, size: tuple[int, int]) -> None:
    L = np.full(size, 10, np.float32)
    L[:, size[1] // 2 :] = 90
    colors = generator(L)
    shape = (-(-size[0] // 4), -(-size[1] // 4))
    assert colors.ab.shape == (*shape, 2)
    assert colors.confidence.shape == shape
    assert colors.confidence[0, 0] == pytest.approx(0.1 if size[1] > 7 else 0.9, abs=0.21)
    assert colors.confidence[-1, -1] == pytest.approx(0.9, abs=1e-5)  # padding repeats the border


def test_hints_are_followed(generator: Generator) -> None:
    hints = np.zeros((3, 5, 3), np.float32)
    hints[1, 2] = (30, -40, 1)
    L = np.full((10, 18), 50, np.float32)
    plain, hinted = generator(L).ab, generator(L, hints=hints).ab
    assert hinted[1, 2].tolist() == [30, -40]
    rest = hints[:, :, 2] == 0
    np.testing.assert_array_equal(hinted[rest], plain[rest])


class TestAGeneratorThatFollowsNoHints:
    @pytest.fixture
    def runs(self, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
        """The outputs that the network was run for, a list a run."""
        seen: list[list[str]] = []
        plain = Generator.run

        def watched(self: Generator, outputs: list[str], inputs: dict[str, Any]) -> Any:
            assert not inputs["hints"].any()
            seen.append(outputs)
            return plain(self, outputs, inputs)

        monkeypatch.setattr(Generator, "run", watched)
        return seen

    @pytest.fixture
    def deaf(self, tmp_path: Path) -> Generator:
        return Generator(write_tiny_generator(tmp_path / "deaf.onnx", follows_hints=False), threads=1)

    @pytest.mark.parametrize("vividness", [0.5, 1, 2])
    def test_what_it_makes_without_them_is_kept(
        self, deaf: Generator, runs: list[list[str]], vividness: float
    ) -> None:
        L = np.linspace(5, 95, 64, dtype=np.float32)[None].repeat(32, axis=0)
        hints = np.zeros((8, 16, 3), np.float32)
        hints[1, 2] = (30, -40, 1)
        plain = deaf.encode(L)
        colors, likely = plain.predict(vividness=vividness), plain.distribution(vividness=vividness)
        del runs[:]
        glance = deaf.encode(L)
        for place in (2, 9):  # a changed hint
            hints[1, place] = (30, -40, 1)
            hinted = glance.predict(hints=hints, vividness=vividness)
            np.testing.assert_allclose(hinted.ab, colors.ab, atol=0.1)  # roots are kept as float16
            np.testing.assert_array_equal(hinted.confidence, colors.confidence)
            made = glance.distribution(hints=hints, vividness=vividness)
            np.testing.assert_allclose(made.probabilities, likely.probabilities, atol=0.002)
        assert len(runs) == 1

    def test_who_asks_for_suggestions_feeds_it_all_the_same(self, tmp_path: Path) -> None:
        """As they follow what is known already."""
        hints = np.zeros((8, 8, 3), np.float32)
        hints[4, 4] = (50, 50, 1)
        L = np.full((32, 32), 50, np.float32)
        made = []
        for follows in (True, False):
            weights = write_tiny_generator(tmp_path / f"{follows}.onnx", follows_hints=follows)
            made.append(Generator(weights, threads=1).encode(L).distribution(hints=hints, fed=True))
        np.testing.assert_array_equal(made[0].probabilities, made[1].probabilities)
        plain = Generator(weights, threads=1).encode(L).distribution(hints=hints)
        assert not np.array_equal(made[1].probabilities, plain.probabilities)

    def test_without_hints_it_makes_no_more_than_the_colours(
        self, deaf: Generator, runs: list[list[str]]
    ) -> None:
        deaf(np.full((32, 32), 50, np.float32), hints=np.zeros((8, 8, 3), np.float32))
        assert [outputs[:2] for outputs in runs] == [["ab", "confidence"]]
        assert "logits" not in runs[0]

    def test_a_regression_may_be_one(self, tmp_path: Path, runs: list[list[str]]) -> None:
        weights = write_tiny_generator(tmp_path / "deaf.onnx", follows_hints=False, bin_centers=[])
        glance = Generator(weights, threads=1).encode(np.full((32, 32), 50, np.float32))
        hints = np.ones((8, 8, 3), np.float32)
        made = glance.predict(hints=hints, vividness=1.5)
        np.testing.assert_array_equal(made.ab, glance.predict().ab)


def test_vividness_makes_colourful_bins_likelier(generator: Generator) -> None:
    glance = generator.encode(np.full((32, 32), 32, np.float32))
    steps = (0.0, 0.5, 1.0, 1.5, 2.0)
    chroma = [np.hypot(*glance.predict(vividness=vividness).ab[0, 0]) for vividness in steps]
    assert all(low * 1.1 < high for low, high in pairwise(chroma)), chroma
    near = [glance.predict(vividness=vividness).ab for vividness in (0.999, 1, 1.001)]
    assert np.abs(near[0] - near[1]).max() < 0.1 > np.abs(near[2] - near[1]).max(), "no jump at 1"
    grey = [glance.distribution(vividness=vividness).probabilities[0, 0, 0] for vividness in steps]
    assert all(high > low for high, low in pairwise(grey))


def test_it_may_be_shared_between_threads(generator: Generator) -> None:
    from concurrent.futures import ThreadPoolExecutor

    pictures = [np.full((32 + index, 64), index * 5, np.float32) for index in range(16)]
    expected = [generator(L).ab for L in pictures]
    with ThreadPoolExecutor(4) as pool:
        for found, wanted in zip(pool.map(lambda L: generator(L).ab, pictures), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)


class TestDistribution:
    def test_it_says_how_likely_each_bin_is(self, generator: Generator) -> None:
        made = generator.encode(np.full((10, 18), 20, np.float32)).distribution()
        assert made.centers.tolist() == TINY_SPEC["bin_centers"]
        assert made.probabilities.shape == (3, 5, 5)
        np.testing.assert_allclose(made.probabilities.sum(axis=2), 1, rtol=1e-5)
        expected = np.exp([2, 20 * np.sin(2) / 12, 0, 0, 30 / 12])  # grey, a = 20 sin 2, b = 20 - 50
        np.testing.assert_allclose(made.probabilities[1, 2], expected / expected.sum(), atol=1e-3)

    def test_hints_change_it(self, generator: Generator) -> None:
        hints = np.zeros((3, 5, 3), np.float32)
        hints[1, 2] = (100, 0, 1)
        made = generator.encode(np.full((10, 18), 40, np.float32)).distribution(hints=hints)
        assert made.probabilities[1, 2].argmax() == 1
        assert made.probabilities[0, 0].argmax() == 0

    def test_a_regression_has_none(self, tmp_path: Path) -> None:
        weights = write_tiny_generator(tmp_path / "regression.onnx", bin_centers=[])
        with pytest.raises(WeightsError, match=r"regression\.onnx: a regression; .* Leave out weights"):
            Generator(weights).encode(np.zeros((8, 8), np.float32)).distribution()


class TestGlance:
    def test_the_backbone_runs_once_a_photo(
        self, generator: Generator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        runs: list[bool] = []
        runtime = generator._runtime

        class Watching:
            def run(self, outputs: list[str], inputs: dict[str, Any]) -> Any:
                runs.append(bool(inputs["reuse"]))
                return runtime.run(outputs, inputs)

        monkeypatch.setattr(generator, "_runtime", Watching())
        L = np.random.default_rng(0).uniform(0, 100, (50, 70)).astype(np.float32)
        hints = np.zeros((13, 18, 3), np.float32)
        hints[4, 4] = (30, 30, 1)
        glance = generator.encode(L)
        made = [glance.predict(), glance.predict(hints=hints), glance.predict(vividness=0.5)]
        glance.distribution(hints=hints)
        assert runs == [False, True, True, True]
        options: list[dict[str, Any]] = [{}, {"hints": hints}, {"vividness": 0.5}]
        for colors, option in zip(made, options, strict=True):
            anew = generator(L, **option)
            np.testing.assert_array_equal(colors.ab, anew.ab)
            np.testing.assert_array_equal(colors.confidence, anew.confidence)

    def test_what_the_backbone_sees_can_be_had(self, generator: Generator) -> None:
        glance = generator.encode(np.full((10, 18), 30, np.float32))
        feature = glance.features(4)
        assert feature.shape == (3, 5, 1)
        np.testing.assert_allclose(feature, 30, rtol=1e-5)
        with pytest.raises(WeightsError, match="no features at stride 16"):
            glance.features(16)


class TestRefusals:
    def test_nothing_there(self, tmp_path: Path) -> None:
        with pytest.raises(WeightsError, match="no such weights file"):
            Generator(tmp_path / "none.onnx")

    def test_no_onnx(self, tmp_path: Path) -> None:
        path = tmp_path / "text.onnx"
        path.write_text("these are no weights")
        with pytest.raises(WeightsError, match="not a usable ONNX file"):
            Generator(path)

    def test_cut_short(self, tmp_path: Path) -> None:
        path = write_tiny_generator(tmp_path / "cut.onnx")
        path.write_bytes(path.read_bytes()[:200])
        with pytest.raises(WeightsError, match=r"cut\.onnx"):
            Generator(path)

    def test_another_model(self, tmp_path: Path) -> None:
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
        y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
        graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "other", [x], [y])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.save(model, tmp_path / "other.onnx")
        with pytest.raises(WeightsError, match="no Colorify generator"):
            Generator(tmp_path / "other.onnx")

    def test_another_format(self, tmp_path: Path) -> None:
        path = write_tiny_generator(tmp_path / "future.onnx", format=3)
        with pytest.raises(WeightsError, match="format 3, this Colorify reads format 2"):
            Generator(path)


@pytest.mark.skipif(not BUILTIN_WEIGHTS.is_file(), reason="the embedded weights are not trained yet")
class TestEmbedded:
    def test_it_keeps_the_contract(self) -> None:
        generator = Generator(threads=1)
        L = np.random.default_rng(0).uniform(0, 100, (100, 70)).astype(np.float32)
        colors = generator(L)
        stride = generator.spec.stride
        assert colors.ab.shape == (-(-100 // stride), -(-70 // stride), 2)
        assert np.isfinite(colors.ab).all()
        assert np.abs(colors.ab).max() <= 128
        assert 0 <= colors.confidence.min() <= colors.confidence.max() <= 1

    def test_a_later_run_gives_what_a_first_one_gives(self) -> None:
        generator = Generator(threads=1)
        L = np.random.default_rng(0).uniform(0, 100, (100, 70)).astype(np.float32)
        hints = np.zeros((25, 18, 3), np.float32)
        hints[4, 4] = (30, 30, 1)
        glance = generator.encode(L)
        glance.predict()
        later, first = glance.predict(hints=hints), generator(L, hints=hints)
        np.testing.assert_array_equal(later.ab, first.ab)
        np.testing.assert_array_equal(later.confidence, first.confidence)

    def test_its_colours_are_the_annealed_mean_of_its_distribution(self) -> None:
        generator = Generator(threads=1)
        glance = generator.encode(np.random.default_rng(0).uniform(0, 100, (64, 64)).astype(np.float32))
        made = glance.distribution()
        sharp = made.probabilities ** (1 / generator.spec.temperature)
        mean = sharp @ made.centers / sharp.sum(axis=2, keepdims=True)
        np.testing.assert_allclose(mean, glance.predict().ab, atol=0.01)

    def test_it_fits_into_the_package(self) -> None:
        assert BUILTIN_WEIGHTS.stat().st_size <= 16 * 2**20


def test_nothing_is_reported_to_anybody(tiny_weights: Path, tmp_path: Path) -> None:
    """ONNX Runtime keeps what it will report in a cache at home; it keeps still where CI is set."""
    code = f"from colorify import Colorizer; Colorizer({str(tiny_weights)!r}, threads=1)"
    unset = {"CI", "ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"}
    env = {name: text for name, text in os.environ.items() if name not in unset}
    subprocess.run([sys.executable, "-c", code], env={**env, "HOME": str(tmp_path)}, check=True)
    assert list(tmp_path.iterdir()) == []
