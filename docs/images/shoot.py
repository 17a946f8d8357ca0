"""Take the pictures of the page that README.md and docs/server.md show: python docs/images/shoot.py [WEIGHTS]

Needs Chromium and the package playwright, as tests/server/page does.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pyvips
from playwright.sync_api import Page, sync_playwright

from colorify import Colorizer
from colorify.server.static import PAGE

HERE = Path(__file__).parent
SCREENS = {"page": (1280, 800, "light"), "page-dark": (1280, 800, "dark"), "page-phone": (360, 740, "light")}


def main() -> None:
    color_sample()
    weights = ["-m", sys.argv[1]] if len(sys.argv) > 1 else []
    command = [sys.executable, "-m", "colorify", "serve", "--port", "0", *weights]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server,  # noqa: S603 - this program
        sync_playwright() as playwright,
    ):
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for name, (width, height, scheme) in SCREENS.items():
            page = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                reduced_motion="reduce",
                has_touch=name == "page-phone",
                is_mobile=name == "page-phone",
            )
            page.goto(url)
            page.wait_for_load_state("networkidle")
            if name == "page":
                keep(page, "page-start")
            page.click("#sample")
            page.wait_for_selector("#download:not([disabled])")
            page.wait_for_load_state("networkidle")
            pick_color(page, with_mouse=name != "page-phone")
            keep(page, name)
            page.close()
        browser.close()
        server.terminate()


def pick_color(page: Page, *, with_mouse: bool) -> None:
    """Open the palette for the dress, and try a colour on it."""
    box = page.locator("#after").bounding_box()
    assert box is not None
    place = box["x"] + 0.28 * box["width"], box["y"] + 0.95 * box["height"]
    if with_mouse:
        page.mouse.click(*place)
    else:
        page.touchscreen.tap(*place)
    page.wait_for_selector("#suggested button")
    if with_mouse:
        page.hover("#common button[data-name=teal]")
    page.wait_for_timeout(500)
    page.wait_for_function("() => !document.querySelector('#stage').ariaBusy")


def color_sample() -> None:
    """Colour the photograph of the start page, as the page itself would."""
    data = Colorizer().colorize((PAGE / "sample.jpg").read_bytes())
    pyvips.Image.new_from_buffer(data, "").jpegsave(str(PAGE / "sample-color.jpg"), Q=84, keep="none")


def keep(page: Page, name: str) -> None:
    page.wait_for_timeout(400)  # for what fades in
    shot = pyvips.Image.new_from_buffer(page.screenshot(), "")
    shot.pngsave(str(HERE / f"{name}.png"), palette=True, Q=85, effort=10, compression=9, keep="none")


if __name__ == "__main__":
    main()
