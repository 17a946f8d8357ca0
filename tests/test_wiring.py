"""Each step between L and the picture in colour is plugged in: without it, the result is another.

What a step does is tested beside it. Here each is taken out in turn, and a small picture in which every one
of them has work to do must change: a faded, grainy scene, of which a generator is sure in one third, unsure
in another, where it says red and blue by turns, and clueless in the last.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from colorify.colorizer import Colorizer
from colorify.hints import Hint
from colorify.model.generator import EncodedPhoto, Generator, Prediction
from colorify.model.predict import average_cells
from colorify.options import ColorOptions
from colorify.render import upsample
from colorify.session import Session
from tiny import write_tiny_generator

FloatArray = NDArray[np.float32]
Result = NDArray[Any]
RED, BLUE, GREEN = (45, 25), (-5, -45), (-35, 35)
HINT = Hint(100, 30, "#b03060", 6)
VISIBLE_LEVELS = 2  # levels of 255 by which some pixel is to change


def scene(times: int = 2) -> NDArray[np.uint8]:
    """A picture of 64 x 64, each pixel `times` as large: faded, with grain and two things."""
    rng = np.random.default_rng(3)
    codes = 105 + 10 * np.sin(np.arange(64) / 9) + rng.normal(0, 8, (64, 64))
    codes[20:44, 26:38] += 25
    return np.kron(np.clip(codes, 80, 150), np.ones((times, times))).astype(np.uint8)


def say(self: EncodedPhoto, *, hints: FloatArray | None = None, vividness: float = 1.0) -> Prediction:
    """What the generator says: by what it is shown, and half of a hint all over the picture."""
    h, w = (-(-side // 4) for side in self.L.shape)
    light = average_cells(self._padded, h, w, 4)
    across, down = np.arange(w) * 3 // w, np.arange(h)
    by_turns = (np.add.outer(down, np.arange(w)) % 2)[:, :, None]
    ab = np.where(by_turns, RED, BLUE) * (across == 1)[:, None] + np.where((across == 1)[:, None], 0, GREEN)
    ab = ab * (light / 50)[:, :, None]
    if hints is not None and hints.any():
        ab = ab + hints[hints[:, :, 2] > 0][:, :2].mean(axis=0) / 2
    confidence = np.broadcast_to(np.array([0.6, 0.18, 0.2], np.float32)[across], (h, w))
    return Prediction(ab.astype(np.float32), confidence)


def see(self: EncodedPhoto, stride: int) -> FloatArray:
    """What the backbone sees: the pixels themselves."""
    h, w = (side // stride for side in self.L.shape)
    cells = self.L[: h * stride, : w * stride].reshape(h, stride, w, stride).swapaxes(1, 2)
    return cells.reshape(h, w, stride * stride)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_generator(tmp_path_factory.mktemp("wiring") / "tiny.onnx", contrast=0.4)


@pytest.fixture
def colorizer(weights: Path, monkeypatch: pytest.MonkeyPatch) -> Colorizer:
    monkeypatch.setattr(EncodedPhoto, "predict", say)
    monkeypatch.setattr(EncodedPhoto, "features", see)
    return Colorizer(weights, threads=1)


def photo(colorizer: Colorizer) -> Result:
    return colorizer.colorize(scene(), hints=[HINT])


def bold(colorizer: Colorizer) -> Result:
    return colorizer.colorize(scene(), vividness=2)


def cautious(colorizer: Colorizer) -> Result:
    return colorizer.colorize(scene(), vividness=0)


def large(colorizer: Colorizer) -> Result:
    return colorizer.colorize(scene(4))


def other(colorizer: Colorizer) -> Result:
    return session(colorizer).preview(alternative=2)


def sureness(colorizer: Colorizer) -> Result:
    return session(colorizer).confidence() * 255


def suggestions(colorizer: Colorizer) -> Result:
    found = session(colorizer).suggest(60, 60, hints=[Hint(60, 60, "#4060c0")], count=9)
    return np.array([[*each.ab, 100 * each.probability] for each in found])


def matches(colorizer: Colorizer) -> Result:
    """Match the scene with itself, painted."""
    grey = scene(4).astype(np.float32)
    reference = np.stack([grey * 1.2, grey, grey * 0.7], axis=-1).astype(np.uint8)
    found = session(colorizer, 4).match(reference)
    return np.array([[hint.x, hint.y, *hint.ab] for hint in found])


def session(colorizer: Colorizer, times: int = 2) -> Session:
    return colorizer.open(scene(times))


def flat(L: FloatArray, ab: FloatArray, *, stride: int) -> upsample.LinearChromaModel:
    fitted = upsample.fit_chroma(L, ab, stride=stride)
    fitted.planes[upsample.SLOPES] = 0
    return fitted


def alone(ab: FloatArray, *_: Any, **__: Any) -> FloatArray:
    return ab


@dataclass(frozen=True)
class Step:
    """One step, where it is plugged in, and what takes its place."""

    target: str
    instead: Any
    result: Callable[[Colorizer], Result] = photo


def cut(L: FloatArray, linear: FloatArray) -> None:
    np.clip(linear, 0, 1, out=linear)


STEPS = {
    "levels": Step("colorify.model.preprocess.stretch_levels", alone),
    "softening": Step("colorify.model.preprocess.reduce_grain", alone, bold),
    "what is shown": Step("colorify.model.generator.normalize_luminance", alone),
    "hints to the generator": Step("colorify.model.predict.draw_hints", lambda *_, **__: None),
    "contrast": Step("colorify.model.predict.increase_chroma_contrast", alone),
    "coherence": Step("colorify.model.predict.smooth_uncertain", alone),
    "agreement of what is alike": Step("colorify.model.predict.move_unsure", alone),
    "caution": Step("colorify.model.predict.fade_uncertain", alone),
    "what is nearby": Step("colorify.model.bilateral_grid.BilateralGrid.blur", lambda _, planes: planes),
    "blur of the grid": Step("colorify.model.bilateral_grid._blur_axis", alone),
    "hints": Step("colorify.model.predict._apply_hints", lambda _, ab, *__: ab),
    "spread of hints": Step(
        "colorify.model.predict.propagate_hints", lambda ab, *_: (ab, np.zeros(ab.shape[:2], np.float32))
    ),
    "things under hints": Step("colorify.model.predict.fill_regions", alone),
    "margin of hints": Step("colorify.model.predict.MARGIN", 8.0),
    "what the generator thinks is alike": Step(
        "colorify.model.generator.UnguidedPhoto.sqrt_probabilities", lambda _: None
    ),
    "what the generator takes for one thing": Step(
        "colorify.model.likeness.Likeness.of", lambda self, masks: np.full((len(masks), *self.shape), 2.0)
    ),
    "ways of a hint": Step("colorify.model.predict.geodesic_distances", lambda masks, *_: masks * 0.0),
    "plausible hints": Step(
        "colorify.model.predict.estimate_plausibility", lambda _, masks, *__: masks.astype(np.float32)
    ),
    "means of L": Step(
        "colorify.model.predict.average_cells", lambda L, h, w, _: np.full((h, w), 50, np.float32)
    ),
    "guide of chroma": Step("colorify.session.fit_chroma", flat),
    "upsampling": Step(
        "colorify.render.upsample._resize_columns", lambda planes, taps: planes.take(taps.first, axis=1)
    ),
    "means of slopes": Step("colorify.render.upsample.box_mean", lambda planes, radius=1: planes),
    "gamut": Step("colorify.render.compose.move_into_gamut", cut, bold),
    "blocks": Step("colorify.render.strips.COARSE_CELL_PX", np.inf, large),
    "gamut of blocks": Step("colorify.render.subsampling.move_into_gamut", cut, large),
    "contrast by vividness": Step("colorify.model.predict.increase_chroma_contrast", alone, bold),
    "calm by vividness": Step("colorify.model.predict.calm_loud_colors", alone, cautious),
    "alternatives": Step(
        "colorify.model.predict.alternative_colors", lambda ab, *_, **__: iter([ab, ab]), other
    ),
    "regions": Step(
        "colorify.model.alternatives._regions", lambda p, L: np.ones((*L.shape, 1), np.float32), other
    ),
    "smooth regions": Step("colorify.model.alternatives._smooth", lambda p: p.astype(np.float32), other),
    "coherence of alternatives": Step("colorify.model.predict.smooth_uncertain", alone, other),
    "confidence": Step(
        "colorify.session.enlarge_plane",
        lambda _, w, h, **__: iter([np.full((h, w, 1), 99, np.uint8)]),
        sureness,
    ),
    "hints in suggestions": Step("colorify.session.draw_hints", lambda *_, **__: None, suggestions),
    "modes": Step("colorify.model.suggestions.find_modes", lambda p, _: np.zeros(len(p), int), suggestions),
    "gamut of suggestions": Step(
        "colorify.model.suggestions.clip_ab_to_gamut", lambda _, ab: ab + 3, suggestions
    ),
    "reference": Step("colorify.session.find_reference_hints", lambda *_, **__: (), matches),
    "agreement": Step("colorify.model.exemplar._agreement", lambda rows, _: rows * 0, matches),
    "standardised features": Step("colorify.model.exemplar._normalize", lambda vectors: vectors * 0, matches),
}


@pytest.mark.parametrize("name", STEPS)
def test_without_it_the_result_is_another(
    name: str, colorizer: Colorizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = STEPS[name]
    before, again = step.result(colorizer), step.result(colorizer)
    np.testing.assert_array_equal(before, again)  # or nothing would follow from a difference
    monkeypatch.setattr(step.target, step.instead)
    after = step.result(colorizer)
    changed = before.shape != after.shape or np.abs(before.astype(float) - after).max() > VISIBLE_LEVELS
    assert changed  # without the arrays, which pytest would print


def test_vividness_is_contrast_too(colorizer: Colorizer, monkeypatch: pytest.MonkeyPatch) -> None:
    shares: list[float] = []
    monkeypatch.setattr(
        "colorify.model.predict.increase_chroma_contrast", lambda ab, share: (shares.append(share), ab)[1]
    )
    for vividness in (0.0, 1.0, 1.5):
        colorizer.colorize(scene(), vividness=vividness)
    assert shares == pytest.approx([0, 0.4, 0.6])  # the weights file says 0.4


def test_a_hint_is_exact_a_cell_around_its_place(
    colorizer: Colorizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture is seen at half its size, in cells of 4 px; (100, 60) is in the middle of a cell."""
    monkeypatch.setattr("colorify.model.predict.fill_regions", alone)
    made = colorizer.open(scene()).colors(ColorOptions(hints=(Hint(100, 60, "#b03060"),))).ab
    exact = np.argwhere(np.abs(made - np.array(HINT.ab)).max(axis=2) < 1e-3)
    assert exact.tolist() == [[6, 12], [7, 11], [7, 12], [7, 13], [8, 12]]


