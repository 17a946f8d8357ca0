"""The names of CSS are those of CSS."""

import pytest
from PIL import ImageColor

from colorify.css_colors import CSS_COLORS, parse_color
from colorify.errors import UsageError


def test_each_name_is_the_colour_that_others_have_for_it() -> None:
    assert len(CSS_COLORS) == 148
    assert {name: ImageColor.getrgb(name) for name in CSS_COLORS} == {
        name: tuple(bytes.fromhex(parse_color(name)[1:])) for name in CSS_COLORS
    }


@pytest.mark.parametrize("text", ["", "#", "#12", "123456", "#1234567", "rgb(1,2,3)", "transparent"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"expected #RRGGBB .* #RGB, or a name of CSS"):
        parse_color(text)
