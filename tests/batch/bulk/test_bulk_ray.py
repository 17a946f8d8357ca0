"""A run on a Ray cluster of this machine, one of whose workers is killed at work."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bulk_helpers import ONCE, plan_deadly_run

from colorify.batch.bulk.engines import run_on_ray
from colorify.errors import PhotoError

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.filterwarnings("default")  # Ray and pandas warn of each other


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A cluster of two workers, without a dashboard; they import what the tests import."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
        ray.init(num_cpus=2, include_dashboard=False, configure_logging=False, log_to_driver=False)
        yield ray
        ray.shutdown()


def test_a_killed_worker_loses_nothing(cluster: Any, tmp_path: Path, tiny_weights: Path) -> None:
    levels = {f"{n:02d}.png": 60 + n for n in range(8)} | {"06.png": ONCE}
    worker, numbers = plan_deadly_run(tmp_path, tiny_weights, levels)
    records = list(run_on_ray(worker, numbers, 2))
    assert worker.marker.exists(), "one was killed"
    assert sorted(record.number for record in records) == [0, 1]
    assert sum(record.colored for record in records) == 8
    assert sorted(path.name for path in (tmp_path / "out").glob("*.png")) == sorted(levels)


def test_an_error_of_a_worker_is_the_error_of_the_run(
    cluster: Any, tmp_path: Path, tiny_weights: Path
) -> None:
    worker, numbers = plan_deadly_run(tmp_path, tiny_weights, {"a.png": 90})
    (tmp_path / "out" / "a.png").mkdir()  # where the result would be
    with pytest.raises(PhotoError, match=r"a\.png"):
        list(run_on_ray(worker, numbers, 1))
