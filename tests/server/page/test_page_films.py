"""A film on the page: a bar, a frame at work, and the result."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import Visit, choose, download, ready
from serving import picture

if TYPE_CHECKING:
    from playwright.sync_api import Route

pytestmark = pytest.mark.browser
av = pytest.importorskip("av", reason="pip install 'colorify-photo[video]'")
pytest.importorskip("cv2", reason="pip install 'colorify-photo[video]'")


def test_a_film_is_coloured(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    page.wait_for_function("() => document.querySelector('#file').accept.includes('video')")
    at_work = True

    def answer(route: "Route") -> None:
        """Say that it is at work until the page has been tried meanwhile: a quick machine is done at once."""
        if at_work:
            route.fulfill(json={**route.fetch().json(), "state": "working"})
        else:
            route.continue_()

    page.route(re.compile(r"/v1/films/[^/]+$"), answer)
    choose(page, ("Hochzeit.mp4", small_film(tmp_path / "a.mp4", frames=60)))
    page.wait_for_selector("#film progress:not([hidden])")
    choose(page, ("zweiter.mp4", b"film"))
    assert "One film at a time" in page.inner_text("#message-text")
    at_work = False
    page.wait_for_selector("#film-download:not([hidden])")
    assert page.inner_text("#film-state") == "The film is in colour."
    name, content = download(page, "#film-download")
    assert name == "Hochzeit-color.mp4"
    (tmp_path / "result.mp4").write_bytes(content)
    with av.open(str(tmp_path / "result.mp4")) as made:
        assert made.streams.video[0].frames == 60
    page.click("#film-remove")
    assert page.locator("#film").is_hidden()


def test_how_far_a_film_is_and_what_it_looks_like_is_shown(visit: Visit) -> None:
    page = visit()
    page.wait_for_function("() => document.querySelector('#file').accept.includes('video')")
    status = {"id": "a", "name": "a.mp4", "error": "", "notes": [], "result_suffix": ""}
    at_work = {**status, "state": "working", "frames": 30, "total": 120, "seconds_left": 100.0}
    failed = {**at_work, "state": "failed", "error": "a.mp4: damaged."}
    answers = [at_work, failed]
    page.route("**/v1/films", lambda route: route.fulfill(status=201, json=at_work))
    page.route("**/v1/films/a", lambda route: route.fulfill(json=answers[0]))
    frame = (Path(__file__).parents[3] / "src/colorify/server/page/sample-color.jpg").read_bytes()
    page.route("**/v1/films/a/frame", lambda route: route.fulfill(body=frame, content_type="image/jpeg"))
    choose(page, ("a.mp4", b"film"))
    page.wait_for_function("() => document.querySelector('#film-frame').naturalWidth === 562")
    assert page.inner_text("#film-state") == "25 % in colour, 2 min left"
    assert page.evaluate("document.querySelector('#film-progress').value") == 0.25
    answers.pop(0)
    page.get_by_text("This film cannot be coloured: a.mp4: damaged.").wait_for()
    assert page.locator("#film").is_hidden()


def test_a_film_outlives_questions_that_fail_and_is_kept_until_it_is_fetched(
    visit: Visit, refusals: set[int]
) -> None:
    """Wi-Fi that is away for a second, a busy server, somebody who comes back an hour later."""
    refusals.add(503)
    page = visit()
    page.wait_for_function("() => document.querySelector('#file').accept.includes('video')")
    page.clock.install()
    status = {"id": "a", "name": "a.mp4", "error": "", "notes": [], "result_suffix": ".mp4"}
    at_work = {**status, "state": "working", "frames": 30, "total": 120, "seconds_left": 100.0}
    done = {**at_work, "state": "done", "frames": 120}
    busy = {"type": "urn:colorify:busy"}
    answers = [(503, busy), (200, at_work), (503, busy), (200, at_work), (200, done)]
    asked: list[int] = []

    def answer(route: "Route") -> None:
        code, body = answers.pop(0) if len(answers) > 1 else answers[0]
        asked.append(code)
        route.fulfill(status=code, json=body)

    page.route("**/v1/films", lambda route: route.fulfill(status=201, json=at_work))
    page.route("**/v1/films/a", answer)
    page.route("**/v1/films/a/frame", lambda route: route.fulfill(status=503, json=busy))
    choose(page, ("a.mp4", b"film"))
    page.wait_for_selector("#film-download:not([hidden])")
    assert asked == [503, 200, 503, 200, 200]
    with page.expect_request("**/v1/films/a"):
        page.clock.fast_forward(61_000)
    assert page.locator("#film-download").is_visible()


def test_on_a_phone_a_film_covers_nothing(visit: Visit) -> None:
    page = visit(viewport={"width": 360, "height": 740}, has_touch=True)
    page.wait_for_function("() => document.querySelector('#file').accept.includes('video')")
    status = {"id": "a", "name": "a.mp4", "error": "", "notes": [], "result_suffix": ""}
    at_work = {**status, "state": "working", "frames": 30, "total": 120, "seconds_left": 100.0}
    page.route("**/v1/films", lambda route: route.fulfill(status=201, json=at_work))
    page.route("**/v1/films/a", lambda route: route.fulfill(json=at_work))
    page.route("**/v1/films/a/frame", lambda route: route.fulfill(status=204))
    choose(page, ("a.jpg", picture()))
    ready(page)
    choose(page, ("a.mp4", b"film"))
    page.wait_for_selector("#film progress")
    for place in ("0", "document.body.scrollHeight"):
        page.evaluate(f"scrollTo(0, {place})")
        for button in ("#download", "#film-remove"):
            box = page.locator(button).bounding_box()
            assert box is not None
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            if 0 < y < 740:
                hit = page.evaluate("([x, y]) => document.elementFromPoint(x, y).id", [x, y])
                assert hit == button[1:], f"{button} at {place} is under {hit}"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def small_film(path: Path, frames: int) -> bytes:
    """Return a small grey film."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for number in range(frames):
            frame = av.VideoFrame(96, 64, "gray")
            frame.planes[0].update(bytes((column + number) % 200 + 30 for column in range(96)) * 64)
            out.mux(stream.encode(frame.reformat(format="yuv420p")))
        out.mux(stream.encode())
    return path.read_bytes()
