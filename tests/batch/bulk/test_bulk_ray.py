"""A run on a Ray cluster of this machine, one of whose workers is killed at work."""

import json
import os
import pickle
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from bulk_helpers import ONCE, DeadlyWorker, plan_deadly_run

# slow: each worker of Ray loads Ray, pandas and Arrow before it can work
pytestmark = [pytest.mark.slow, pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")]
HERE = Path(__file__).parent
TESTS = HERE.parents[1]  # what the workers import lies there


def run_on_cluster(tmp_path: Path, worker: DeadlyWorker, numbers: list[int]) -> Any:
    """Return what `ray_run.py` prints; the workers import what the tests import."""
    run = tmp_path / "run.pickle"
    run.write_bytes(pickle.dumps((worker, numbers)))
    paths = [str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, str(HERE / "ray_run.py"), str(run)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_a_killed_worker_loses_nothing(tmp_path: Path, tiny_weights: Path) -> None:
    levels = {f"{n:02d}.png": 60 + n for n in range(8)} | {"06.png": ONCE}
    worker, numbers = plan_deadly_run(tmp_path, tiny_weights, levels)
    records = run_on_cluster(tmp_path, worker, numbers)["records"]
    assert worker.marker.exists(), "one was killed"
    assert sorted(record["number"] for record in records) == [0, 1]
    assert sum(record["colored"] for record in records) == 8
    assert sorted(path.name for path in (tmp_path / "out").glob("*.png")) == sorted(levels)


def test_an_error_of_a_worker_is_the_error_of_the_run(tmp_path: Path, tiny_weights: Path) -> None:
    worker, numbers = plan_deadly_run(tmp_path, tiny_weights, {"a.png": 90})
    (tmp_path / "out" / "a.png").mkdir()  # where the result would be
    said = run_on_cluster(tmp_path, worker, numbers)
    assert said["kind"] == "PhotoError"
    assert "a.png" in said["error"]
