"""Colours of another photo: they help where it shows the same scene, and do nothing where it does not."""

from pathlib import Path

import numpy as np
import pytest
import pyvips
from numpy.typing import NDArray

from colorify.color import lab_to_rgb, rgb_to_lab
from colorify.colorizer import Colorizer
from colorify.errors import PhotoError, WeightsError
from colorify.model.generator import BUILTIN_WEIGHTS

pytestmark = pytest.mark.skipif(
    not BUILTIN_WEIGHTS.is_file(), reason="the embedded weights are not trained yet"
)
SAMPLES = Path(__file__).parents[2] / "samples"

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def embedded() -> Colorizer:
    return Colorizer(threads=2)


@pytest.fixture(scope="module")
def unguided(embedded: Colorizer) -> Pixels:
    return embedded.colorize(painted("astronaut.jpg")[0])


def painted(name: str) -> tuple[Pixels, Pixels]:
    """Return a grey sample, (H, W), and the same in colours that no generator would guess, (H, W, 3)."""
    grey = np.asarray(pyvips.Image.new_from_file(str(SAMPLES / name)).numpy(), np.uint8)
    y, x = np.mgrid[: grey.shape[0], : grey.shape[1]] / max(grey.shape)
    made = lab(np.repeat(grey[:, :, None], 3, axis=2))
    made[:, :, 1], made[:, :, 2] = 35 * np.cos(4 * x), 35 * np.sin(4 * y)
    return grey, np.rint(lab_to_rgb(made) * 255).astype(np.uint8)


def lab(pixels: Pixels) -> NDArray[np.float32]:
    return rgb_to_lab((pixels / 255).astype(np.float32))


def error(one: Pixels, other: Pixels) -> float:
    return float(np.linalg.norm((lab(one) - lab(other))[:, :, 1:], axis=2).mean())


@pytest.mark.parametrize("change", ["cropped", "mirrored", "darker"])
def test_another_photo_of_the_scene_gives_its_colours(
    embedded: Colorizer, unguided: Pixels, change: str
) -> None:
    photo, truth = painted("astronaut.jpg")
    reference = {
        "cropped": truth[60:470, 40:460],
        "mirrored": np.ascontiguousarray(truth[:, ::-1]),
        "darker": (truth * 0.8).astype(np.uint8),
    }[change]
    hints = embedded.match(photo, reference)
    assert len(hints) > 30
    guided = embedded.colorize(photo, hints=hints)
    assert error(guided, truth) < 0.5 * error(unguided, truth)


def test_an_unrelated_photo_gives_none(embedded: Colorizer) -> None:
    assert embedded.match(painted("astronaut.jpg")[0], painted("chelsea.jpg")[1]) == ()


def test_a_grey_reference_is_refused(embedded: Colorizer) -> None:
    with pytest.raises(PhotoError, match=r"has no colour. Give reference a colour photo"):
        embedded.match(SAMPLES / "astronaut.jpg", SAMPLES / "chelsea.jpg")


def test_a_backbone_without_the_features_is_refused(colorizer: Colorizer) -> None:
    with pytest.raises(WeightsError, match="no features at stride 16"):
        colorizer.match(SAMPLES / "astronaut.jpg", painted("astronaut.jpg")[1])


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (40, 33)])
def test_small_photos(embedded: Colorizer, shape: tuple[int, int]) -> None:
    photo, truth = (np.ascontiguousarray(each[: shape[0], : shape[1]]) for each in painted("astronaut.jpg"))
    for hint in embedded.match(photo, truth):
        hint.place(shape[1], shape[0])  # inside
