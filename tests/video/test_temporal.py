"""Colours are carried along the motion of a shot, and never beyond it."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from made_films import Sort, labs, view, write_film
from numpy.typing import NDArray

from colorify.errors import UsageError
from colorify.hints import Hint
from colorify.model.generator import Prediction
from colorify.video import FilmOptions, TimedHint, colorize_film, temporal
from colorify.video.frame_input import FrameInput, prepare_frame
from colorify.video.hint_tracking import follow_hints, join_hints
from colorify.video.optical_flow import Motion
from colorify.video.reader import Frame
from colorify.video.temporal import LOOK_INTERVAL_FRAMES, SmootherState, TemporalSmoother
from colorify.video.yuv import Planes

SIZE = (160, 96)
FLICKER = 12.0  # of ab, standard deviation, from frame to frame, in the generator of these tests


def frames(
    count: int, *, cut: int | None = None, light: float = 1.0, bright: int | None = None
) -> Iterator[FrameInput]:
    sort = Sort(size=SIZE, cut=cut)
    for number in range(count):
        shown = view(sort, number) * (light if number == bright else 1.0)
        codes = np.rint(np.clip(shown, 0, 1) * 255).astype(np.uint8)
        frame = Frame(Planes(codes, None, None, 8, full=True), number, 1, number / 24)
        yield prepare_frame(frame, aspect=Fraction(1), short=96)


class Moody:
    """A generator that gives each frame another tint, and each shot another hue."""

    def __init__(self, cut: int | None = None) -> None:
        self.cut = cut
        self.asked: list[int] = []

    def __call__(self, seen: FrameInput, hints: Sequence[Hint]) -> Prediction:
        number = seen.frame.pts
        self.asked.append(number)
        tint = np.random.default_rng(number).normal(0, FLICKER, 2)
        hue = -60.0 if self.cut is not None and number >= self.cut else 60.0
        height, width = seen.luma_small.shape
        ab = np.tile((tint + np.array([hue, 0])).astype(np.float32), (height, width, 1))
        return Prediction(ab, np.full((height, width), 0.5, np.float32))


def ab_of(
    seen: Iterator[FrameInput], look: Moody, memory: SmootherState | None = None
) -> list[NDArray[np.float32]]:
    return [one.ab for one in TemporalSmoother(look, memory=memory)(seen)]


def changes(means: Sequence[NDArray[np.float32]]) -> float:
    return float(np.abs(np.diff([mean.mean(axis=(0, 1)) for mean in means], axis=0)).mean())


@pytest.mark.parametrize(
    "count", [1, 2, LOOK_INTERVAL_FRAMES, LOOK_INTERVAL_FRAMES + 1, 2 * LOOK_INTERVAL_FRAMES + 7]
)
def test_every_frame_comes_out_once_and_in_order(count: int) -> None:
    out = list(TemporalSmoother(Moody())(frames(count)))
    assert [one.seen.frame.pts for one in out] == list(range(count))
    assert out[-1].memory is not None


def test_colours_hold_still() -> None:
    look = Moody()
    alone = [look(seen, ()).ab for seen in frames(60)]
    assert changes(ab_of(frames(60), Moody())) < changes(alone) / 10


def test_no_colour_crosses_a_cut() -> None:
    out = ab_of(frames(40, cut=21), Moody(cut=21))
    for number, ab in enumerate(out):
        if number < 21:
            assert ab[..., 0].min() > 20, number
        else:
            assert ab[..., 0].max() < -20, number


RED, BLUE, GREEN = ((60.0, 30.0), (10.0, -60.0), (-50.0, 40.0))  # ab
ENTERS, STEP_PX, SIDE_PX = (
    9,
    4,
    48,
)  # when a square begins to come into view from the right; how fast; its side


def square_at(number: int) -> slice:
    """Return the columns of a frame in which the square is, px."""
    left = SIZE[0] - STEP_PX * (number - ENTERS)
    return slice(max(0, min(left, SIZE[0])), max(0, min(left + SIDE_PX, SIZE[0])))


def frames_with_square(count: int) -> Iterator[FrameInput]:
    """Make frames of a wall and, passing before it, a square that is brighter."""
    width, height = SIZE
    grain = 60 * cv2.GaussianBlur(np.random.default_rng(0).normal(0, 1, (height, width)), (0, 0), 1.5)
    wall, cloth = 90 + grain, 190 + grain[:SIDE_PX, :SIDE_PX]
    for number in range(count):
        shown, columns = wall.copy(), square_at(number)
        shown[24 : 24 + SIDE_PX, columns] = cloth[:, : columns.stop - columns.start]
        codes = np.rint(np.clip(shown, 0, 255)).astype(np.uint8)
        frame = Frame(Planes(codes, None, None, 8, full=True), number, 1, number / 24)
        yield prepare_frame(frame, aspect=Fraction(1), short=96)


class Fickle:
    """A generator that takes a wall for red and for blue by turns, and a square before it for green."""

    def __init__(self, *, unsure: int | None = None) -> None:
        self.unsure = unsure  # the frame of which it knows least
        self.asked: list[int] = []

    def __call__(self, seen: FrameInput, hints: Sequence[Hint]) -> Prediction:
        number = seen.frame.pts
        height, width = seen.luma_small.shape
        ab = np.empty((height, width, 2), np.float32)
        ab[:] = BLUE if len(self.asked) % 2 else RED
        columns = square_at(number)
        ab[12 : 12 + SIDE_PX // 2, columns.start // 2 : columns.stop // 2] = GREEN
        self.asked.append(number)
        return Prediction(ab, np.full((height, width), 0.2 if number == self.unsure else 0.5, np.float32))


def away(ab: NDArray[np.float32], color: tuple[float, float]) -> float:
    return float(np.hypot(*(np.median(ab.reshape(-1, 2), axis=0) - np.array(color))))


def test_a_thing_keeps_its_colour_in_a_shot_and_what_comes_into_view_gets_its_own() -> None:
    look = Fickle()
    out = [one.ab for one in TemporalSmoother(look)(frames_with_square(60))]
    assert len(look.asked) >= 4
    for number, ab in enumerate(out):
        assert away(ab[:8], RED) < 6, number
        columns = square_at(number)
        inside = ab[16:32, columns.start // 2 + 3 : columns.stop // 2 - 3]
        if inside.shape[1] > 8:
            assert away(inside, GREEN) < 30, number  # red is 110 away


def test_the_surer_of_the_first_two_looks_says_what_colour_a_shot_has() -> None:
    out = [one.ab for one in TemporalSmoother(Fickle(unsure=0))(frames_with_square(ENTERS))]
    for number, ab in enumerate(out):
        assert away(ab[:8], BLUE) < 6, number


def test_a_flash_is_no_cut() -> None:
    out = ab_of(frames(30, light=1.5, bright=13), Moody())
    assert np.abs(out[13].mean(axis=(0, 1)) - out[12].mean(axis=(0, 1))).max() < FLICKER / 2


def test_the_generator_looks_at_few_frames_but_at_the_ends_of_each_shot() -> None:
    look = Moody(cut=21)
    ab_of(frames(40, cut=21), look)
    assert {0, 20, 21, 39} <= set(look.asked)
    assert len(look.asked) <= 12


@pytest.mark.parametrize(("disputed", "often"), [(-1.0, True), (1.0, False)])
def test_it_looks_between_two_looks_that_disagree(
    monkeypatch: pytest.MonkeyPatch, disputed: float, often: bool
) -> None:
    monkeypatch.setattr(temporal, "DISPUTED_SHARE", disputed)  # all is too much, and nothing is
    look = Moody()
    ab_of(frames(LOOK_INTERVAL_FRAMES + 1), look)
    step = temporal.MIN_INTERVAL_FRAMES if often else LOOK_INTERVAL_FRAMES
    assert sorted(look.asked) == list(range(0, LOOK_INTERVAL_FRAMES + 1, step))


def test_large_frames_are_looked_at_more_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(temporal, "MAX_PENDING_BYTES", 20 * SIZE[0] * SIZE[1])
    look = Moody()
    ab_of(frames(LOOK_INTERVAL_FRAMES + 1), look)
    assert set(range(0, LOOK_INTERVAL_FRAMES + 1, 16)) <= set(look.asked)


def test_what_is_seen_only_between_two_looks_is_looked_at() -> None:
    look = Fickle()
    out = [one.ab for one in TemporalSmoother(look)(frames_with_square(LOOK_INTERVAL_FRAMES + 1))]
    shown = [number for number in range(len(out)) if square_at(number).stop - square_at(number).start > 40]
    assert set(look.asked) & set(shown)
    for number in shown:
        columns = square_at(number)
        inside = out[number][16:32, columns.start // 2 + 3 : columns.stop // 2 - 3]
        assert away(inside, GREEN) < 30, number  # red is 110 away


@pytest.mark.parametrize("cut", [None, LOOK_INTERVAL_FRAMES + 9])
def test_going_on_from_a_memory_changes_nothing(cut: int | None) -> None:
    count = 2 * LOOK_INTERVAL_FRAMES + 5
    whole = list(TemporalSmoother(Moody(cut))(frames(count, cut=cut)))
    places = [number for number, one in enumerate(whole[:-1]) if one.memory is not None]
    assert places == [LOOK_INTERVAL_FRAMES - 1, 2 * LOOK_INTERVAL_FRAMES - 1 if cut is None else cut - 1]
    for at in places:
        rest = (seen for seen in frames(count, cut=cut) if seen.frame.pts > at)
        again = ab_of(rest, Moody(cut), whole[at].memory)
        assert all(np.array_equal(a.ab, b) for a, b in zip(whole[at + 1 :], again, strict=True))


def met(told: Path, hint: Hint, number: int, x: float, y: float) -> float:
    """Return how far, in ab, a place of a frame is from the colour of a hint."""
    shown = list(labs(told))[number][int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3, 1:]
    return float(np.hypot(*(shown.mean(axis=(0, 1)) - np.array(hint.ab))))


def test_what_a_person_says_is_followed_through_the_shot(tmp_path: Path, tiny_weights: Path) -> None:
    """The scene moves 2 px a frame to the left; a cut ends the hint. Told in the middle, it counts before."""
    source = write_film(tmp_path / "a.mkv", Sort(size=(128, 64), frames=34, cut=24, sound=None))
    blue, brown = (Hint("50%", "50%", color, 4) for color in ("#6070c0", "#c09050"))
    told = {hint: tmp_path / f"{hint.color}.mkv" for hint in (blue, brown)}
    for hint, target in told.items():
        options = FilmOptions(codec="ffv1", hints=(TimedHint(hint, 10 / 24),))
        colorize_film(source, target, weights=tiny_weights, options=options)
        for number in (0, 5, 10, 16, 23):
            assert met(target, hint, number, 64 - 2 * (number - 10), 32) < 6, number
    after = zip(*(list(labs(target))[24:] for target in told.values()), strict=True)
    assert all(np.abs(a[..., 1:] - b[..., 1:]).max() < 0.5 for a, b in after)


def test_a_hint_put_right_later_makes_no_jump() -> None:
    size = (100, 80)
    old = (Hint(50.0, 40.0, "#ff0000", 2.0), Hint(20.0, 20.0, "#00ff00", 2.0))
    assert join_hints(old, [Hint(53.0, 41.0, "#FF0000", 2.0)], size) == (
        (old[1], Hint(53.0, 41.0, "#FF0000", 2.0)),
        False,
    )
    assert join_hints(old, [Hint(90.0, 41.0, "#ff0000", 2.0)], size)[1]
    assert join_hints(old, [], size) == (old, False)
    wider = Hint(53.0, 41.0, "#ff0000", 2.0, 0.5)
    assert wider in join_hints(old, [wider], size)[0]
    assert join_hints(old, [wider], size)[1], "what it reaches now is new"


def test_a_hint_outside_the_picture_is_refused(tmp_path: Path, tiny_weights: Path) -> None:
    source = write_film(tmp_path / "a.mkv", Sort(size=(64, 48), frames=2, sound=None))
    options = FilmOptions(hints=(TimedHint(Hint(64, 10, "#ff0000"), 0.0),))
    with pytest.raises(UsageError, match="64x48"):
        colorize_film(source, weights=tiny_weights, options=options)


@pytest.mark.parametrize(("seen", "followed"), [(0.2, True), (0.02, False)])
def test_a_hint_is_followed_on_dark_cloth_in_grain_and_ends_behind_what_passes(
    seen: float, followed: bool
) -> None:
    flow = np.full((32, 48, 2), (1.0, -0.5), np.float32)
    plane = np.full((32, 48), seen, np.float32)
    motion = Motion(forward=flow, backward=-flow, seen_before=plane, seen_after=plane)
    (*found,) = follow_hints([Hint(100, 60, "#2040c0")], motion, (192, 128))
    assert [(hint.x, hint.y) for hint in found] == ([(104, 58)] if followed else [])
