"""What the tests share: a tiny generator, ready to run; and what hypothesis tries."""

import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from colorify import cli
from colorify.colorizer import Colorizer
from colorify.model.generator import Generator
from command_line import Colorify, Ended
from tiny import write_tiny_generator

# the same on every run and machine, however slow that is; `pytest --hypothesis-profile wild` tries others
settings.register_profile(
    "steady", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("wild", settings.get_profile("steady"), derandomize=False)
settings.load_profile("steady")

# a shell without job control that starts the tests with & has them ignore Ctrl-C, and all that they start
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


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
