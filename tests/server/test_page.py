"""The page, in a real browser without a screen, as a person meets it.

Needs Chromium (on Debian and Ubuntu: `apt-get install chromium`) and the package playwright, which drives it;
both are looked for, and without them these tests are skipped and say so. `pytest -m 'not browser and not slow'`
leaves them out.
"""

import base64
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from serving import Server, colorfulness, opened, picture, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("COLORIFY_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
LONG = 20_000  # ms

pytestmark = pytest.mark.browser
if CHROMIUM is None:
    cure = "apt-get install chromium, or set COLORIFY_CHROMIUM"
    pytest.skip(f"the tests of the page need a browser: {cure}", allow_module_level=True)


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    api = pytest.importorskip("playwright.sync_api", reason="pip install 'colorify-photo[dev]'")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def refusals() -> set[int]:
    """The statuses of refusals that a test provokes; the browser writes each of them on its console."""
    return set()


@pytest.fixture
def visit(browser: "Browser", server: Server, refusals: set[int]) -> "Iterator[Callable[..., Page]]":
    """Open the page; at the end nothing may have been said on the console, and nobody else been asked."""
    contexts: list[Any] = []
    complaints: list[str] = []
    asked: list[str] = []

    def open_page(address: str = server.url, **options: Any) -> "Page":
        context = browser.new_context(
            accept_downloads=True, **{"viewport": {"width": 1280, "height": 800}, **options}
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(LONG)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        return page

    yield open_page
    assert all(url.startswith(("http://127.0.0.1:", "blob:")) for url in asked)
    cookies = [cookie for context in contexts for cookie in context.cookies()]
    for context in contexts:
        context.close()
    failed = "Failed to load resource: the server responded with a status of"
    expected = tuple(f"{failed} {status}" for status in refusals)
    assert [text for text in complaints if not text.startswith(expected)] == []
    assert cookies == []


def choose(page: "Page", *photos: tuple[str, bytes]) -> None:
    page.set_input_files("#file", [{"name": name, "mimeType": "", "buffer": data} for name, data in photos])


def ready(page: "Page") -> None:
    page.wait_for_selector("#download:not([disabled])")
    settled(page)


def settled(page: "Page") -> None:
    """Wait until the picture on the screen is drawn and nothing is on its way."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function("() => document.querySelector('#after').complete")


def click_photo(page: "Page", x: float, y: float) -> None:
    """Click a point of the photo, 0..1."""
    box = page.locator("#after").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def download(page: "Page", button: str = "#download") -> tuple[str, bytes]:
    with page.expect_download() as pending:
        page.click(button)
    return pending.value.suggested_filename, Path(pending.value.path()).read_bytes()


def shown(page: "Page") -> str:
    """Return which picture is on the screen."""
    return str(page.get_attribute("#after", "src"))


DROP = """async ([content, name]) => {
    const file = new File([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], name);
    const data = new DataTransfer();
    data.items.add(file);
    const options = { dataTransfer: data, bubbles: true, cancelable: true };
    for (const kind of ["dragenter", "dragover", "drop"])
        document.body.dispatchEvent(new DragEvent(kind, options));
}"""


def test_a_dropped_photo_is_coloured_and_downloaded_in_full(visit: "Callable[..., Page]") -> None:
    page = visit()
    data = picture(2400, 1600)
    page.evaluate(DROP, [base64.b64encode(data).decode(), "Oma & Opa.jpg"])
    ready(page)
    name, result = download(page)
    assert name in ("Oma & Opa-color.jpg", "Oma _ Opa-color.jpg")  # some browsers tidy names
    assert opened(result).width == 2400
    assert colorfulness(result) > 5


def test_the_sample_works(visit: "Callable[..., Page]") -> None:
    page = visit()
    page.click("#sample")
    ready(page)
    assert download(page)[0] == "astronaut-color.jpg"


def test_the_slider_is_moved_by_keys_and_by_dragging(visit: "Callable[..., Page]") -> None:
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


def test_strength_is_live_and_undone(visit: "Callable[..., Page]") -> None:
    page = visit()
    choose(page, ("a.png", picture(suffix=".png")))
    ready(page)
    first = shown(page)
    page.focus("#strength")
    page.keyboard.press("Home")
    page.wait_for_function("(first) => document.querySelector('#after').src !== first", arg=first)
    settled(page)
    assert page.text_content("#strength-value") == "0 %"
    assert colorfulness(download(page)[1]) < 0.5
    page.click("#undo")
    assert page.text_content("#strength-value") == "100 %"
    settled(page)
    assert colorfulness(download(page)[1]) > 5


def test_a_colour_is_set_dragged_undone_and_redone(visit: "Callable[..., Page]") -> None:
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


def test_a_colour_is_set_by_keys_alone(visit: "Callable[..., Page]") -> None:
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


def test_where_it_is_unsure_is_shown(visit: "Callable[..., Page]") -> None:
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


def test_zoom_goes_in_and_back(visit: "Callable[..., Page]") -> None:
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


def test_many_photos_are_done_in_turn_and_downloaded_together(
    visit: "Callable[..., Page]", refusals: set[int], tmp_path: Path
) -> None:
    refusals.add(422)
    page = visit()
    choose(page, ("a.jpg", picture()), ("broken.jpg", b"\xff\xd8\xff nothing"), ("a.jpg", picture(64, 64)))
    page.wait_for_selector(".thumb.failed")
    page.wait_for_function("() => document.querySelectorAll('.thumb.ready').length === 2")
    assert "broken.jpg" in str(page.text_content("#message-text"))
    name, data = download(page, "#download-all")
    assert name == "colorify.zip"
    archive = tmp_path / "all.zip"
    archive.write_bytes(data)
    with zipfile.ZipFile(archive) as files:
        assert files.testzip() is None
        assert files.namelist() == ["a-color.jpg", "a-color-2.jpg"]
        assert opened(files.read("a-color-2.jpg")).width == 64


def test_a_photo_that_the_server_forgot_is_sent_again(
    visit: "Callable[..., Page]", refusals: set[int], server: Server
) -> None:
    refusals.add(404)
    page = visit()
    with page.expect_response("**/v1/sessions") as answer:
        choose(page, ("a.jpg", picture()))
    ready(page)
    with page.expect_response(lambda other: other.status == 404, timeout=LONG):
        server.client.delete(f"/v1/sessions/{answer.value.json()['id']}")
        page.focus("#vividness")
        page.keyboard.press("End")
    settled(page)
    assert page.locator("#message").is_hidden()


@pytest.fixture(scope="module")
def small(tiny_weights: Path) -> Iterator[Server]:
    with running(tiny_weights, "--max-mb", "1", "--token", "secret") as started:
        yield started


def test_what_is_refused_is_said_in_words(
    visit: "Callable[..., Page]", refusals: set[int], small: Server
) -> None:
    refusals.update({401, 413, 415})
    page = visit(f"{small.url}/#token=secret")
    page.wait_for_function("() => document.querySelector('#limits').textContent.includes('1 MB')")
    assert "secret" not in page.url
    large = b"\xff\xd8\xff" + bytes(2 * 2**20)
    choose(page, ("scan.jpg", large))
    page.wait_for_selector("#message:not([hidden])")
    assert "scan.jpg is too large: 2 MB" in str(page.text_content("#message-text"))
    said = "(words) => document.querySelector('#message-text').textContent.includes(words)"
    choose(page, ("notes.txt", b"not a photo"))
    page.wait_for_function(said, arg="This is not a photo that can be opened")
    page.wait_for_selector("#welcome:not([hidden])")
    # a page that knows other limits than the server has
    page.route("**/v1/models", lambda route: route.fulfill(json={"limits": {"max_bytes": 2**30}}))
    page.reload()
    choose(page, ("scan.jpg", large))
    page.wait_for_function(said, arg="token")
    page.fill("#token", "secret")
    page.click("#token-form button")
    choose(page, ("scan.jpg", large))
    page.wait_for_function(said, arg="This file is too large for this server. Expected at most 1 MB")


@pytest.mark.parametrize("width", [360, 760, 1280])
def test_nothing_is_wider_than_the_screen(visit: "Callable[..., Page]", width: int) -> None:
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


def test_a_colour_is_set_with_a_finger_on_a_phone(visit: "Callable[..., Page]") -> None:
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


def test_everything_has_a_name_for_screen_readers(visit: "Callable[..., Page]") -> None:
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
