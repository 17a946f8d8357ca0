"""Colours that a person sets on the page, and what the page says of the generator's."""

from typing import Any

import pytest
from browsing import (
    Visit,
    another,
    choose,
    click_photo,
    color_on_screen,
    download,
    drag,
    pick,
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


VEIL = """([x, y]) => { const c = document.querySelector('#sure');
    return c.getContext('2d').getImageData(x * c.width, y * c.height, 1, 1).data[3]; }"""


def test_where_it_is_unsure_lies_over_the_grey_photo_and_leaves_out_hints(visit: Visit) -> None:
    page = visit()
    choose(page, ("a.jpg", picture()))
    ready(page)
    assert page.locator("#legend").is_hidden()
    page.click("#sure-toggle")
    page.wait_for_selector("#stage.unsure")
    assert page.get_attribute("#sure-toggle", "aria-checked") == "true"
    assert page.locator("#legend").is_visible()
    assert page.locator("#after").is_hidden()
    assert page.locator("#divider").is_hidden()
    dark, bright = page.evaluate(VEIL, [0.01, 0.98]), page.evaluate(VEIL, [0.99, 0.98])
    assert dark > bright + 50  # the tiny generator is surest where it is bright
    there = (0.375, 0.375)
    assert page.evaluate(VEIL, there) > 100
    click_photo(page, *there)
    page.wait_for_selector("#suggested button")
    assert page.locator("#after").is_visible()  # a colour that is chosen is seen
    assert page.locator("#sure").is_hidden()
    pick(page, "red")
    settled(page)
    assert page.locator("#sure").is_visible()
    assert page.evaluate(VEIL, there) == 0
    page.click("#sure-toggle")
    assert page.locator("#after").is_visible()


def test_a_click_on_the_half_that_is_before_is_seen(visit: Visit) -> None:
    page = visit()
    choose(page, ("a.jpg", picture()))
    ready(page)
    click_photo(page, 0.8, 0.3)  # in colour already
    assert page.input_value("#split") == "50"
    page.keyboard.press("Escape")
    click_photo(page, 0.2, 0.3)
    assert page.input_value("#split") == "0"
    palette, panel = (page.locator(name).bounding_box() for name in ("#picker", "#panel"))
    assert palette is not None
    assert panel is not None
    assert panel["x"] <= palette["x"]
    assert palette["x"] + palette["width"] <= panel["x"] + panel["width"]


def test_the_palette_is_there_before_its_suggestions(visit: Visit) -> None:
    page = visit()
    choose(page, ("a.jpg", picture()))
    ready(page)
    held: list[Any] = []
    page.route("**/suggest", lambda route: held.append(route))
    click_photo(page, 0.5, 0.5)
    page.wait_for_selector("#picker:not([hidden])")
    assert page.inner_text("#suggested-label") == "Likely here …"
    assert page.locator("#suggested button").count() == 0
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    page.wait_for_selector("#suggested button")
    pick(page, "red")
    held.clear()
    click_photo(page, 0.2, 0.8)
    while not held:
        page.wait_for_timeout(20)
    known = held[0].request.post_data_json["hints"]
    assert [hint["color"] for hint in known] == ["#b03a2e"]
    held[0].continue_()
    page.wait_for_selector("#suggested button")


def test_the_same_colour_again_asks_nothing(visit: Visit) -> None:
    page = visit()
    choose(page, ("a.jpg", picture()))
    ready(page)
    assert page.locator("#again").is_hidden()
    click_photo(page, 0.5, 0.3)
    pick(page, "grass")
    settled(page)
    page.click("#again")
    with page.expect_request("**/colorize") as sent:
        click_photo(page, 0.7, 0.7)
    assert [hint["color"] for hint in sent.value.post_data_json["hints"]] == ["#6f8b3d", "#6f8b3d"]
    assert page.locator("#picker").is_hidden()
    settled(page)
    page.keyboard.press("Escape")
    click_photo(page, 0.3, 0.7)
    assert page.locator("#picker").is_visible()
    page.keyboard.press("Escape")
    page.focus("#stage")
    page.keyboard.press("a")  # in the middle, by keys
    assert page.locator(".marker[aria-label]").count() == 3


def test_a_stroke_is_one_colour_in_many_places(visit: Visit) -> None:
    page = visit()
    choose(page, ("a.jpg", picture()))
    ready(page)
    drag(page, (0.2, 0.3), (0.8, 0.6), key="Shift")
    assert page.input_value("#split") == "0"  # it was no comparison, and is seen
    page.wait_for_selector("#suggested button")
    with page.expect_request("**/colorize") as sent:
        pick(page, "navy")
    hints = sent.value.post_data_json["hints"]
    assert 5 <= len(hints) <= 24
    assert hints[0]["x"] < 96 * 0.3
    assert hints[-1]["x"] > 96 * 0.7
    assert {hint["color"] for hint in hints} == {"#2f4672"}
    assert page.locator(".marker[aria-label]").count() == 1
    assert page.locator("#strokes polyline").count() == 2  # a line, and its border
    settled(page)
    page.focus(".marker[aria-label]")
    with page.expect_request("**/colorize") as sent:
        page.keyboard.press("ArrowDown")
    moved = sent.value.post_data_json["hints"]
    assert [hint["y"] for hint in moved] == [hint["y"] + moved[0]["y"] - hints[0]["y"] for hint in hints]
    settled(page)
    page.keyboard.press("Delete")
    assert page.locator("#strokes polyline").count() == 0
    settled(page)


def test_what_is_done_to_other_dots_while_the_palette_is_open_stays(visit: Visit) -> None:
    page = visit()
    choose(page, ("a.png", picture(suffix=".png")))
    ready(page)
    click_photo(page, 0.2, 0.2)
    page.click("#common button[aria-label='yellow']")
    settled(page)
    click_photo(page, 0.7, 0.7)
    page.wait_for_selector("#suggested button")
    marker = page.locator(".marker[aria-label]").bounding_box()
    assert marker is not None
    page.mouse.move(marker["x"] + 14, marker["y"] + 14)
    page.mouse.down()
    page.mouse.move(marker["x"] + 114, marker["y"] + 14, steps=6)
    page.mouse.up()
    page.click("#common button[aria-label='yellow']")
    settled(page)
    assert page.locator(".marker[aria-label]").count() == 2
    moved = page.locator(".marker[aria-label]").nth(0).bounding_box()
    assert moved is not None
    assert moved["x"] == pytest.approx(marker["x"] + 100, abs=12)


def test_a_slider_that_is_dragged_back_ends_its_step(visit: Visit) -> None:
    """One undo takes back one thing: the browser tells of no change where the value is what it was."""
    page = visit()
    choose(page, ("a.png", picture(suffix=".png")))
    ready(page)
    box = page.locator("#colour").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y, steps=4)
    page.mouse.move(x, y, steps=4)
    page.mouse.up()
    settled(page)
    click_photo(page, 0.4, 0.4)
    page.click("#common button[aria-label='yellow']")
    settled(page)
    page.focus("#colour")
    page.keyboard.press("End")
    settled(page)
    page.click("#undo")
    assert page.locator(".marker[aria-label]").count() == 1


