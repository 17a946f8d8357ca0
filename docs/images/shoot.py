"""Take the pictures of the page that README.md and docs/server.md show: python docs/images/shoot.py [WEIGHTS]

Needs Chromium and the package playwright, as tests/server/page does.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pyvips
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
SCREENS = {"page": (1280, 800, "light"), "page-dark": (1280, 800, "dark"), "page-phone": (360, 740, "light")}


def main() -> None:
    weights = ["-m", sys.argv[1]] if len(sys.argv) > 1 else []
    command = [sys.executable, "-m", "colorify", "serve", "--port", "0", *weights]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server,
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
            )
            page.goto(url)
            page.wait_for_load_state("networkidle")
            if name == "page":
                keep(page, "page-start")
            page.click("#sample")
            page.wait_for_selector("#download:not([disabled])")
            page.wait_for_load_state("networkidle")
            ask_for_ideas(page)
            if name != "page-phone":
                pick_color(page)
            keep(page, name)
            page.close()
        browser.close()
        server.terminate()


def ask_for_ideas(page: Page) -> None:
    page.click("#ideas-ask")
    page.wait_for_selector("#ideas-row button")
    page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")


def pick_color(page: Page) -> None:
    """Open the window for a colour, on the sleeve, and try the sky's on it."""
    box = page.locator("#after").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 0.65 * box["width"], box["y"] + 0.62 * box["height"])
    page.wait_for_selector("#suggested button")
    page.hover("#common button[aria-label='sky']")
    page.wait_for_timeout(1500)


def keep(page: Page, name: str) -> None:
    page.wait_for_timeout(400)  # for what fades in
    shot = pyvips.Image.new_from_buffer(page.screenshot(), "")
    shot.pngsave(str(HERE / f"{name}.png"), palette=True, Q=100, effort=10, compression=9, keep="none")


if __name__ == "__main__":
    main()
