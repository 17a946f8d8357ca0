"""What a person sees on a terminal: one bar, errors above it, the report at the end."""

from pathlib import Path

import pytest

pytest.importorskip("pyte", reason="pip install -e '.[dev]'")
pytest.importorskip("pty", reason="a terminal of POSIX")

from command_line import command, photo
from hub_server import StandIn
from hub_server import hub as hub  # a fixture
from terminal import last_screen, watch_screen

PHOTOS = 8


@pytest.fixture(autouse=True)
def album(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(PHOTOS):
        photo(f"album/{number}.jpg")
    Path("album/3.jpg").write_bytes(b"")
    photo("album/red.jpg", color=True)


def test_one_bar_errors_and_notes_above_it_and_the_report_at_the_end(tiny_weights: Path) -> None:
    bars = []
    for lines in watch_screen(*command(tiny_weights, "album", "-j", "2"), code=1):
        drawn = [at for at, line in enumerate(lines) if f"/{PHOTOS + 1}, " in line]
        assert len(drawn) <= 1, lines
        assert not drawn or drawn[0] == len(lines) - 1, "below everything else"
        bars += drawn
    assert bars, "there was a bar"
    *above, count, reason = lines
    red, error = sorted(above)
    assert error == "error: album/3.jpg: the file is empty. Copy it again."
    assert red.startswith("album/red.jpg -> album/red-color.jpg  (48x32, ")
    assert count.startswith("8 coloured, 0 skipped, 1 failed, in ")
    assert reason == "  failed: 1, with its error above"


def test_a_bar_on_a_terminal_that_does_not_say_how_wide_it_is(tiny_weights: Path) -> None:
    screens = watch_screen(*command(tiny_weights, "album"), code=1, sized=False)
    assert any(f"/{PHOTOS + 1}, " in line for lines in screens for line in lines)


def test_a_line_a_photo_with_v(tiny_weights: Path) -> None:
    lines = last_screen(*command(tiny_weights, "album", "-v"), code=1)
    assert sum(" -> " in line for line in lines) == PHOTOS
    assert not any(f"/{PHOTOS + 1}, " in line for line in lines), "no bar is left behind"


def test_json_on_the_same_terminal(tiny_weights: Path) -> None:
    lines = last_screen(*command(tiny_weights, "album/[01].jpg", "--json"))
    assert not any("left" in line and not line.startswith("{") and "/2, " in line for line in lines)


def test_a_bar_while_a_model_comes_from_the_hub(hub: StandIn) -> None:
    pytest.importorskip("huggingface_hub")
    words = command(Path("hf:someone/old-photos"), "album/0.jpg")
    bars = 0
    for lines in watch_screen(*words):
        drawn = [line for line in lines if " MB of hf:someone/old-photos" in line]
        assert len(drawn) <= 1, lines
        bars += len(drawn)
    assert bars, "there was a bar"
    assert not drawn, "none is left behind"
    asked = len(hub.requests)
    again = watch_screen(*words, "-f")
    assert not any(" MB of " in line for lines in again for line in lines), "it is here"
    assert len(hub.requests) == asked


def test_no_bar_and_nothing_else_when_quiet(tiny_weights: Path) -> None:
    for lines in watch_screen(*command(tiny_weights, "album", "-q"), code=1):
        assert lines in ([], ["error: album/3.jpg: the file is empty. Copy it again."])