def test_a_colour_that_is_only_tried_changes_no_idea(visit: Visit, refusals: set[int]) -> None:
    refusals.add(422)
    page = visit()
    choose(page, ("a.png", picture(suffix=".png")))
    ready(page)
    page.click("#ideas-ask")
    page.click("#ideas-row button >> nth=1")
    settled(page)
    click_photo(page, 0.4, 0.4)
    gone = {"type": "urn:colorify:bad-photo"}
    page.route("**/colorize", lambda route: route.fulfill(status=422, json=gone), times=1)
    with page.expect_response(lambda answer: answer.status == 200 and answer.url.endswith("/colorize")):
        page.hover("#common button[aria-label='yellow']")
    page.keyboard.press("Escape")
    settled(page)
    assert page.locator("#ideas-row button[aria-pressed=true]").get_attribute("title") == "Idea 2"


def test_many_strokes_are_no_more_hints_than_the_server_takes(visit: Visit) -> None:
    count = """async ([strokes, dots, given]) => {
        const { hintsOf } = await import("/page/marks.js");
        const line = (length) => Array.from({ length }, (_, at) => [at, 1]);
        const mark = (length) => ({ points: line(length), color: "#804020", radius: 3, reach: 0 });
        const many = (count, length) => Array.from({ length: count }, () => mark(length));
        const marks = [...many(strokes, 24), ...many(dots, 1)];
        const reference = given && { hints: line(given) };
        const hints = hintsOf({ marks, reference });
        return [hints.length, hints.filter((hint) => hint.color).length];
    }"""
    page = visit()
    assert page.evaluate(count, [3, 5, 0]) == [77, 77]
    assert page.evaluate(count, [20, 5, 500]) == [985, 485]
    for strokes, dots, given in ((43, 0, 0), (100, 7, 500), (41, 16, 500), (1500, 0, 500)):
        total, own = page.evaluate(count, [strokes, dots, given])
        assert total <= 1000
        assert own >= min(strokes + dots, 1000)  # of each something is left, of the first of very many not


