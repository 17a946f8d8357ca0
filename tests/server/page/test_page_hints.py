"""Colours that a person sets on the page, and what the page says of the generator's."""

import pytest
from browsing import (
    Visit,
    another,
    choose,
    click_photo,
    color_on_screen,
    download,
    ready,
    settled,
    shown,
)
from serving import opened, picture

pytestmark = pytest.mark.browser


def test_a_colour_is_set_dragged_undone_and_redone(visit: Visit) -> None:
    page = visit()
    choose(page, ("a.png", picture(suffix=".png")))
    ready(page)
    click_photo(page, 0.375, 0.375)
    page.wait_for_selector("#suggested button")
    page.click("#common button[aria-label='yellow']")
    settled(page)
    assert page.locator(".marker[aria-label]").count() == 1
    there = (36, 24)
    plain_after = opened(download(page)[1]).colourspace("lab")(*there)
    marker = page.locator(".marker[aria-label]").bounding_box()
    assert marker is not None
    page.mouse.move(marker["x"] + 14, marker["y"] + 14)
    page.mouse.down()
    page.mouse.move(marker["x"] + 200, marker["y"] + 14, steps=6)
    page.mouse.up()
    settled(page)
    moved = opened(download(page)[1]).colourspace("lab")(*there)
    assert moved[2] < plain_after[2] - 5  # the yellow has gone with the dot
    page.keyboard.press("Control+z")
    settled(page)
    assert opened(download(page)[1]).colourspace("lab")(*there) == pytest.approx(plain_after, abs=1)
    page.click("#undo")
    assert page.locator(".marker[aria-label]").count() == 0
    page.click("#redo")
    assert page.locator(".marker[aria-label]").count() == 1


def test_a_colour_is_set_by_keys_alone(visit: Visit) -> None:
    page = visit()
    choose(page, ("a.jpg", picture()))
    ready(page)
    page.focus("#stage")
    page.keyboard.press("c")
    page.wait_for_selector("#suggested button")
    page.keyboard.press("Enter")
    settled(page)
    page.focus(".marker[aria-label]")
    before = page.get_attribute(".marker[aria-label]", "style")
    page.keyboard.press("ArrowRight")
    settled(page)
    assert page.get_attribute(".marker[aria-label]", "style") != before
    page.keyboard.press("Delete")
    assert page.locator(".marker[aria-label]").count() == 0


def test_a_colour_under_the_mouse_is_tried_and_not_kept(visit: Visit) -> None:
    page = visit()
    choose(page, ("a.png", picture(suffix=".png")))
    ready(page)
    first, there = shown(page), (0.9, 0.5)
    plain = color_on_screen(page, *there)
    click_photo(page, *there)
    page.wait_for_selector("#suggested button")
    page.hover("#common button[aria-label='sky']")
    another(page, first)
    assert color_on_screen(page, *there)[2] > plain[2] + 40
    assert page.locator(".marker[aria-label]").count() == 0
    assert page.locator("#undo").is_disabled()
    second = shown(page)
    page.keyboard.press("Escape")
    another(page, second)
    assert color_on_screen(page, *there) == pytest.approx(plain, abs=3)


def test_a_colour_is_shown_as_bright_as_the_place(visit: Visit) -> None:
    page = visit()
    choose(page, ("a.png", picture(suffix=".png")))
    ready(page)
    fill, fills = "(button) => getComputedStyle(button).backgroundColor", []
    for x, y in ((0.3, 0.3), (0.95, 0.1)):  # in the dark square; where it is bright
        click_photo(page, x, y)
        page.wait_for_selector("#suggested button")
        fills.append(page.locator("#common button").first.evaluate(fill))
        page.keyboard.press("Escape")
    dark, bright = (float(color.removeprefix("lab(").split()[0]) for color in fills)
    assert dark < 25
    assert bright > 70


def test_other_ideas_are_chosen_and_undone(visit: Visit, refusals: set[int]) -> None:
    page = visit()
    choose(page, ("a.png", picture(suffix=".png")))
    ready(page)
    first = shown(page)
    page.click("#ideas-ask")
    page.click("#ideas-row button >> nth=1")
    another(page, first)
    assert page.locator("#ideas-row button[aria-pressed=true]").get_attribute("title") == "Idea 2"
    idea = opened(download(page)[1])
    page.click("#undo")
    settled(page)
    assert (opened(download(page)[1]) - idea).abs().avg() > 1
    # other settings may leave fewer ideas
    refusals.add(422)
    gone = {"type": "urn:colorify:bad-photo"}
    page.route("**/colorize", lambda route: route.fulfill(status=422, json=gone), times=1)
    page.click("#redo")
    page.get_by_text("no longer there").wait_for()
    assert page.locator("#ideas-row button[aria-pressed=true]").get_attribute("title") == "The usual one"


def test_where_it_is_unsure_is_shown(visit: Visit) -> None:
    page = visit()
    choose(page, ("a.jpg", picture()))
    ready(page)
    page.click("#sure-toggle")
    page.wait_for_selector("#sure:not([hidden])", state="attached")
    assert page.get_attribute("#sure-toggle", "aria-checked") == "true"
    alpha = """() => { const c = document.querySelector('#sure'), x = c.getContext('2d'), y = c.height - 1;
        return [x.getImageData(0, y, 1, 1).data[3], x.getImageData(c.width - 1, y, 1, 1).data[3]]; }"""
    dark, bright = page.evaluate(alpha)  # the tiny generator is surest where it is bright
    assert dark > bright + 50
