"""Colours that do not flicker: ab of a few frames of a shot, carried to all of them along the motion.

The generator looks at the first frame of a shot, at its last, and at every LOOK_INTERVAL_FRAMES-th between.
Each look is brought to the colours that its shot already has (`shot_colors`), and the first one to those of
the next, if that is surer. A frame between two looks gets the colours of both, along the
motion (`motion_path`):

    weight = confidence * how surely a point is seen all the way * FADE ** frames between
    ab     = the mean, by these weights, of the look after and of the look before, joined with all before it

Where the two disagree, something was seen only between them, or the motion was not found. Then the generator
looks at the frame in the middle, too, and the same is asked of both halves. At a cut everything starts from
nothing, so that no colour passes from one shot to another. It is a Kalman filter with a constant gain, run
both ways (H. Rauch, F. Tung, C. Striebel, 1965, have the general case), per cell. A cell is two px of the
generator's picture.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.hints import Hint, number_hints
from colorify.model.generator import Prediction
from colorify.video.cuts import is_cut
from colorify.video.frame_input import FrameInput, cell_lightness
from colorify.video.hint_tracking import TimedHint, follow_hints, join_hints
from colorify.video.motion_path import MotionPath
from colorify.video.optical_flow import FlowFinder, Motion
from colorify.video.shot_colors import align_look
from colorify.video.weighted_colors import WeightedColors, weigh_prediction

FloatArray = NDArray[np.float32]

LOOK_INTERVAL_FRAMES: Final = 64  # from one look of the generator to the next, at most
# of the luma of all frames that wait for a look: larger frames are looked at more often
MAX_PENDING_BYTES: Final = 2**27
MIN_INTERVAL_FRAMES: Final = 8  # likewise, where looks do not agree
# Lab units of ab, from where on two looks do not agree about a place, and of how much of a frame they may not
DISTANCE_LAB: Final = 8.0
DISPUTED_SHARE: Final = 0.03
RIVAL_SHARE: Final = 0.25  # of the weight of the surer look: with less the other one counts for nothing
LEAD_FRAMES: Final = 5  # one frame more is taken in for so many, so that a look is there when it is needed


@dataclass(frozen=True)
class SmootherState:
    """All that the frames from a look on need to know of those before it."""

    thumb: NDArray[Any]  # of the last frame
    since_cut: int  # frames before the last one that belong to its shot
    ab: FloatArray  # (h, w, 2), of the cells of the next frame, if it belongs to the same shot
    weight: FloatArray  # (h, w)
    time: float  # s, of the last frame
    hints: tuple[Hint, ...] = ()  # where they have moved to, px of the last frame


@dataclass(frozen=True)
class SmoothedFrame:
    """A frame and its colours."""

    seen: FrameInput
    ab: FloatArray  # (h, w, 2), of its cells
    memory: SmootherState | None  # the job can go on after this frame


Predictor = Callable[[FrameInput, Sequence[Hint]], Prediction]  # in cells


@dataclass
class _PendingFrame:
    """A frame that waits for those after it."""

    seen: FrameInput
    motion: Motion | None  # from the frame before; None: the first of its shot
    since_cut: int
    hints: tuple[Hint, ...]
    colors: Future[Prediction] | None = None


_Carried = tuple[WeightedColors, MotionPath]  # the colours of a look, and the way there
_Way = tuple[_Carried, _Carried | None]  # of a frame: the look before, and the one after


class TemporalSmoother:
    """Turns frames into frames with colours, in order."""

    def __init__(
        self, predict: Predictor, *, hints: Sequence[TimedHint] = (), memory: SmootherState | None = None
    ) -> None:
        self._predict = predict
        self._waiting_hints = [hint for hint in hints if memory is None or hint.time > memory.time]
        self._finder = FlowFinder()
        self._memory = memory
        self._mean: WeightedColors | None = None  # of the first of the frames that are held
        self._pool: ThreadPoolExecutor

    def __call__(self, frames: Iterator[FrameInput]) -> Iterator[SmoothedFrame]:
        """Yield each of `frames` with its colours; holds those of about one interval."""
        held: list[_PendingFrame] = []  # from the last look on
        ready: deque[Callable[[], SmoothedFrame]] = deque()
        with ThreadPoolExecutor(1, thread_name_prefix="colorify-generator") as self._pool:
            for number, seen in enumerate(frames):
                one = self._arrive(seen, held[-1] if held else None)
                ends_shot = one.motion is None and bool(held)
                if not ends_shot:
                    held.append(one)
                if ends_shot or (len(held) > 1 and one.since_cut % _interval(one) == 0):
                    self._look(held[-1])
                    yield from _drain(ready)  # meanwhile the generator looks
                    ready.extend(self._color(held, whole=ends_shot))
                    held = [one]
                if one.motion is None:
                    self._mean = None
                    self._look(one)
                if ready and number % LEAD_FRAMES:
                    yield ready.popleft()()
            yield from _drain(ready)
            if held:
                self._look(held[-1])
                ready.extend(self._color(held, whole=True))
                yield from _drain(ready)

    def _arrive(self, seen: FrameInput, last: _PendingFrame | None) -> _PendingFrame:
        """Relate a frame to the one before."""
        memory = self._memory
        if last is not None:
            thumb, since_cut, hints = last.seen.luma_small, last.since_cut, last.hints
        elif memory is not None:
            thumb, since_cut, hints = memory.thumb, memory.since_cut, memory.hints
            self._mean = WeightedColors(memory.ab, memory.weight)
        else:
            return _PendingFrame(seen, None, 0, self._new_hints(seen))
        motion = self._finder.between(thumb, seen.luma_small)
        new = self._new_hints(seen)
        if is_cut(thumb, seen.luma_small, motion):
            return _PendingFrame(seen, None, 0, new)
        size = seen.frame.planes.size
        hints, surprising = join_hints(follow_hints(hints, motion, size), new, size)
        if surprising:
            # what a person says is to be seen from its time on, at once
            return _PendingFrame(seen, None, 0, hints)
        return _PendingFrame(seen, motion, since_cut + 1, hints)

    def _new_hints(self, seen: FrameInput) -> tuple[Hint, ...]:
        due = tuple(timed.hint for timed in self._waiting_hints if timed.time <= seen.frame.time)
        self._waiting_hints = [timed for timed in self._waiting_hints if timed.time > seen.frame.time]
        return due

    def _look(self, one: _PendingFrame) -> None:
        if one.colors is None:
            one.colors = self._pool.submit(self._predict, one.seen, one.hints)

    def _color(self, held: Sequence[_PendingFrame], *, whole: bool) -> list[Callable[[], SmoothedFrame]]:
        """Find the colours of frames from a look to the next, and return what gives them, in order.

        `whole`: of the last one, too, with which a shot ends.
        """
        mean = self._begin_shot(held) if self._mean is None else self._mean
        found, self._mean = self._connect(held, mean)
        if whole:
            found.append(((self._mean, MotionPath.begin(_cells(held[-1]))), None))
        shown = held if whole else held[:-1]
        last = shown[-1]
        memory = SmootherState(
            last.seen.luma_small,
            last.since_cut,
            self._mean.ab,
            self._mean.weight,
            last.seen.frame.time,
            last.hints,
        )
        return [
            partial(_join_ways, one.seen, before, after, memory if one is last else None)
            for one, (before, after) in zip(shown, found, strict=True)
        ]

    def _begin_shot(self, held: Sequence[_PendingFrame]) -> WeightedColors:
        """Return the colours of the first frame of a shot: its look, or brought to a later one that is surer.

        A look that knows fewer hints, as they are hidden by then, does not count.
        """
        first, last = held[0], held[-1]
        look, later = _result(first), _result(last)
        if len(first.hints) != len(last.hints) or later.confidence.mean() <= look.confidence.mean():
            return weigh_prediction(look)
        known = _ways_back(held)[0].carry_surely(
            weigh_prediction(later), last.seen.luma_small, first.seen.luma_small
        )
        return _align(known, weigh_prediction(look), first)

    def _connect(
        self, held: Sequence[_PendingFrame], mean: WeightedColors
    ) -> tuple[list[_Way], WeightedColors]:
        """Find the looks before and after each frame but the last, and the ways there.

        The last one is looked at, and `mean` is known of the first. Returns what is known of the last, too.
        """
        if len(held) == 1:
            return [], mean
        ahead, last = _ways_ahead(held), held[-1]
        known = ahead[-1].carry_surely(mean, held[0].seen.luma_small, last.seen.luma_small)
        own = _align(known, weigh_prediction(_result(last)), last)
        back = _ways_back(held)
        if len(held) > 2 * MIN_INTERVAL_FRAMES and _is_disputed(mean, ahead, own, back):
            middle = len(held) // 2
            self._look(held[middle])
            left, mean = self._connect(held[: middle + 1], mean)
            right, mean = self._connect(held[middle:], mean)
            return left + right, mean
        found: list[_Way] = [
            ((mean, before), (own, after)) for before, after in zip(ahead, back, strict=True)
        ]
        return found[:-1], ahead[-1].carry(mean).join(own)


def _interval(one: _PendingFrame) -> int:
    """Return how many frames are looked at once, a power of two, by their size alone: so a job can go on."""
    fitting = MAX_PENDING_BYTES // one.seen.frame.planes.Y.nbytes
    interval = LOOK_INTERVAL_FRAMES
    while interval > max(fitting, MIN_INTERVAL_FRAMES):
        interval //= 2
    return interval


def _drain(ready: "deque[Callable[[], SmoothedFrame]]") -> Iterator[SmoothedFrame]:
    while ready:
        yield ready.popleft()()


def _join_ways(
    seen: FrameInput, before: _Carried, after: _Carried | None, memory: SmootherState | None
) -> SmoothedFrame:
    """Return a frame with the mean of what is carried to it."""
    colors, way = before
    if after is None:
        return SmoothedFrame(seen, way.carry(colors).ab, memory)
    others, other = after
    return SmoothedFrame(seen, way.join(colors, other, others), memory)


def _is_disputed(
    mean: WeightedColors, ahead: Sequence[MotionPath], own: WeightedColors, back: Sequence[MotionPath]
) -> bool:
    """Tell whether what comes from the two ends of a stretch disagrees anywhere in between."""
    size = ahead[0].seen.shape[::-1]
    first, last = mean.resize(size), own.resize(size)
    for quarter in (1, 2, 3):
        at = quarter * len(ahead) // 4
        before, after = ahead[at].carry_coarsely(first), back[at].carry_coarsely(last)
        apart = np.square(before.ab - after.ab).sum(axis=2) > DISTANCE_LAB**2
        less, more = np.minimum(before.weight, after.weight), np.maximum(before.weight, after.weight)
        if float((apart & (less > RIVAL_SHARE * more)).mean()) > DISPUTED_SHARE:
            return True
    return False


def _ways_ahead(held: Sequence[_PendingFrame]) -> list[MotionPath]:
    """Return the ways of frames of one shot to the first of them."""
    ways = [MotionPath.begin(_cells(held[0]))]
    for one in held[1:]:
        assert one.motion is not None
        ways.append(ways[-1].extend(one.motion.backward, one.motion.seen_before))
    return ways


def _ways_back(held: Sequence[_PendingFrame]) -> list[MotionPath]:
    """Return the ways of frames of one shot to the last of them."""
    ways = [MotionPath.begin(_cells(held[0]))]
    for one in reversed(held[1:]):
        assert one.motion is not None
        ways.append(ways[-1].extend(one.motion.forward, one.motion.seen_after))
    ways.reverse()
    return ways


def _cells(one: _PendingFrame) -> tuple[int, int]:
    height, width = one.seen.luma_small.shape
    return width, height


def _result(one: _PendingFrame) -> Prediction:
    assert one.colors is not None
    return one.colors.result()


def _align(shot: WeightedColors, look: WeightedColors, one: _PendingFrame) -> WeightedColors:
    """Bring a look to the colours of its shot; a hint stays as it was told."""
    L = cell_lightness(one.seen)
    size = one.seen.frame.planes.size
    hinted_cells = number_hints(one.hints, photo=size, small=L.shape[::-1], stride=1) >= 0
    return align_look(shot, look, L, hinted_cells=hinted_cells)
