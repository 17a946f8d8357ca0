"""A run on a Ray cluster of this machine, one of whose workers is killed at work."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from bulk_helpers import ONCE, PERILOUS, write_photos

# each worker of Ray loads Ray, pandas and Arrow before it can work: one run is in each change's tests
pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
HERE = Path(__file__).parent
TESTS = HERE.parents[1]  # what the workers import lies there


def run_on_cluster(tmp_path: Path, weights: Path, *devices: str) -> Any:
    """Return what `ray_run.py` prints of a run on each device; the workers import what the tests import."""
    paths = [str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])]
    words = [tmp_path / "in", tmp_path / "out", weights, tmp_path / "died", *devices]
    # Ray begins a dozen processes, and has no patience with those that are traced for a coverage
    untraced = {name: text for name, text in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, str(HERE / "ray_run.py"), *map(str, words)],
        # Ray's workers give way to all else that runs, unless they are told not to
        env={**untraced, "PYTHONPATH": os.pathsep.join(paths), "RAY_worker_niceness": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def results(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "out").glob("*.png"))


def test_a_killed_worker_loses_nothing(tmp_path: Path, tiny_weights: Path) -> None:
    levels = {f"{n:02d}.png": 60 + n for n in range(8)} | {"06.png": ONCE}
    write_photos(tmp_path / "in", levels)
    refused, report = run_on_cluster(tmp_path, tiny_weights, "cuda", "auto")
    assert "expected a Ray cluster with GPUs" in refused["error"], "and no run that waits for one"
    assert (tmp_path / "died").exists(), "one was killed"
    assert (report["chunks"], report["colored"], report["failures"]) == (2, 8, [])
    assert results(tmp_path) == sorted(levels)


@pytest.mark.slow
def test_a_deadly_photo_is_set_apart_and_none_is_given_up_for_another(
    tmp_path: Path, tiny_weights: Path
) -> None:
    write_photos(tmp_path / "in", PERILOUS)
    refused, report = run_on_cluster(tmp_path, tiny_weights, "openvino", "auto")
    assert refused["kind"] == "SetupError"
    assert "OpenVINOExecutionProvider" in refused["error"], "what a worker says is what the run says"
    assert [failure["key"] for failure in report["failures"]] == ["03.png"]
    assert "worker was lost" in report["failures"][0]["reason"]
    assert results(tmp_path) == sorted(PERILOUS.keys() - {"03.png"})
