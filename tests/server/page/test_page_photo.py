"""One photo on the page, from its arrival to its download."""

import base64
from typing import Any

import pytest
from browsing import Visit, another, choose, download, ready, settled, shown
from serving import colorfulness, opened, pages_of, picture, several

pytestmark = pytest.mark.browser


DROP = """async ([content, name]) => {
    const file = new File([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], name);
    const data = new DataTransfer();
    data.items.add(file);
    const options = { dataTransfer: data, bubbles: true, cancelable: true };
    for (const kind of ["dragenter", "dragover", "drop"])
        document.body.dispatchEvent(new DragEvent(kind, options));
}"""


PASTE = """([content, name]) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], name));
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
}"""


def test_a_dropped_photo_is_coloured_and_downloaded_in_full(visit: Visit) -> None:
    page = visit()
    data = picture(2400, 1600)
    page.evaluate(DROP, [base64.b64encode(data).decode(), "Oma & Opa.jpg"])
    ready(page)
    name, result = download(page)
    assert name in ("Oma & Opa-color.jpg", "Oma _ Opa-color.jpg")  # some browsers tidy names
    assert opened(result).width == 2400
    assert colorfulness(result) > 5


def test_a_photo_is_pasted(visit: Visit) -> None:
    page = visit()
    page.evaluate(PASTE, [base64.b64encode(picture()).decode(), "image.png"])
    ready(page)
    assert download(page)[0] == "image-color.jpg"  # it is a JPEG, whatever it is called


def test_the_sample_works(visit: Visit) -> None:
    page = visit()
    page.click("#sample")
    ready(page)
    assert download(page)[0] == "sample-color.jpg"


def test_the_slider_is_moved_by_keys_and_by_dragging(visit: Visit) -> None:
    page = visit()
    choose(page, ("a.jpg", picture()))
    ready(page)
    page.focus("#split")
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    assert page.get_attribute("#split", "aria-valuetext") == "40 percent before, 60 percent after"
    keyed = page.evaluate("document.querySelector('#after').style.clipPath")
    box = page.locator("#stage").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.7, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, middle, steps=5)
    page.mouse.up()
    assert int(page.input_value("#split")) > 70
    assert page.evaluate("document.querySelector('#after').style.clipPath") != keyed
    assert page.locator("#picker").is_hidden()  # a drag is no click


def test_how_much_colour_is_live_and_undone(visit: Visit) -> None:
    page = visit()
    choose(page, ("a.png", picture(suffix=".png")))
    ready(page)
    first = shown(page)
    page.focus("#colour")
    page.keyboard.press("Home")
    another(page, first)
    assert page.text_content("#colour-value") == "grey"
    assert colorfulness(download(page)[1]) < 0.5
    page.click("#undo")
    assert page.text_content("#colour-value") == "natural"
    settled(page)
    assert colorfulness(download(page)[1]) > 5


def test_the_colour_comes_in_and_gives_way_to_a_hand(visit: Visit) -> None:
    page = visit(reduced_motion="no-preference")
    page.evaluate("""() => {
        const range = document.querySelector('#split');
        window.seen = [];
        new MutationObserver(() => window.seen.push(Number(range.value)))
            .observe(range, { attributeFilter: ['aria-valuetext'] });
    }""")
    page.click("#print")
    ready(page)
    page.wait_for_function("() => window.seen.at(-1) === 50")
    seen = page.evaluate("window.seen")
    assert seen[0] == 100
    assert seen == sorted(seen, reverse=True)
    page.focus("#split")
    page.keyboard.press("ArrowRight")
    assert page.input_value("#split") == "51"


def test_zoom_goes_in_and_back(visit: Visit) -> None:
    page = visit()
    choose(page, ("a.jpg", picture(2400, 1600)))
    ready(page)
    fitted = page.locator("#after").bounding_box()
    page.focus("#stage")
    for _ in range(4):
        page.keyboard.press("+")
    larger = page.locator("#after").bounding_box()
    assert fitted is not None
    assert larger is not None
    assert larger["width"] > 3 * fitted["width"]
    page.wait_for_function(
        "() => document.querySelector('#after').naturalWidth === 2400"
    )  # in full, when close
    page.click("#zoom-fit")
    assert page.locator("#after").bounding_box() == fitted


def test_a_tiff_of_several_pages_shows_the_first_and_downloads_all(visit: Visit) -> None:
    page = visit()
    choose(page, ("album.tif", several((2400, 1600), (300, 200), (200, 300))))
    ready(page)
    assert "It has 3 pages: the first is shown, the download has all of them." in page.inner_text("#facts")
    page.focus("#stage")
    for _ in range(4):
        page.keyboard.press("+")
    page.wait_for_function("() => document.querySelector('#after').naturalWidth === 2400")
    name, content = download(page)
    assert name == "album-color.tif"
    assert [opened(each).width for each in pages_of(content)] == [2400, 300, 200]


def test_the_photo_is_there_before_its_colours(visit: Visit) -> None:
    page = visit()
    held: list[Any] = []
    page.route("**/v1/sessions", lambda route: held.append(route))
    file = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture(300, 200)}
    page.set_input_files("#file", [file])
    page.wait_for_function("() => document.querySelector('#before').naturalWidth === 300")
    assert page.locator("#before").is_visible()
    assert page.locator("#after").is_hidden()
    assert page.locator("#divider").is_hidden()
    assert page.inner_text("#wait-text") == "Colouring"
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    ready(page)
    assert page.locator("#divider").is_visible()
    assert page.locator("#wait").is_hidden()
