"""What leaves the page: files, before and after as a picture and as a clip, a copy on the clipboard."""

from typing import TYPE_CHECKING

import pytest
from browsing import Visit, another, choose, download, ready, settled, shown
from serving import opened, picture

from colorify.images.metadata.xmp import read_properties

if TYPE_CHECKING:
    from playwright.sync_api import Route

pytestmark = pytest.mark.browser


def test_a_file_has_the_name_the_format_and_the_quality_that_one_wants(visit: Visit) -> None:
    page = visit()
    choose(page, ("oma.jpg", picture(300, 200)))
    ready(page)
    page.click("#options summary")
    assert page.input_value("#file-name") == "oma-color"
    assert page.inner_text("#quality-value") == "usual"
    usual = download(page)[1]
    page.fill("#file-name", "Oma 1931")
    page.focus("#quality")
    page.keyboard.press("Home")
    name, small = download(page)
    assert name == "Oma 1931.jpg"
    assert len(small) < 0.7 * len(usual)
    page.select_option("#format", "png")
    assert page.locator("#quality").is_hidden()
    name, content = download(page)
    assert name == "Oma 1931.png"
    assert content.startswith(b"\x89PNG")


def test_the_generator_looks_as_closely_as_one_wants(visit: Visit) -> None:
    page = visit()
    choose(page, ("oma.jpg", picture()))
    ready(page)
    page.click("#options summary")
    first = shown(page)
    page.evaluate("""() => {  // the browser does not tell what is in a form with a file
        const fetched = window.fetch;
        window.sent = [];
        window.fetch = (path, options = {}) => {
            if (options.body instanceof FormData) window.sent.push(options.body.get("detail"));
            return fetched(path, options);
        };
    }""")
    page.select_option("#detail", "fine")
    another(page, first)
    assert page.evaluate("window.sent") == ["fine"]
    assert download(page)[0] == "oma-color.jpg"


def test_of_two_quick_choices_of_a_detail_the_last_one_counts(visit: Visit) -> None:
    page = visit()
    choose(page, ("oma.jpg", picture()))
    ready(page)
    page.click("#options summary")
    held: list[Route] = []

    def hold_first(route: "Route") -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/v1/sessions", hold_first)
    page.select_option("#detail", "fine")
    with page.expect_response(
        lambda answer: answer.request.method == "POST" and "sessions" in answer.url
    ) as last:
        page.select_option("#detail", "fast")
    kept = last.value.json()["id"]
    settled(page)
    with page.expect_request(lambda request: request.method == "DELETE") as closed:
        held[0].continue_()
    assert kept not in closed.value.url  # but the slow one, which came last
    assert page.input_value("#detail") == "fast"
    with page.expect_request("**/colorize") as asked:
        page.focus("#colour")
        page.keyboard.press("Home")
    assert kept in asked.value.url


def test_a_detail_that_fails_is_said_and_not_shown_as_chosen(visit: Visit, refusals: set[int]) -> None:
    refusals.add(503)
    page = visit()
    choose(page, ("oma.jpg", picture()))
    ready(page)
    page.click("#options summary")
    refused = {"type": "urn:colorify:took-too-long"}
    page.route("**/v1/sessions", lambda route: route.fulfill(status=503, json=refused), times=1)
    page.select_option("#detail", "fine")
    page.get_by_text("took too long").wait_for()
    assert page.input_value("#detail") == "auto"


def test_the_colour_comes_as_a_layer(visit: Visit) -> None:
    page = visit()
    choose(page, ("oma.jpg", picture()))
    ready(page)
    page.click("#options summary")
    page.select_option("#format", "layer")
    name, content = download(page)
    layer = opened(content)
    assert name == "oma-color.png"
    assert layer.bands == 4
    assert 0 < layer[3].avg() < 255


def test_before_and_after_are_one_picture_that_says_where_its_colours_are_from(visit: Visit) -> None:
    page = visit()
    choose(page, ("oma.jpg", picture(300, 200)))
    ready(page)
    page.click("#share summary")
    name, content = download(page, "#share-picture")
    pair = opened(content)
    assert name == "oma-color-before-after.jpg"
    assert pair.width == 300  # wide ones lie one below the other
    assert pair.height > 400
    before, after = (pair.crop(0, top, 300, 200).colourspace("lab") for top in (0, 206))
    assert (before[0] - after[0]).abs().avg() < 2
    assert before[1].abs().avg() + before[2].abs().avg() < 1
    assert after[1].abs().avg() + after[2].abs().avg() > 3
    properties = read_properties(pair.get("xmp-data"))
    assert ["Colorify"] in properties.values()
    assert any("compositeWithTrainedAlgorithmicMedia" in str(value) for value in properties.values())


def test_a_short_clip_shows_how_the_colour_comes(visit: Visit, tmp_path: object) -> None:
    av = pytest.importorskip("av", reason="pip install 'colorify-photo[video]'")
    page = visit()
    choose(page, ("oma.jpg", picture(320, 200)))
    ready(page)
    page.click("#share summary")
    from io import BytesIO

    name, content = download(page, "#share-clip")
    assert name in ("oma-color.webm", "oma-color.mp4")
    with av.open(BytesIO(content)) as film:
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in film.decode(video=0)]
    assert frames[0].shape == (200, 320, 3)

    def colored(frame: object) -> float:
        return float((frame.max(axis=2) - frame.min(axis=2)).mean())  # type: ignore[attr-defined]

    assert colored(frames[0]) < 4
    assert colored(frames[-1]) > colored(frames[0]) + 5


def test_the_photo_is_copied(visit: Visit) -> None:
    page = visit()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    choose(page, ("oma.jpg", picture()))
    ready(page)
    page.click("#share summary")
    page.click("#share-copy")
    page.wait_for_function("() => document.querySelector('#status').textContent.includes('clipboard')")
    size = page.evaluate("""async () => {
        const [item] = await navigator.clipboard.read();
        const picture = await createImageBitmap(await item.getType("image/png"));
        return [picture.width, picture.height];
    }""")
    assert size == [96, 64]
