"""The page by keys, by finger, on a narrow screen, and through a screen reader."""

import pytest
from browsing import Visit, choose, click_photo, ready, settled
from serving import picture

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [360, 760, 1280])
def test_nothing_is_wider_than_the_screen(visit: Visit, width: int) -> None:
    page = visit(viewport={"width": width, "height": 740}, has_touch=width == 360)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    choose(page, ("a.jpg", picture()), ("b.jpg", picture()))
    ready(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for button in ("#download", "#undo", "#add"):
        box = page.locator(button).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["height"] >= 40  # for a finger


def test_a_colour_is_set_with_a_finger_on_a_phone(visit: Visit) -> None:
    page = visit(viewport={"width": 360, "height": 740}, has_touch=True)
    choose(page, ("a.jpg", picture()))
    ready(page)
    box = page.locator("#after").bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.wait_for_selector("#suggested button")
    window = page.locator("#picker").bounding_box()
    assert window is not None
    assert window["x"] >= 0
    assert window["x"] + window["width"] <= 360
    assert window["y"] + window["height"] <= 740
    page.locator("#common button").first.tap()
    settled(page)
    assert page.locator(".marker[aria-label]").count() == 1


def test_it_is_dark_as_the_device_is_or_as_one_likes(visit: Visit) -> None:
    page = visit(color_scheme="dark")
    paper = "() => getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(paper)
    page.click("#theme")
    light = page.evaluate(paper)
    assert sum(map(int, light[4:-1].split(", "))) > sum(map(int, dark[4:-1].split(", "))) + 400
    page.click("#theme")
    assert page.evaluate(paper) == dark


def test_the_focus_is_where_one_goes_on(visit: Visit) -> None:
    page = visit()
    focused = "() => document.activeElement.id || document.activeElement.className"
    page.focus("#choose")
    choose(page, ("a.jpg", picture()), ("b.jpg", picture(64, 64)), ("c.jpg", picture(64, 80)))
    page.wait_for_function("() => document.activeElement.id === 'stage'")
    page.wait_for_function("() => document.querySelectorAll('.thumb.ready').length === 3")
    page.focus(".thumb")
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "Enter"):
        page.keyboard.press(key)
    settled(page)
    assert (
        page.evaluate("() => [...document.querySelectorAll('.thumb')].indexOf(document.activeElement)") == 1
    )
    assert page.locator("#facts").inner_text() == "64 × 64 pixels."
    page.focus("#stage")
    page.keyboard.press("c")
    page.wait_for_function("() => document.querySelector('#suggested').contains(document.activeElement)")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    assert page.evaluate(focused) == "stage"


def test_everything_has_a_name_for_screen_readers(visit: Visit) -> None:
    page = visit()
    choose(page, ("a.jpg", picture()), ("b.jpg", picture()))
    ready(page)
    click_photo(page, 0.5, 0.3)
    page.wait_for_selector("#suggested button")
    nameless = """() => [...document.querySelectorAll('button, input, select, canvas, img')]
        .filter((e) => e.offsetParent && !e.textContent.trim() && !e.ariaLabel && !(e.labels || []).length
            && !(e.tagName === 'IMG' && e.hasAttribute('alt')) && e.ariaHidden !== 'true')
        .map((e) => e.outerHTML)"""
    assert page.evaluate(nameless) == []
