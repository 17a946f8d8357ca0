"""What axe-core finds on the page: nothing that is serious."""

from typing import Any

import pytest
from browsing import Visit, choose, click_photo, pick, ready, settled
from serving import picture

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install 'colorify-photo[dev]'")
pytestmark = pytest.mark.browser
GRAVE = ("serious", "critical")


def faults(page: Any) -> list[str]:
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_in_the_way_of_anybody(visit: Visit, scheme: str) -> None:
    page = visit(color_scheme=scheme)
    assert faults(page) == []
    choose(page, ("a.jpg", picture()), ("b.jpg", picture()))
    ready(page)
    for name in ("more", "share", "options"):
        page.click(f"#{name} summary")
    assert faults(page) == []
    click_photo(page, 0.7, 0.5)
    page.wait_for_selector("#suggested button")
    assert faults(page) == []
    pick(page, "red")
    settled(page)
    page.click("#sure-toggle")
    page.wait_for_selector("#stage.unsure")
    assert faults(page) == []


def test_nor_on_a_phone(visit: Visit) -> None:
    page = visit(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    choose(page, ("a.jpg", picture()))
    ready(page)
    click_photo(page, 0.7, 0.5)
    page.wait_for_selector("#suggested button")
    assert faults(page) == []
