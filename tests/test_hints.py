"""A colour that a person asks for arrives where it was put."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips

from colorify.color import rgb_to_lab
from colorify.colorizer import Colorizer
from colorify.errors import UsageError
from colorify.hints import Hint, draw_hints, to_hints


def test_a_hint_is_drawn_where_it_lies() -> None:
    drawn = draw_hints([Hint(600, 250, "#FF0000")], photo=(800, 500), small=(80, 50), stride=4)
    assert drawn.shape == (13, 20, 3)
    assert drawn.dtype == np.float32
    assert np.argwhere(drawn[:, :, 2]).tolist() == [[6, 15]]
    np.testing.assert_allclose(drawn[6, 15], [80.09, 67.20, 1], atol=0.02)


def test_a_radius_makes_a_disc() -> None:
    drawn = draw_hints([Hint(400, 400, "#00FF00", 200)], photo=(800, 800), small=(80, 80), stride=4)
    assert drawn[:, :, 2].sum() == pytest.approx(np.pi * 5**2, rel=0.1)
    assert drawn[10, 10, 2] == 1
    assert drawn[1, 1, 2] == 0


def test_the_last_of_two_hints_counts() -> None:
    hints = [Hint(5, 5, "#FF0000"), Hint(6, 6, "#0000FF")]
    drawn = draw_hints(hints, photo=(100, 100), small=(64, 64), stride=4)
    np.testing.assert_allclose(drawn[0, 0, :2], hints[1].ab)


def test_corners_are_inside() -> None:
    hints = [Hint(0, 0, "#FF0000"), Hint(99.9, 49.9, "#FF0000")]
    drawn = draw_hints(hints, photo=(100, 50), small=(90, 45), stride=4)
    assert drawn[0, 0, 2] == drawn[11, 22, 2] == 1


@pytest.mark.parametrize("color", ["redd", "#12345", "#GGGGGG", "", "#1234567890", "c08060", "#+1+2+3"])
def test_what_is_no_colour_is_refused_when_the_hint_is_made(color: str) -> None:
    with pytest.raises(UsageError, match=r"hint color .*#RRGGBB"):
        Hint(0, 0, color)


@pytest.mark.parametrize("color", [None, 7, ("#", "#", "#"), b"#ff0000"])
def test_a_colour_is_text(color: Any) -> None:
    with pytest.raises(UsageError, match="expected text such as"):
        Hint(0, 0, color)


@pytest.mark.parametrize(
    ("color", "expected"),
    [("navy", "#000080"), ("RebeccaPurple", "#663399"), ("#fA0", "#ffaa00"), (" #C08060 ", "#c08060")],
)
def test_a_colour_is_a_name_of_CSS_or_digits(color: str, expected: str) -> None:
    assert Hint(0, 0, color).color == expected
    assert Hint(0, 0, color) == Hint(0, 0, expected)


def test_a_tuple_is_taken_for_a_hint(colorizer: Colorizer) -> None:
    given = [("45%", 3, "navy"), (1, 2, "#fff", "2%"), (1, 2, "#fff", 3, 0.5), Hint(0, 0, "red")]
    assert to_hints(given) == (
        Hint("45%", 3, "#000080"),
        Hint(1, 2, "#ffffff", "2%"),
        Hint(1, 2, "#ffffff", 3, 0.5),
        Hint(0, 0, "#ff0000"),
    )
    pixels = np.full((64, 64), 120, np.uint8)
    np.testing.assert_array_equal(
        colorizer.colorize(pixels, hints=[(20, 30, "teal")]),
        colorizer.colorize(pixels, hints=[Hint(20, 30, "teal")]),
    )


@pytest.mark.parametrize("value", [7, "50%,50%,navy", (1, 2), (1, 2, "navy", 3, 0.5, 4), None])
def test_what_is_no_hint_is_refused(value: Any) -> None:
    with pytest.raises(UsageError, match=r"expected a Hint, or \(x, y, color\)"):
        to_hints([value])


@pytest.mark.parametrize("length", [-1, 10**400, math.nan, math.inf, True, None, b"50%", "-1%", "101%"])
@pytest.mark.parametrize("name", ["x", "y", "radius"])
def test_what_is_no_length_of_any_photo_is_refused_when_the_hint_is_made(name: str, length: Any) -> None:
    with pytest.raises(UsageError, match=rf"hint {name} .*: expected 0 or more px"):
        Hint(**{"x": 1, "y": 1, "color": "navy", name: length})


@pytest.mark.parametrize("reach", [-1.01, 2, 10**400, float("nan"), float("inf"), True, None, "1"])
def test_what_is_no_reach_is_refused_when_the_hint_is_made(reach: Any) -> None:
    with pytest.raises(UsageError, match=r"hint reach .*: expected a number from -1"):
        Hint(1, 1, "navy", 0, reach)


@pytest.mark.parametrize(("x", "y", "radius"), [(100, 0, 0), (0, 50, 0)])
def test_what_lies_outside_is_refused(x: float, y: float, radius: float) -> None:
    with pytest.raises(UsageError, match="100x50"):
        draw_hints([Hint(x, y, "#FF0000", radius)], photo=(100, 50), small=(90, 45), stride=4)


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (Hint("50%", "10%", "#ff0000"), (400, 50, 0)),
        (Hint("50%", 10, "#ff0000", "2%"), (400, 10, 10)),
        (Hint("0%", "0%", "#ff0000", 3), (0, 0, 3)),
        (Hint("100%", "100.0%", "#ff0000"), (799.5, 499.5, 0)),
    ],
)
def test_percent_is_of_the_photo(hint: Hint, expected: tuple[float, ...]) -> None:
    assert hint.place(800, 500) == pytest.approx(expected)


@pytest.mark.parametrize("x", ["101%", "-1%", "nan%", "%", "50", "fifty%", "50 px", ""])
def test_what_is_no_share_of_the_photo_is_refused(x: str) -> None:
    with pytest.raises(UsageError, match=r"px of the upright photo, or a share of it from 0% to 100%"):
        Hint(x, 0, "#FF0000")


def test_neutral_is_grey_where_the_generator_sees_colour(colorizer: Colorizer) -> None:
    pixels = np.full((128, 128), 230, np.uint8)
    before = rgb_to_lab((colorizer.colorize(pixels) / 255).astype(np.float32))[32, 96]
    hint = Hint.neutral("75%", "25%", "5%")
    after = rgb_to_lab((colorizer.colorize(pixels, hints=[hint]) / 255).astype(np.float32))[32, 96]
    assert np.hypot(*before[1:]) > 10
    assert np.hypot(*after[1:]) < 1.5
    assert after[0] == pytest.approx(before[0], abs=0.5)


def test_a_hints_own_brightness_does_not_count(colorizer: Colorizer) -> None:
    pixels = np.full((64, 64), 128, np.uint8)
    dark, light = "#331a1a", "#b08d8d"
    assert np.hypot(*np.subtract(Hint(0, 0, dark).ab, Hint(0, 0, light).ab)) < 3
    results = [colorizer.colorize(pixels, hints=[Hint(32, 32, color, 8)]) for color in (dark, light)]
    assert np.abs(results[0].astype(int) - results[1]).max() < 10


def test_a_hint_colours_its_thing_and_not_the_rest(colorizer: Colorizer) -> None:
    pixels = np.full((128, 128), 128, np.uint8)
    pixels[64:] = 60  # another thing
    hint = Hint(96, 32, "#7080C0", 16)
    before = rgb_to_lab((colorizer.colorize(pixels) / 255).astype(np.float32))
    after = rgb_to_lab((colorizer.colorize(pixels, hints=[hint]) / 255).astype(np.float32))
    np.testing.assert_allclose(after[32, 96, 1:], hint.ab, atol=2)
    assert np.hypot(*(after[32, 60, 1:] - hint.ab)) < np.hypot(*(before[32, 60, 1:] - hint.ab)) - 3
    np.testing.assert_allclose(after[80:], before[80:], atol=0.5)


def test_hints_are_placed_on_the_upright_photo(colorizer: Colorizer, tmp_path: Path) -> None:
    pixels = np.full((64, 96), 128, np.uint8)
    pixels[:, :48] = 50  # another thing, upright above
    sideways = pyvips.Image.new_from_array(pixels).copy(interpretation="b-w")
    sideways.set_type(pyvips.GValue.gint_type, "orientation", 6)  # upright it is 64 wide, 96 high
    sideways.pngsave(str(tmp_path / "side.png"))
    hint = Hint(32, 88, "#C07070", 12)
    colorizer.colorize_file(tmp_path / "side.png", tmp_path / "out.png", hints=[hint])
    result = rgb_to_lab((pyvips.Image.pngload(str(tmp_path / "out.png")).numpy() / 255).astype(np.float32))
    assert result.shape == (96, 64, 3)
    np.testing.assert_allclose(result[88, 32, 1:], hint.ab, atol=4)
    assert np.abs(result[8, 32, 1:] - hint.ab).max() > 10
