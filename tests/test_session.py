"""A photo at work: opened once, coloured again and again."""

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image

from colorify.color import rgb_to_lab
from colorify.colorizer import Colorizer
from colorify.errors import PhotoError, UsageError
from colorify.hints import Hint
from colorify.images import photo, save
from colorify.images.photo import open_photo
from colorify.model.generator import EncodedPhoto, Prediction
from colorify.options import ColorOptions
from tiny import grey_scene

HINT = Hint("30%", "50%", "#a03050", "5%")


@pytest.fixture
def counted(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Colorizer, list[float]]:
    """A colorizer, and a list that grows by the vividness of each generation."""
    runs: list[float] = []
    plain = EncodedPhoto.predict

    def counting(self: EncodedPhoto, *, hints: Any = None, vividness: float = 1.0) -> Prediction:
        runs.append(vividness)
        return plain(self, hints=hints, vividness=vividness)

    monkeypatch.setattr(EncodedPhoto, "predict", counting)
    return Colorizer(tiny_weights, threads=1), runs


def test_it_gives_what_the_colorizer_gives(colorizer: Colorizer, tmp_path: Path) -> None:
    pixels = grey_scene(200, 140)
    pyvips.Image.new_from_array(pixels).write_to_file(str(tmp_path / "in.png"))
    whole = colorizer.colorize(pixels, strength=0.8, vividness=1.5, hints=[HINT])
    sources: list[Any] = [pixels, tmp_path / "in.png", str(tmp_path / "in.png"), Image.fromarray(pixels)]
    for source in (*sources, (tmp_path / "in.png").read_bytes()):
        session = colorizer.open(source)
        assert session.size == (200, 140)
        for _ in range(2):
            made = session.colorize(strength=0.8, vividness=1.5, hints=[HINT])
            np.testing.assert_array_equal(made, whole)