def test_where_colour_is_from_tells_grey_from_colour(
    colorizer: Colorizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.repeat(scene()[:, :, None], 3, axis=2)
    assert not colorizer.open(pixels).was_colored
    pixels[:, :, 2] //= 2
    assert colorizer.open(pixels).was_colored
    monkeypatch.setattr("colorify.model.preprocess.is_colored", lambda _: False)
    assert not colorizer.open(pixels).was_colored


def test_the_space_of_the_result_is_the_one_asked_for(colorizer: Colorizer, tmp_path: Path) -> None:
    import pyvips

    source = tmp_path / "in.png"
    pyvips.Image.new_from_array(scene()).write_to_file(str(source))
    made = []
    for profile in ("srgb", "p3", "adobe"):
        report = colorizer.colorize_file(source, tmp_path / f"{profile}.png", profile=profile)
        assert report.target is not None
        made.append(pyvips.Image.new_from_file(str(report.target)).numpy().astype(int))
    for one, two in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(made[one] - made[two]).max() > VISIBLE_LEVELS


def test_a_photo_is_one_of_blocks_from_sixteen_pixels_a_cell_on(
    colorizer: Colorizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tiny generator sees 64 px, four to a cell."""
    painted: list[str] = []
    for name in ("compose_rgb", "compose_subsampled"):
        monkeypatch.setattr(f"colorify.render.strips.{name}", lambda *_, name=name: painted.append(name))
    for side in (255, 256):
        colorizer.colorize(np.zeros((side, side), np.uint8))
    assert painted == ["compose_rgb", "compose_subsampled"]


def test_a_generator_is_the_same_whoever_asks(weights: Path) -> None:
    """What is unplugged above is stubbed in part; this is the real one, twice."""
    L = np.random.default_rng(0).uniform(0, 100, (64, 64)).astype(np.float32)
    one, two = (Generator(weights, threads=1)(L) for _ in range(2))
    np.testing.assert_array_equal(one.ab, two.ab)


def test_a_session_keeps_the_last_six_generations(
    colorizer: Colorizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = session(colorizer)
    for number in range(7):
        opened.colors(ColorOptions(vividness=number / 10))
    runs: list[float] = []
    monkeypatch.setattr(
        EncodedPhoto, "predict", lambda self, **given: (runs.append(1), say(self, **given))[1]
    )
    for number in range(6, 0, -1):
        opened.colors(ColorOptions(vividness=number / 10))
    assert not runs
    opened.colors(ColorOptions(vividness=0))
    assert len(runs) == 1, "the first of seven is gone"
