"""Damaged files of every format: a result or a refusal, never a crash, a hang or memory without bound.

The slow test goes on for COLORIFY_FUZZ_SECONDS (60), from another start each time, and leaves what it finds
in COLORIFY_FUZZ_FOUND; each finding, once mended, is kept in findings/ and tried again by the default tests.
"""

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fuzz_mutations import CHANGES, Change, damaged
from fuzz_parent import Trial
from fuzz_seeds import seeds
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux tells it")
SOUND = seeds()
NAMES = sorted(SOUND)
FORMATS = ("jpeg", "png", "tiff", "webp")  # to write; AVIF takes too long for what it shows
FINDINGS = sorted((Path(__file__).parent / "findings").glob("*"))
WITHOUT_DATABASE = {
    "database": None,
    "deadline": None,
    "phases": [Phase.generate],  # a finding is small as it is: its source has 48 x 32 pixels
    "suppress_health_check": list(HealthCheck),
}


@pytest.fixture(scope="module")
def trial(tiny_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    made = Trial(tiny_weights, tmp_path_factory.mktemp("fuzz"), SOUND["grey.png"])
    yield made
    made.close()


def fuzz(trial: Trial, start: int, examples: int) -> dict[str, bytes]:
    """Try damaged files; return those that went wrong, by what went wrong."""
    found: dict[str, bytes] = {}

    @seed(start)
    @settings(max_examples=examples, **WITHOUT_DATABASE)  # type: ignore[arg-type]
    @given(st.sampled_from(NAMES), CHANGES, st.booleans(), st.sampled_from(FORMATS))
    def one(name: str, changes: list[Change], sums: bool, format_: str) -> None:
        data = damaged(SOUND[name], changes, list(SOUND.values()), sums=sums)
        fault = trial(data, format_)
        if fault is not None:
            found.setdefault(f"{name} to {format_}: {fault}", data)

    one()
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_sound_file_is_coloured(trial: Trial, name: str) -> None:
    assert [trial(SOUND[name], format_) for format_ in ("png", "tiff")] == [None, None]


def test_damaged_files(trial: Trial) -> None:
    """A few seconds, the same files each time."""
    assert fuzz(trial, start=0, examples=200) == {}


@pytest.mark.parametrize("path", FINDINGS, ids=lambda path: path.name)
def test_what_was_found_before(trial: Trial, path: Path) -> None:
    data = path.read_bytes()
    assert [trial(data, format_) for format_ in FORMATS] == [None] * len(FORMATS)


@pytest.mark.endless
@pytest.mark.timeout(0)
def test_damaged_files_for_a_stated_time(trial: Trial) -> None:
    end = time.monotonic() + float(os.environ.get("COLORIFY_FUZZ_SECONDS", "60"))
    folder = Path(os.environ.get("COLORIFY_FUZZ_FOUND", str(trial.folder / "found")))
    folder.mkdir(parents=True, exist_ok=True)
    faults, tried, start = [], 0, time.time_ns() % 2**32
    while time.monotonic() < end:
        for fault, data in fuzz(trial, start, examples=200).items():
            path = folder / hashlib.sha256(data).hexdigest()[:12]
            path.write_bytes(data)
            path.with_suffix(".txt").write_text(fault)
            faults.append(f"{path}: {fault}")
        tried, start = tried + 200, start + 1
    sys.stdout.write(f"{tried} damaged files tried\n")
    assert faults == []
