"""Damaged requests to every route of the server; `fuzz_long.py` goes on with them for days."""

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from fuzz_parent import Trial
from fuzz_seeds import seeds

NEEDED = ("fastapi", "uvicorn", "python_multipart")
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux tells it"),
    pytest.mark.skipif(not all(map(find_spec, NEEDED)), reason="pip install 'colorify-photo[server]'"),
]


@pytest.fixture(scope="module")
def trial(tiny_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    from fuzz_long import routes

    made = Trial(tiny_weights, tmp_path_factory.mktemp("routes"), seeds()["grey.png"], routes()[0])
    yield made
    made.close()


def test_sound_and_damaged_requests(trial: Trial) -> None:
    """A few seconds, the same requests each time."""
    from fuzz_long import fuzz, routes

    _, sound, damage = routes()
    assert [name for name, data in sound.items() if trial(data, "png") is not None] == []
    assert fuzz(trial, sound, damage, start=0, examples=60) == {}
