"""What the tests of the dataset share: a site of their own, and its catalogue."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from data_commands import Rows, statuses
from site_on_loopback import Site, serving


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site()) as running:
        yield running


@pytest.fixture
def rows(site: Site) -> Rows:
    """Read the catalogue in a folder: path of the URL -> status, of "pages" or "images"."""

    def read(folder: Path, kind: str) -> dict[str, str]:
        return statuses(folder, kind, site.url(""))

    return read
