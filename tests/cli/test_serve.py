"""`colorify serve` opens the page where somebody can see it, and nowhere else."""

import sys
import threading
from collections.abc import Callable

import pytest

pytest.importorskip("fastapi", reason="pip install 'colorify-photo[server]'")

from colorify import cli
from colorify.cli import serve
from colorify.server import process
from colorify.server.process import Ended


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody sits before this computer."""
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)


def opened(monkeypatch: pytest.MonkeyPatch, *options: str) -> list[str]:
    """Return which addresses are opened by `colorify serve`, which here listens to nothing."""
    addresses: list[str] = []
    there = threading.Event()

    def listen(_settings: object, *, host: str, port: int, started: Callable[[int], None]) -> Ended:
        started(8123)
        there.wait(1 if "--no-open" in options else 60)
        return Ended(None, 0)

    def browse(address: str) -> bool:
        addresses.append(address)
        there.set()
        return True

    monkeypatch.setattr(process, "serve", listen)
    monkeypatch.setattr(serve.webbrowser, "open", browse)
    assert cli.run(["serve", *options]) == 0
    return addresses


@pytest.mark.usefixtures("screen")
def test_it_opens_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    assert opened(monkeypatch) == ["http://127.0.0.1:8123"]


@pytest.mark.usefixtures("screen")
def test_it_opens_a_page_for_all_under_a_name_of_this_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    found = opened(monkeypatch, "--host", "0.0.0.0", "--token", "secret")
    assert found == ["http://127.0.0.1:8123/#token=secret"]


@pytest.mark.usefixtures("screen")
def test_it_opens_nothing_if_it_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert opened(monkeypatch, "--no-open") == []


@pytest.mark.parametrize("missing", ["DISPLAY", "terminal", "far away"])
@pytest.mark.usefixtures("screen")
@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a screen there")
def test_it_opens_nothing_where_nobody_would_see_it(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    assert serve.has_browser()
    if missing == "DISPLAY":
        monkeypatch.delenv("DISPLAY")
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    elif missing == "terminal":
        monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    else:
        monkeypatch.setenv("SSH_CONNECTION", "1.2.3.4 22")
    assert not serve.has_browser()
