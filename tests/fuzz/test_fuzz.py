"""Damaged files, metadata, films and requests: a result or a refusal, never a crash, a hang or memory.

A few seconds of what `fuzz_long.py` goes on with for days. Each finding, once mended, is kept in findings/,
and tried again here.
"""

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from fuzz_parent import Trial

NEEDED = ("av", "fastapi", "uvicorn", "python_multipart", "pillow_heif")
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux tells it"),
    pytest.mark.skipif(not all(map(find_spec, NEEDED)), reason="pip install 'colorify-photo[all]'"),
]
FINDINGS = sorted((Path(__file__).parent / "findings").glob("*"))


@pytest.fixture(scope="module")
def trial(tiny_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    made = Trial(tmp_path_factory.mktemp("fuzz"), tiny_weights)
    yield made
    made.close()


def test_what_is_sound_is_not_refused(trial: Trial) -> None:
    answer = trial.ask({"sound": True})
    assert answer["found"] == []
    assert len(answer["tally"]) > 100


def test_damaged_inputs(trial: Trial) -> None:
    """The same ones each time."""
    answer = trial.numbers(0, 400)
    assert answer["found"] == []
    assert sum(answer["tally"].values()) == 400
    assert {label.partition(" ")[0] for label in answer["tally"]} >= {"decode", "write", "edit", "request"}


@pytest.mark.parametrize("path", FINDINGS, ids=lambda path: path.name)
def test_what_was_found_before(trial: Trial, path: Path) -> None:
    assert trial.ask({"file": str(path)})["found"] == []


@pytest.mark.parametrize(
    ("deed", "fault"),
    [
        ("crash", "killed the process"),
        ("hang", "seconds of the processor"),
        ("print", "writes to stderr"),
        ("eat", "MB"),
        ("raise", "IndexError"),
    ],
)
def test_what_must_not_happen_is_seen(tmp_path: Path, tiny_weights: Path, deed: str, fault: str) -> None:
    """A fuzzer that sees nothing would find nothing."""
    trial = Trial(tmp_path, tiny_weights, deed)
    answer = trial.numbers(0, 5)
    trial.close()
    (found,) = answer["found"]
    assert found["number"] == 3
    assert fault in found["fault"]
    assert sum(answer["tally"].values()) == 5
