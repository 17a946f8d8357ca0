"""The bar of a run that does one thing after the other: drawn on a terminal, and nowhere else."""

import io
import sys

import pytest

from colorify.cli.progress import count_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_it_says_how_far_a_run_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with count_bar() as draw:
        assert draw is not None
        draw(3, 7, "3/7 photos")
    assert "3/7 photos" in terminal.getvalue()


def test_nobody_is_shown_what_goes_into_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with count_bar() as draw:
        assert draw is None


def test_it_can_be_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with count_bar(hidden=True) as draw:
        assert draw is None
    assert terminal.getvalue() == ""