def test_only_what_changes_the_colours_is_generated_anew(
    counted: tuple[Colorizer, list[float]],
) -> None:
    colorizer, runs = counted
    session = colorizer.open(grey_scene())
    session.preview()
    session.preview(strength=0.5)
    session.colorize()
    session.confidence()
    assert runs == [1.0]
    session.preview(hints=[HINT])
    session.preview(vividness=0.5)
    assert runs == [1.0, 1.0, 0.5]
    session.preview(hints=[])  # undone
    session.colorize(hints=[HINT], strength=2)
    assert runs == [1.0, 1.0, 0.5]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_a_file_is_looked_at_once_and_not_held(
    suffix: str, colorizer: Colorizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, identify, found = tmp_path / f"in{suffix}", photo.identify_source, []

    def counting(source: Any, *limits: int) -> Any:
        if isinstance(source, Path):
            found.append(source)
        return identify(source, *limits)

    pyvips.Image.new_from_array(grey_scene()).write_to_file(str(path))
    monkeypatch.setattr(photo, "identify_source", counting)
    session = colorizer.open(path)
    session.preview()
    session.original()
    session.preview(hints=[HINT])
    session.colorize()
    assert found == [path]
    assert "content" not in vars(session._source.origin)


def test_a_preview_is_the_photo_made_small(colorizer: Colorizer) -> None:
    pixels = np.kron(grey_scene(60, 40), np.ones((10, 10), np.uint8))
    session = colorizer.open(pixels, preview=150)
    small = session.preview(hints=[HINT])
    assert small.shape == (100, 150, 3)
    full = session.colorize(hints=[HINT])
    for x, y in ((45, 50), (120, 80), (20, 10)):
        ab = [rgb_to_lab((p / 255).astype(np.float32))[..., 1:] for p in (small[y, x], full[y * 4, x * 4])]
        assert np.hypot(*(ab[0] - ab[1])) < 6
    assert colorizer.open(grey_scene()).preview().shape == (64, 96, 3), "never enlarged"


def test_metadata_are_planned_once_for_the_notes_and_the_file(
    colorizer: Colorizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans: list[Any] = []
    plain = save.plan_metadata

    def counting(*given: Any, **named: Any) -> Any:
        plans.append(given)
        return plain(*given, **named)

    monkeypatch.setattr(save, "plan_metadata", counting)
    pyvips.Image.new_from_array(grey_scene()).write_to_file(str(tmp_path / "in.png"))
    colorizer.colorize_file(tmp_path / "in.png", tmp_path / "out.jpg")
    assert len(plans) == 1


def test_what_is_kept_is_counted_and_shown(colorizer: Colorizer) -> None:
    pixels = grey_scene(200, 140)
    session = colorizer.open(pixels, preview=100)
    np.testing.assert_array_equal(session.original(), open_photo(pixels).shrink(100, 70))
    assert session.memory_bytes > 100 * 70


def test_lightness_is_the_photo_s(colorizer: Colorizer) -> None:
    ramp = np.repeat(np.linspace(0, 255, 200).astype(np.uint8)[None, :], 100, axis=0)
    session = colorizer.open(ramp)
    for x in (20, 100, 180):
        L = rgb_to_lab(np.repeat(ramp[50, x], 3).astype(np.float32) / np.float32(255))[0]
        assert session.lightness(x, 50) == pytest.approx(float(L), abs=2)  # the mean of a cell
    with pytest.raises(UsageError, match="200"):
        session.lightness(200, 50)


def test_confidence_is_a_map_of_the_whole_photo(colorizer: Colorizer) -> None:
    ramp = np.repeat(np.linspace(0, 255, 500).astype(np.uint8)[None, :], 300, axis=0)
    sure = colorizer.open(ramp).confidence()
    assert sure.shape == (300, 500)
    assert sure.dtype == np.float32
    assert 0 <= sure.min() < 0.05
    assert 0.95 < sure.max() <= 1
    assert (np.diff(sure[150]) >= 0).all()


def test_it_says_whether_the_photo_had_colour(colorizer: Colorizer) -> None:
    red = np.broadcast_to(np.array([200, 60, 60], np.uint8), (40, 40, 3)).copy()
    assert colorizer.open(red).was_colored
    assert not colorizer.open(grey_scene()).was_colored


def test_a_hint_outside_does_not_end_the_session(colorizer: Colorizer) -> None:
    session = colorizer.open(grey_scene())
    with pytest.raises(UsageError, match="96x64"):
        session.preview(hints=[Hint(96, 0, "#FF0000")])
    with pytest.raises(UsageError, match="strength 3"):
        session.preview(strength=3)
    assert session.preview().shape == (64, 96, 3)


def test_what_cannot_be_opened(colorizer: Colorizer, tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="no such file"):
        colorizer.open(tmp_path / "gone.png")
    with pytest.raises(UsageError, match="found list"):
        colorizer.open([1, 2])
    with pytest.raises(UsageError, match="preview 0"):
        colorizer.open(grey_scene(), preview=0)
    with pytest.raises(PhotoError, match="6,144 pixels"):
        colorizer.open(grey_scene(), max_pixels=1000)


class TestSuggest:
    def test_colours_of_a_place_the_likeliest_first(self, colorizer: Colorizer) -> None:
        dark = np.full((60, 80), 40, np.uint8)  # L 16: blue, or grey, or red
        found = colorizer.open(dark).suggest(79, "50%")
        assert found == colorizer.suggest(dark, 79, 30)
        assert [round(each.probability, 2) for each in found] == sorted(
            (round(each.probability, 2) for each in found), reverse=True
        )
        assert 0.9 < sum(each.probability for each in found) < 1.001
        assert found[0].ab[1] < -20
        assert np.hypot(*found[1].ab) < 3
        for each in found:
            rgb = np.frombuffer(bytes.fromhex(each.color[1:]), np.uint8) / np.float32(255)
            L, a, b = rgb_to_lab(rgb)
            assert abs(L - 16) < 1, "as bright as the photo"
            assert (a, b) == pytest.approx(each.ab, abs=2)
        two = colorizer.open(dark).suggest(0, 0, count=2)
        assert [each.color for each in two] == [each.color for each in found[:2]]

    def test_a_hint_is_taken_into_account(self, colorizer: Colorizer) -> None:
        session = colorizer.open(np.full((60, 80), 119, np.uint8))
        plain, hinted = session.suggest(40, 30), session.suggest(40, 30, hints=[Hint(40, 30, "#ff0000")])
        assert np.hypot(*plain[0].ab) < 1
        assert hinted[0].ab[0] > 30

    def test_a_place_outside(self, colorizer: Colorizer) -> None:
        session = colorizer.open(grey_scene())
        with pytest.raises(UsageError, match=r"place 96,0: expected x in 0\.\.95"):
            session.suggest(96, 0)
        with pytest.raises(UsageError, match="count 0"):
            session.suggest(0, 0, count=0)


def test_an_alternative_keeps_the_hints(colorizer: Colorizer) -> None:
    session = colorizer.open(np.repeat(np.linspace(0, 255, 240).astype(np.uint8)[None], 160, axis=0))
    plain, other = session.preview(hints=[HINT]), session.preview(hints=[HINT], alternative=2)
    assert np.abs(plain.astype(int) - other).max() > 20
    for made in (plain, other):
        lab = rgb_to_lab((made[80, 72] / 255).astype(np.float32))
        assert np.hypot(*(lab[1:] - HINT.ab)) < 6
    with pytest.raises(UsageError, match="alternative 0"):
        session.preview(alternative=0)


def test_alternatives_are_made_once_in_whatever_order_they_are_asked_for(
    counted: tuple[Colorizer, list[float]],
) -> None:
    colorizer, _ = counted
    ramp = np.repeat(np.linspace(0, 255, 240).astype(np.uint8)[None], 160, axis=0)
    session = colorizer.open(ramp)
    second = session.colors(ColorOptions(alternative=2))
    first, again = islice(session.colorings(ColorOptions()), 2)
    assert again is second
    assert first.ab is session.colors(ColorOptions()).ab
    other = [colors.ab for colors in islice(colorizer.open(ramp).colorings(ColorOptions()), 2)]
    np.testing.assert_array_equal(other, [first.ab, second.ab])


def test_alternatives_that_were_counted_are_not_made_again(counted: tuple[Colorizer, list[float]]) -> None:
    colorizer, runs = counted
    ramp = np.repeat(np.linspace(0, 255, 240).astype(np.uint8)[None], 160, axis=0)
    session, other = colorizer.open(ramp), colorizer.open(ramp)
    made = [colors.ab for colors in islice(session.colorings(ColorOptions()), 2)]
    assert len(made) == 2
    assert runs == [1.0]
    again = islice(session.colorings(ColorOptions()), 2)
    assert all(colors.ab is ab for colors, ab in zip(again, made, strict=True))
    assert runs == [1.0]
    for number, ab in enumerate(made, start=1):
        assert session.colors(ColorOptions(alternative=number)).ab is ab
        np.testing.assert_array_equal(other.colors(ColorOptions(alternative=number)).ab, ab)
    assert runs == [1.0, 1.0]  # the second went on where the first ended