def test_the_brush_draws_with_a_finger(visit: Visit) -> None:
    page = visit(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    choose(page, ("a.jpg", picture()))
    ready(page)
    page.locator("#brush").tap()
    box = page.locator("#after").bounding_box()
    assert box is not None
    fingers = page.context.new_cdp_session(page)
    y = box["y"] + 0.4 * box["height"]
    for kind, x in (("touchStart", 0.3), *(("touchMove", 0.3 + 0.05 * n) for n in range(8)), ("touchEnd", 0)):
        points = [] if kind == "touchEnd" else [{"x": box["x"] + x * box["width"], "y": y}]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_selector("#suggested button")
    with page.expect_request("**/colorize") as sent:
        # no tap: Chromium takes one right behind a quick stroke for the end of its fling
        page.locator("#common button[data-name=rose]").click()
    assert len(sent.value.post_data_json["hints"]) >= 5
    settled(page)


def test_the_size_of_a_dot_is_chosen_and_changed(visit: Visit) -> None:
    page = visit()
    choose(page, ("a.jpg", picture(960, 640)))
    ready(page)
    click_photo(page, 0.5, 0.5)
    page.focus("#dot-size")
    page.keyboard.press("End")
    with page.expect_request("**/colorize") as sent:
        pick(page, "red")
    assert [hint["radius"] for hint in sent.value.post_data_json["hints"]] == [51]  # 8 % of 640
    settled(page)
    page.click(".marker[aria-label]")
    assert page.input_value("#dot-size") == "1"
    page.focus("#dot-size")
    with page.expect_request("**/colorize") as sent:
        page.keyboard.press("Home")
    assert [hint["radius"] for hint in sent.value.post_data_json["hints"]] == [3]
    settled(page)


def test_how_far_a_colour_reaches_is_changed(visit: Visit) -> None:
    page = visit()
    choose(page, ("a.jpg", picture(960, 640)))
    ready(page)
    assert page.locator("#last-reach-row").is_hidden()
    click_photo(page, 0.5, 0.5)
    assert page.locator("#reach-row").is_hidden(), "there is no colour yet that could reach anywhere"
    with page.expect_request("**/colorize") as sent:
        pick(page, "red")
    assert [hint["reach"] for hint in sent.value.post_data_json["hints"]] == [0]
    settled(page)
    page.focus("#last-reach")
    with page.expect_request("**/colorize") as sent:
        page.keyboard.press("End")
    assert [hint["reach"] for hint in sent.value.post_data_json["hints"]] == [1]
    settled(page)
    page.click(".marker[aria-label]")
    assert page.input_value("#reach") == "1"
    page.focus("#reach")
    with page.expect_request("**/colorize") as sent:
        page.keyboard.press("Home")
    assert [hint["reach"] for hint in sent.value.post_data_json["hints"]] == [-1]
    page.keyboard.press("Escape")
    settled(page)
    with page.expect_request("**/colorize") as sent:
        page.click("#undo")
    assert [hint["reach"] for hint in sent.value.post_data_json["hints"]] == [1]


def test_a_thing_is_made_neutral_by_one_click(visit: Visit) -> None:
    page = visit()
    choose(page, ("a.png", picture(suffix=".png")))
    ready(page)
    first = shown(page)
    click_photo(page, 0.9, 0.5)
    page.click("#neutral")
    another(page, first)
    red, green, blue = color_on_screen(page, 0.9, 0.5)
    assert max(red, green, blue) - min(red, green, blue) < 8


def test_the_original_is_seen_for_as_long_as_it_is_held(visit: Visit) -> None:
    page = visit()
    choose(page, ("a.jpg", picture()))
    ready(page)
    box = page.locator("#original").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    assert page.locator("#after").is_hidden()
    page.mouse.up()
    assert page.locator("#after").is_visible()
    page.focus("#stage")
    page.keyboard.down("o")
    assert page.locator("#after").is_hidden()
    page.keyboard.up("o")
    assert page.locator("#after").is_visible()
    photo = page.locator("#after").bounding_box()
    assert photo is not None
    page.mouse.move(photo["x"] + photo["width"] * 0.8, photo["y"] + 100)
    page.mouse.down()
    page.wait_for_selector("#stage.original")  # by a finger that rests
    page.mouse.up()
    assert page.locator("#after").is_visible()
    assert page.locator("#picker").is_hidden()  # which is no click
