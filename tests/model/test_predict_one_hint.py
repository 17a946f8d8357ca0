"""One hint, with the shipped generator and the spreading of `guided`: it moves its region and little else."""

from pathlib import Path

import numpy as np
import pytest

from colorify.hints import Hint
from colorify.images.photo import open_photo
from colorify.model.generator import Generator
from colorify.model.predict import predict_colors
from colorify.model.preprocess import reduce_to_luminance
from colorify.options import ColorOptions

SAMPLES = Path(__file__).parents[2] / "samples"
SIDE_PX = 224  # px
CELLS = SIDE_PX // 4
BLUE = "#2040c0"


@pytest.fixture(scope="module")
def generator() -> Generator:
    return Generator(threads=1)


# the suit of the astronaut, the lawn behind the man with the camera: (row, column) in cells
@pytest.mark.parametrize(("photo", "row", "column"), [("astronaut", 40, 16), ("camera", 45, 8)])
def test_one_hint_moves_its_region_and_little_else(
    generator: Generator, photo: str, row: int, column: int
) -> None:
    L = reduce_to_luminance(open_photo(SAMPLES / f"{photo}.jpg"), SIDE_PX).L
    hint = Hint(x=4 * column + 2, y=4 * row + 2, color=BLUE, radius=4)
    glance = generator.encode(L)
    plain, guided = (
        predict_colors(glance, ColorOptions(hints=h), photo=(SIDE_PX, SIDE_PX)).ab for h in ((), (hint,))
    )
    left = np.linalg.norm(guided - hint.ab, axis=-1) / np.linalg.norm(plain - hint.ab, axis=-1)
    moved = np.linalg.norm(guided - plain, axis=-1)
    distance = np.hypot(*np.ogrid[-row : CELLS - row, -column : CELLS - column])
    assert left[distance < 1].max() < 0.1
    assert left[distance < 4].mean() < 0.7
    assert moved[distance > 25].mean() < 0.1 * moved[distance < 1].mean()
