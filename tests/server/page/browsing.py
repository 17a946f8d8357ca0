"""What people do on the page, for the tests that do it in a real browser without a screen.

They need Chromium (on Debian and Ubuntu: `apt-get install chromium`) and playwright, which drives it.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from waiting import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("COLORIFY_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
LONG = PATIENCE * 1000  # ms

Visit = Callable[..., "Page"]


def choose(page: "Page", *photos: tuple[str, bytes]) -> None:
    page.set_input_files("#file", [{"name": name, "mimeType": "", "buffer": data} for name, data in photos])


def ready(page: "Page") -> None:
    page.wait_for_selector("#download:not([disabled])")
    settled(page)


def settled(page: "Page") -> None:
    """Wait until the picture on the screen is drawn, and none is on its way that takes its place."""
    page.wait_for_function(
        "() => !document.querySelector('#stage').ariaBusy && document.querySelector('#after').complete"
    )


def click_photo(page: "Page", x: float, y: float) -> None:
    """Click a point of the photo, 0..1."""
    box = page.locator("#after").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def drag(page: "Page", start: tuple[float, float], end: tuple[float, float], *, key: str = "") -> None:
    """Drag from one point of the photo to another, 0..1, in 20 steps, while a key is held."""
    box = page.locator("#after").bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    if key:
        page.keyboard.down(key)
    page.mouse.move(*places[0])
    page.mouse.down()
    page.mouse.move(*places[1], steps=20)
    page.mouse.up()
    if key:
        page.keyboard.up(key)


def pick(page: "Page", name: str) -> None:
    """Choose one of the common colours, by its name in the page's program."""
    page.click(f"#common button[data-name='{name}']")


def download(page: "Page", button: str = "#download") -> tuple[str, bytes]:
    with page.expect_download() as pending:
        page.click(button)
    return pending.value.suggested_filename, Path(pending.value.path()).read_bytes()


def shown(page: "Page") -> str:
    """Return which picture is on the screen."""
    return str(page.get_attribute("#after", "src"))


def another(page: "Page", first: str) -> None:
    """Wait until another picture than `first` is on the screen."""
    page.wait_for_function("(first) => document.querySelector('#after').src !== first", arg=first)
    settled(page)


def color_on_screen(page: "Page", x: float, y: float) -> list[int]:
    """Return red, green and blue of a point of the coloured photo, 0..1."""
    read = """([x, y]) => {
        const photo = document.querySelector('#after');
        const [width, height] = [photo.naturalWidth, photo.naturalHeight];
        const paper = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d');
        paper.drawImage(photo, 0, 0);
        return [...paper.getImageData(x * width, y * height, 1, 1).data].slice(0, 3);
    }"""
    return list(page.evaluate(read, [x, y]))
