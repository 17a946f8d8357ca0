"""Many photos on the page, and what becomes of those that are refused."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import LONG, Visit, choose, download, ready, settled
from serving import Server, colorfulness, opened, picture, running

pytestmark = pytest.mark.browser


def test_many_photos_are_done_in_turn_and_downloaded_together(
    visit: Visit, refusals: set[int], tmp_path: Path
) -> None:
    refusals.add(422)
    page = visit()
    choose(page, ("a.jpg", picture()), ("broken.jpg", b"\xff\xd8\xff nothing"), ("a.jpg", picture(64, 64)))
    page.wait_for_selector(".thumb.failed")
    page.wait_for_function("() => document.querySelectorAll('.thumb.ready').length === 2")
    assert "broken.jpg" in str(page.text_content("#message-text"))
    assert page.text_content("#progress-text") == "3 photos, 1 failed"
    name, data = download(page, "#download-all")
    assert name == "colorify.zip"
    archive = tmp_path / "all.zip"
    archive.write_bytes(data)
    with zipfile.ZipFile(archive) as files:
        assert files.testzip() is None
        assert files.namelist() == ["a-color.jpg", "a-color-2.jpg"]
        assert opened(files.read("a-color-2.jpg")).width == 64


def test_one_that_cannot_be_saved_is_named_and_the_others_are_downloaded(
    visit: Visit, refusals: set[int], tmp_path: Path
) -> None:
    refusals.add(422)
    page = visit()
    choose(page, ("a.png", picture(suffix=".png")), ("b.png", picture(suffix=".png")))
    page.wait_for_function("() => document.querySelectorAll('.thumb.ready').length === 2")
    refused = {"type": "urn:colorify:bad-photo", "detail": "has 2 pages"}
    page.route("**/colorize", lambda route: route.fulfill(status=422, json=refused), times=1)
    name, data = download(page, "#download-all")
    (tmp_path / name).write_bytes(data)
    with zipfile.ZipFile(tmp_path / name) as files:
        assert files.namelist() == ["a-color.png"]
    assert "b.png: This photo cannot be used: has 2 pages" in str(page.text_content("#message-text"))


def test_a_photo_that_failed_says_why_and_can_be_tried_again(visit: Visit, refusals: set[int]) -> None:
    refusals.update({422, 503})
    page = visit()
    choose(page, ("a.jpg", picture()), ("broken.jpg", b"\xff\xd8\xff nothing"), ("b.jpg", picture()))
    page.wait_for_selector(".thumb.failed")
    page.click(".thumb.failed")
    assert page.locator("#retry").is_hidden()  # it would fail again
    assert "broken.jpg: This photo cannot be used: damaged" in page.inner_text("#trouble-text")
    refused = {"type": "urn:colorify:took-too-long"}
    page.route("**/v1/sessions", lambda route: route.fulfill(status=503, json=refused), times=1)
    choose(page, ("c.jpg", picture()))
    page.wait_for_function("() => document.querySelectorAll('.thumb.failed').length === 2")
    page.click(".thumb.failed >> nth=1")
    assert "took too long" in page.inner_text("#trouble-text")
    page.click("#retry")
    page.wait_for_function("() => document.querySelectorAll('.thumb.ready').length === 3")
    page.click(".thumb.failed")
    page.click("#discard")
    assert page.locator(".thumb").count() == 3
    assert page.locator("#trouble").is_hidden()
    settled(page)
    page.click("#remove-photo")
    page.click("#remove-photo")
    assert page.locator("#strip").is_hidden()  # one photo needs no row
    page.click("#remove-photo")
    assert page.locator("#welcome").is_visible()


def test_settings_are_spread_over_all_photos(visit: Visit) -> None:
    page = visit()
    choose(page, ("a.png", picture(suffix=".png")), ("b.png", picture(suffix=".png")))
    page.wait_for_function("() => document.querySelectorAll('.thumb.ready').length === 2")
    assert page.locator("#spread").is_hidden()
    page.focus("#colour")
    page.keyboard.press("Home")
    page.click("#spread")
    assert page.locator("#spread").is_hidden()
    settled(page)
    page.click(".thumb >> nth=1")
    assert page.text_content("#colour-value") == "grey"
    settled(page)
    assert colorfulness(download(page)[1]) < 0.5
    page.click("#undo")  # of this photo alone
    assert page.text_content("#colour-value") == "natural"


def test_a_photo_whose_idea_is_gone_takes_the_usual_one(visit: Visit, refusals: set[int]) -> None:
    """The vividness of another photo, spread over all, may leave fewer ideas than before."""
    refusals.add(422)
    page = visit()
    choose(page, ("a.png", picture(suffix=".png")), ("b.png", picture(suffix=".png")))
    page.wait_for_function("() => document.querySelectorAll('.thumb.ready').length === 2")
    page.click("#ideas-ask")
    page.click("#ideas-row button >> nth=1")
    settled(page)
    page.click(".thumb >> nth=1")
    page.focus("#colour")
    page.keyboard.press("Home")
    settled(page)
    gone = {"type": "urn:colorify:bad-photo"}
    page.route("**/colorize", lambda route: route.fulfill(status=422, json=gone), times=1)
    with page.expect_response(lambda answer: answer.status == 200 and answer.url.endswith("/colorize")):
        page.click("#spread")
    assert page.locator(".thumb.failed").count() == 0
    page.click(".thumb >> nth=0")
    page.wait_for_selector("#ideas-row button[aria-pressed=true]")
    assert page.locator("#ideas-row button[aria-pressed=true]").get_attribute("title") == "The usual one"


def test_a_photo_that_the_server_forgot_is_sent_again(
    visit: Visit, refusals: set[int], server: Server
) -> None:
    refusals.add(404)
    page = visit()
    with page.expect_response("**/v1/sessions") as answer:
        choose(page, ("a.jpg", picture()))
    ready(page)
    with page.expect_response(lambda other: other.status == 404, timeout=LONG):
        server.client.delete(f"/v1/sessions/{answer.value.json()['id']}")
        page.focus("#colour")
        page.keyboard.press("End")
    settled(page)
    assert page.locator("#message").is_hidden()


@pytest.fixture(scope="module")
def small(tiny_weights: Path) -> Iterator[Server]:
    with running(tiny_weights, "--max-mb", "1", "--token", "secret") as started:
        yield started


def test_what_is_refused_is_said_in_words(visit: Visit, refusals: set[int], small: Server) -> None:
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
    choose(page, ("scan.bmp", b"BM" + bytes(64)))
    page.wait_for_function(said, arg="found a BMP. Convert it first: magick")
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
