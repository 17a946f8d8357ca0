"""A browser for the tests of the page. Without one they are skipped, and say so."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from browsing import CHROMIUM, LONG, Visit
from serving import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")  # no longer: playwright keeps asyncio.run from other tests while it runs
def browser() -> "Iterator[Browser]":
    if CHROMIUM is None:
        pytest.skip(
            "the tests of the page need a browser: apt-get install chromium, or set COLORIFY_CHROMIUM"
        )
    api = pytest.importorskip("playwright.sync_api", reason="pip install 'colorify-photo[dev]'")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"], timeout=LONG
        )
        yield started
        started.close()


@pytest.fixture
def refusals() -> set[int]:
    """The statuses of refusals that a test provokes; the browser writes each of them on its console."""
    return set()


@pytest.fixture
def visit(browser: "Browser", server: Server, refusals: set[int]) -> Iterator[Visit]:
    """Open the page; at the end nothing may have been said on the console, and nobody else been asked."""
    contexts: list[Any] = []
    complaints: list[str] = []
    asked: list[str] = []

    def open_page(address: str = server.url, **options: Any) -> "Page":
        usual = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"}
        context = browser.new_context(accept_downloads=True, **{**usual, **options})
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
