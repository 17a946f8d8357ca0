"""What the tests share: their tiers, a tiny generator, ready to run; and what hypothesis tries."""

import os
import signal
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from colorify import cli
from colorify.cli.signals import SIGNALS
from colorify.colorizer import Colorizer
from colorify.model.generator import Generator
from command_line import Colorify, Ended
from tiny import write_tiny_generator

# Some hundred processes are started, each of which would compile Colorify anew where nothing is kept.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Several workers share the cores: threads that wait for their fellows by turning in circles take them away.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Under `nohup`, or behind a script's `&`, signals are ignored, and so they would be by each process that a
# test starts, and is to stop by one.
for _number in SIGNALS:
    if signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _number == signal.SIGINT else signal.SIG_DFL)

# Which tests start processes or train: CI runs each tier as a job of its own. `browser` marks itself; what is
# of no tier is `unit`.
ROOT = Path(__file__).parent
TIERS = {
    "train": ("training", "evaluation", "dataset/test_data_road.py"),
    "process": (
        "batch/bulk/test_bulk_run.py",
        "batch/bulk/test_engines_ray.py",
        "batch/bulk/test_store_s3.py",
        "batch/test_run_beside_another.py",
        "cli/test_interruption.py",
        "cli/test_output.py",
        "cli/test_run_photos.py",
        "cli/test_run_photos_faults.py",
        "dataset/test_crawl.py",
        "dataset/test_data_resume.py",
        "dataset/test_process_pool.py",
        "fuzz",
        "images/metadata/test_location.py",
        "server/test_api.py",
        "server/test_api_load.py",
        "server/test_app_headers.py",
        "server/test_app_safety.py",
        "server/test_connections.py",
        "server/test_full_size.py",
        "server/test_log.py",
        "server/test_process_ending.py",
        "test_readme.py",
        "test_without_posix.py",
        "video/test_job_own_names.py",
        "video/test_job_random_stops.py",
        "video/test_job_stopped.py",
    ),
}
NOT_UNIT = (*TIERS, "browser", "slow", "endless")


# whether Colorify sees a system without POSIX: on Windows, or as tests/without_posix plays it
WITHOUT_POSIX = sys.platform == "win32" or "without_posix" in os.environ.get("PYTHONPATH", "")


@cache  # a file has many tests
def tiers_of(path: Path) -> list[str]:
    """Name the tiers that the tests of a file belong to."""
    return [tier for tier, places in TIERS.items() if any(path.is_relative_to(ROOT / at) for at in places)]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tiers, and skip what needs POSIX where there is none.

    The longest files begin, so that none is left to one worker at the end.
    """
    for item in items:
        for tier in tiers_of(item.path):
            item.add_marker(tier)
        if not any(item.get_closest_marker(name) for name in NOT_UNIT):
            item.add_marker("unit")
        if WITHOUT_POSIX and item.get_closest_marker("posix"):
            item.add_marker(pytest.mark.skip(reason="it is about what only POSIX has"))
    order = ("train", "browser", "process")
    items.sort(key=lambda item: [item.get_closest_marker(tier) is None for tier in order])


# the same on every run and machine, however slow that is; `pytest --hypothesis-profile wild` tries others
settings.register_profile(
    "steady", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("wild", settings.get_profile("steady"), derandomize=False)
settings.load_profile("steady")


@pytest.fixture
def in_tmp_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test runs in a folder of its own."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights file of a tiny generator."""
    return write_tiny_generator(tmp_path_factory.mktemp("weights") / "tiny.onnx")


@pytest.fixture(scope="session")
def generator(tiny_weights: Path) -> Generator:
    return Generator(tiny_weights, threads=1)


@pytest.fixture(scope="session")
def colorizer(tiny_weights: Path) -> Colorizer:
    return Colorizer(tiny_weights, threads=2)


@pytest.fixture
def colorify(capsys: pytest.CaptureFixture[str], tiny_weights: Path) -> Colorify:
    """Run a command line in this process, with the tests' tiny generator."""

    def run(*arguments: str) -> Ended:
        capsys.readouterr()
        code = cli.run([*arguments, "-m", str(tiny_weights)])
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return run
