"""What the tests share: a tiny generator, ready to run."""

from pathlib import Path

import pytest

from colorify.colorizer import Colorizer
from colorify.generator import Generator
from tiny import write_tiny_generator


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
