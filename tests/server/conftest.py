"""The server that the tests of this folder share."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from serving import Server

NEEDED = ("fastapi", "uvicorn", "python_multipart", "httpx")
MISSING = [name for name in NEEDED if find_spec(name) is None]
collect_ignore_glob = ["test_*.py", "page/test_*.py"] if MISSING else []


def pytest_report_header() -> list[str]:
    return [f"tests/server left out: pip install {' '.join(MISSING)}"] if MISSING else []


@pytest.fixture(scope="session")
def server(tiny_weights: Path) -> "Iterator[Server]":
    """A real server on a free port."""
    from serving import running

    with running(tiny_weights) as started:
        yield started
