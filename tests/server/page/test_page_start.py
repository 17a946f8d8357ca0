"""The page before there is a photo: what it shows, in which language, and what it refuses."""

import base64
import re
from typing import Any

import numpy as np
import pytest
import pyvips
from browsing import Visit, choose, ready
from serving import picture

from colorify.color import rgb_to_lab
from colorify.server import problems
from colorify.server.static import PAGE

pytestmark = pytest.mark.browser

DRAG = """async ([content, name, x, kinds]) => {
    const file = new File([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], name);
    const data = new DataTransfer();
    data.items.add(file);
    const options = { dataTransfer: data, bubbles: true, cancelable: true, clientX: x };
    for (const kind of kinds) document.body.dispatchEvent(new DragEvent(kind, options));
}"""
LANGUAGES = {
    "de-AT": ("de", "Farbe für Ihre alten Fotos"),
    "fr-CA": ("fr", "De la couleur pour vos vieilles photos"),
    "es-MX": ("es", "Color para sus fotos antiguas"),
    "it-IT": ("it", "Colore per le vostre vecchie foto"),
    "ja-JP": ("en", "Colour for your old photographs"),
}


def test_the_photograph_colours_itself_under_the_pointer(visit: Visit) -> None:
    page = visit()
    box = page.locator(".print-photo").bounding_box()
    assert box is not None
    clip = "() => getComputedStyle(document.querySelector('#print-color')).clipPath"
    found = []
    for share in (0.25, 0.75):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + 90)
        found.append([float(number) for number in re.findall(r"([\d.]+)(?:%|px)", page.evaluate(clip))])
    first, second = (max(numbers) for numbers in found)
    assert first > 60
    assert second < 40


def test_the_photograph_of_the_start_is_the_sample_in_colour() -> None:
    grey, colored = (
        pyvips.Image.new_from_file(str(PAGE / name)) for name in ("sample.jpg", "sample-color.jpg")
    )
    before, after = (
        rgb_to_lab((image.colourspace("srgb").numpy() / 255).astype(np.float32)) for image in (grey, colored)
    )
    assert np.abs(before[:, :, 0] - after[:, :, 0]).mean() < 1  # which is the loss of JPEG
    assert np.hypot(after[:, :, 1], after[:, :, 2]).mean() > 5


@pytest.mark.parametrize("locale", LANGUAGES)
def test_it_speaks_the_language_of_the_browser(visit: Visit, locale: str) -> None:
    language, headline = LANGUAGES[locale]
    page = visit(locale=locale)
    assert page.evaluate("document.documentElement.lang") == language
    assert page.inner_text("#headline") == headline
    page.evaluate("""() => {  // all that may be shown beside a photo
        for (const name of ['work', 'add', 'picker', 'again', 'remove', 'spread', 'legend', 'reference-used'])
            document.getElementById(name).hidden = false;
        for (const details of document.querySelectorAll('details')) details.open = true;
    }""")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    nothing = "() => [...document.querySelectorAll('[data-text]')].filter((e) => !e.textContent.trim())"
    assert page.evaluate(f"({nothing})().length") == 0
    cut = """() => [...document.querySelectorAll('button:not([data-color]), summary')]
        .filter((e) => e.offsetParent && e.scrollWidth > e.clientWidth + 1).map((e) => e.outerHTML)"""
    assert page.evaluate(cut) == []


def test_every_text_is_there_in_every_language(visit: Visit) -> None:
    page = visit()
    table = page.evaluate("""async () => {
        const { LANGUAGES, STRINGS } = await import("/page/strings.js");
        return { languages: LANGUAGES, strings: STRINGS };
    }""")
    rows = table["strings"]
    assert [key for key, row in rows.items() if len(row) != len(table["languages"]) or not all(row)] == []
    for key, row in rows.items():
        slots = [set(re.findall(r"\{\w+\}", text)) for text in row]
        assert all(other == slots[0] for other in slots), key
    html = (PAGE / "index.html").read_text()
    program = "".join(path.read_text() for path in PAGE.glob("*.js") if path.name != "strings.js")
    asked = set(re.findall(r'data-(?:text|label|title|alt)="(\w+)"', html))
    asked |= {name for name in re.findall(r"\"([\w-]+)\"", program) if name in rows}
    asked |= {kind.name for kind in vars(problems).values() if isinstance(kind, problems.ProblemKind)} & set(
        rows
    )
    assert asked == set(rows)  # none is missing, none is left over


def with_limits(page: Any) -> None:
    """Reload a page whose server takes small files, and no films."""
    known = {"limits": {"max_bytes": 2**20, "max_pixels": 10**8, "formats": ["jpeg", "png"], "films": False}}
    page.route("**/v1/models", lambda route: route.fulfill(json=known))
    page.reload()
    page.wait_for_function("() => document.querySelector('#limits').textContent.includes('1 MB')")


@pytest.mark.parametrize("name", ["Hochzeit 1962.mp4", "film.mov"])
def test_a_film_is_told_about_films_where_there_is_no_extra_for_them(visit: Visit, name: str) -> None:
    page = visit()
    with_limits(page)
    choose(page, (name, b"no film, but named like one"))
    typed = f'"{name}"' if " " in name else name
    assert f"colorify video {typed}" in page.inner_text("#message-text")
    assert page.locator("#welcome").is_visible()


def test_what_went_wrong_is_not_said_for_ever(visit: Visit) -> None:
    page = visit()
    page.clock.install()
    with_limits(page)
    choose(page, ("film.mov", b"film"))
    page.wait_for_selector("#message:not([hidden])")
    page.hover("#message")
    page.clock.run_for(20_000)
    assert page.locator("#message").is_visible()  # somebody reads it
    page.mouse.move(5, 700)
    page.clock.run_for(20_000)
    assert page.locator("#message").is_hidden()


def drop(page: object, data: bytes, name: str, x: int, *kinds: str) -> None:
    page.evaluate(DRAG, [base64.b64encode(data).decode(), name, x, kinds])  # type: ignore[attr-defined]


def test_a_photo_that_is_dropped_on_the_right_gives_its_colours(visit: Visit, refusals: set[int]) -> None:
    refusals.add(422)
    page = visit()
    drop(page, b"", "a.jpg", 1000, "dragenter", "dragover")
    assert page.locator("#veil-reference").is_hidden()  # there is no photo yet that could take them
    drop(page, picture(), "a.jpg", 1000, "drop")
    ready(page)
    found = {"hints": [{"x": 20, "y": 20, "color": "#aa3300", "radius": 0}]}
    page.route("**/match", lambda route: route.fulfill(json=found), times=1)
    drop(page, b"", "b.jpg", 1000, "dragenter", "dragover")
    assert page.locator("#veil-reference").is_visible()
    with page.expect_request("**/colorize") as sent:
        drop(page, picture(), "b.jpg", 1000, "drop")
    assert sent.value.post_data_json["hints"] == found["hints"]
    assert page.inner_text("#reference-name") == "Colours from b.jpg"
    page.click("#undo")
    assert page.locator("#reference-used").is_hidden()
    page.route("**/match", lambda route: route.fulfill(json={"hints": []}), times=1)
    drop(page, picture(), "c.jpg", 1000, "dragenter", "drop")
    page.get_by_text("too little in common").wait_for()
    drop(page, picture(), "d.jpg", 1000, "dragenter", "drop")  # which is grey
    page.get_by_text("d.jpg cannot give colours").wait_for()
    drop(page, picture(), "e.jpg", 100, "dragenter", "drop")  # on the left: another photo
    page.wait_for_function("() => document.querySelectorAll('.thumb.ready').length === 2")
