"""The generator is told the hints, and a hint is met whatever it makes of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from colorify.color import rgb_to_lab
from colorify.colorizer import Colorizer
from colorify.hints import Hint
from colorify.model.generator import EncodedPhoto, Generator, Prediction
from colorify.model.geodesic import geodesic_distances
from colorify.model.predict import MANY_HINTS, predict_colors
from colorify.options import ColorOptions
from tiny import write_tiny_generator


def test_without_hints_nothing_changes(generator: Generator) -> None:
    glance = generator.encode(np.full((64, 64), 30, np.float32))
    np.testing.assert_array_equal(
        predict_colors(glance, ColorOptions(), photo=(64, 64)).ab, glance.predict().ab
    )


def test_a_hint_that_others_cover_counts_nowhere(generator: Generator) -> None:
    glance = generator.encode(np.full((64, 64), 30, np.float32))
    above = Hint(32, 32, "#3060c0", 8)
    alone, both = (
        predict_colors(glance, ColorOptions(hints=hints), photo=(64, 64)).ab
        for hints in ((above,), (Hint(32, 32, "#c04040", 4), above))
    )
    np.testing.assert_array_equal(alone, both)


def test_the_generator_sees_the_hints_too(generator: Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    plain = EncodedPhoto.predict

    def watched(self: EncodedPhoto, *, hints: Any = None, vividness: float = 1.0) -> Prediction:
        seen.append(hints)
        return plain(self, hints=hints, vividness=vividness)

    monkeypatch.setattr(EncodedPhoto, "predict", watched)
    glance = generator.encode(np.full((64, 64), 50, np.float32))
    predict_colors(glance, ColorOptions(hints=(Hint(20, 20, "#C04040"),)), photo=(64, 64))
    assert np.argwhere(seen[0][:, :, 2]).tolist() == [[5, 5]]


def test_a_generator_that_follows_no_hints_is_not_given_them_and_they_are_met(tmp_path: Path) -> None:
    ab, wanted = [], Hint(20, 20, "#C04040")
    for follows in (True, False):
        weights = write_tiny_generator(tmp_path / f"{follows}.onnx", follows_hints=follows)
        glance = Generator(weights, threads=1).encode(np.full((64, 64), 50, np.float32))
        ab.append(predict_colors(glance, ColorOptions(hints=(wanted,)), photo=(64, 64)).ab)
    np.testing.assert_allclose(ab[1][5, 5], wanted.ab, atol=1e-3)
    np.testing.assert_allclose(ab[1], ab[0], atol=0.1)  # all of a grey photo is one thing


@pytest.mark.parametrize(("count", "searches"), [(MANY_HINTS - 1, 2), (MANY_HINTS, 1)])
def test_the_ways_of_many_hints_are_looked_for_once(
    generator: Generator, monkeypatch: pytest.MonkeyPatch, count: int, searches: int
) -> None:
    seen: list[int] = []

    def watched(masks: Any, *words: Any) -> Any:
        seen.append(len(masks))
        return geodesic_distances(masks, *words)

    monkeypatch.setattr("colorify.model.predict.geodesic_distances", watched)
    hints = tuple(Hint(8 * (number % 8) + 4, 8 * (number // 8) + 4, "#c04040") for number in range(count))
    glance = generator.encode(np.full((64, 64), 50, np.float32))
    predict_colors(glance, ColorOptions(hints=hints), photo=(64, 64))
    assert seen == [count] * searches


@pytest.mark.parametrize(("x", "y", "radius"), [(150, 90, 0), (37, 201, 0), (128, 128, 30), (254, 3, 12)])
def test_a_hint_is_met_even_by_a_generator_that_is_deaf(
    tiny_weights: Path, monkeypatch: pytest.MonkeyPatch, x: int, y: int, radius: int
) -> None:
    colorizer = Colorizer(tiny_weights, threads=1)
    plain = EncodedPhoto.predict

    def deaf(self: EncodedPhoto, *, hints: Any = None, vividness: float = 1.0) -> Prediction:
        return plain(self, vividness=vividness)

    monkeypatch.setattr(EncodedPhoto, "predict", deaf)
    rows, columns = np.mgrid[:256, :256]
    pixels = (110 + 20 * np.sin(columns / 9) + 20 * np.cos(rows / 13)).astype(np.uint8)
    hint = Hint(x, y, "#8a5a78", radius)
    made = rgb_to_lab((colorizer.colorize(pixels, hints=[hint]) / 255).astype(np.float32))
    region = (rows - y) ** 2 + (columns - x) ** 2 <= radius**2
    error = np.hypot(*(made[region][:, 1:] - hint.ab).T)
    assert error.mean() < 2.5
    assert error.max() < 5


def test_colours_are_as_far_from_each_other_as_the_weights_file_and_the_vividness_say(tmp_path: Path) -> None:
    L = np.repeat(np.linspace(20, 90, 8, dtype=np.float32), 8)[None].repeat(64, axis=0)

    def spread_of(vividness: float, **changes: Any) -> float:
        generator = Generator(write_tiny_generator(tmp_path / f"{len(changes)}.onnx", **changes), threads=1)
        made = predict_colors(generator.encode(L), ColorOptions(vividness=vividness), photo=(64, 64)).ab
        return float(np.linalg.norm(made.std(axis=(0, 1))))

    plain, apart, bold = spread_of(1), spread_of(1, contrast=0.4), spread_of(1.5, contrast=0.4)
    assert 1.1 * plain < apart < 1.4 * plain
    assert bold > 1.1 * spread_of(1.5) > plain
    assert bold > apart
