"""A photo at work on a server whose generator is a regression: what it has no answer to is no fault."""

import io

import pytest
from PIL import Image

from colorify.colorizer import Colorizer
from colorify.options import ColorOptions
from colorify.server import work
from colorify.server.job_queue import Task
from colorify.server.schemas import Alternatives, SuggestRequest
from colorify.server.settings import Settings
from tiny import grey_scene, write_tiny_generator


@pytest.fixture(scope="module")
def upload(tmp_path_factory: pytest.TempPathFactory) -> work.OpenPhoto:
    weights = write_tiny_generator(tmp_path_factory.mktemp("weights") / "regression.onnx", bin_centers=[])
    file = io.BytesIO()
    Image.fromarray(grey_scene()).save(file, "PNG")
    return work.open_upload(file.getvalue(), Colorizer(weights, threads=1), Settings(), Task())


def test_a_regression_knows_of_one_colouring(upload: work.OpenPhoto) -> None:
    assert Alternatives(count=work.count_alternatives(upload, ColorOptions(), Task())).count == 1


def test_a_regression_suggests_nothing(upload: work.OpenPhoto) -> None:
    answer = work.suggest(upload, SuggestRequest(x=10, y=10))
    assert answer.suggestions == []
    assert 0 <= answer.lightness <= 100
