"""Colours that do not flicker: ab of a few frames of a shot, carried to all of them along the motion.

The generator looks at the first frame of a shot, at its last, and at every PREDICTION_INTERVAL_FRAMES-th
between; twice as often where much comes into view. Each look is brought to the colours that its shot already
has (`shot_colors`), and the first to what the surest of the looks ahead says of its frame. Then they are
gathered as a weighted mean, once going forward through the film and once going backward from as far ahead as
is known:

    weight[t] = DECAY * seen * carried(weight[t - 1]) + confidence
    mean[t]   = the mean of carried(mean[t - 1]) and the look, by these two weights
    ab[t]     = the mean of the forward mean and of what is carried from the frame after, by their weights

Where the generator did not look, confidence is 0; `seen` is near 0 where a point was hidden in the other
frame. At a cut both start from nothing, so that no colour passes from one shot to another. It is the
recursion of a Kalman filter with a constant gain, run both ways (H. Rauch, F. Tung, C. Striebel, 1965, have
the general case), per cell. A cell is two px of the generator's picture.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.hints import Hint, number_hints
from colorify.model.generator import Prediction
from colorify.video.cuts import is_cut
from colorify.video.frame_input import FrameInput, cell_lightness
from colorify.video.hint_tracking import TimedHint, follow_hints, join_hints
from colorify.video.optical_flow import FlowFinder, Motion
from colorify.video.shot_colors import align_look
from colorify.video.weighted_colors import WeightedColors, weigh_prediction

FloatArray = NDArray[np.float32]

# Frames from one look of the generator to the next. With 8 a film takes a fifth longer, and is no steadier.
PREDICTION_INTERVAL_FRAMES: Final = 16
NEW_SHARE: Final = 0.03  # of a frame, that comes into view, from where on it looks twice as often
VISIBLE_FROM: Final = 0.5  # of 0..1, from where on a cell counts as seen
CHUNK_FRAMES: Final = 16  # frames coloured at a time
LOOKAHEAD_FRAMES: Final = 16  # frames known beyond them, for the way back from the next look


@dataclass(frozen=True)
class SmootherState:
    """All that the next chunk needs to know of those before it."""

    thumb: NDArray[Any]  # of the last frame
    since_cut: int  # frames before the last one that belong to its shot
    ab: FloatArray  # (h, w, 2), of its cells
    weight: FloatArray  # (h, w)
    time: float  # s, of the last frame
    hints: tuple[Hint, ...] = ()  # where they have moved to, px of the frame


@dataclass(frozen=True)
class SmoothedFrame:
    """A frame and its colours."""

    seen: FrameInput
    ab: FloatArray  # (h, w, 2), of its cells
    memory: SmootherState | None  # after the last frame of a chunk: the job can go on from here


Predictor = Callable[[FrameInput, Sequence[Hint]], Prediction]  # in cells


@dataclass
class _PendingFrame:
    """A frame that waits for those after it."""

    seen: FrameInput
    motion: Motion | None  # from the frame before; None: the first of its shot
    since_cut: int
    hints: tuple[Hint, ...]
    colors: Future[Prediction] | None = None
    own: WeightedColors | None = None  # its look, in the colours of the shot; None: there is none
    mean: WeightedColors | None = None  # of all up to this frame, once it is known


class TemporalSmoother:
    """Turns frames into frames with colours, in order."""

    def __init__(
        self, predict: Predictor, *, hints: Sequence[TimedHint] = (), memory: SmootherState | None = None
    ) -> None:
        self._predict = predict
        self._waiting_hints = [hint for hint in hints if memory is None or hint.time > memory.time]
        self._finder = FlowFinder(high_quality=bool(hints))
        self._memory = memory

    def __call__(self, frames: Iterator[FrameInput]) -> Iterator[SmoothedFrame]:
        """Yield each of `frames` with its colours; holds at most CHUNK_FRAMES + LOOKAHEAD_FRAMES."""
        held: list[_PendingFrame] = []
        with ThreadPoolExecutor(1, thread_name_prefix="colorify-generator") as pool:

            def ask(one: _PendingFrame) -> None:
                if one.colors is None:
                    one.colors = pool.submit(self._predict, one.seen, one.hints)

            for seen in frames:
                one = self._arrive(seen, held[-1] if held else None)
                if one.motion is None and held:
                    ask(held[-1])
                if _is_due(one):
                    ask(one)
                held.append(one)
                if len(held) == CHUNK_FRAMES + LOOKAHEAD_FRAMES:
                    yield from self._finish(held, CHUNK_FRAMES)
                    del held[:CHUNK_FRAMES]
            if held:
                ask(held[-1])
                yield from self._finish(held, len(held))

    def _arrive(self, seen: FrameInput, last: _PendingFrame | None) -> _PendingFrame:
        """Relate a frame to the one before."""
        memory = self._memory
        if last is not None:
            thumb, since_cut, hints = last.seen.luma_small, last.since_cut, last.hints
        elif memory is not None:
            thumb, since_cut, hints = memory.thumb, memory.since_cut, memory.hints
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

    def _finish(self, held: Sequence[_PendingFrame], count: int) -> Iterator[SmoothedFrame]:
        """Colour the first `count` of the frames; the others only say what comes."""
        self._gather(held, count)
        later = _from_later(held)
        for index, one in enumerate(held[:count]):
            mean = one.mean
            assert mean is not None
            memory = None
            if index == count - 1:
                seen = one.seen
                memory = SmootherState(
                    seen.luma_small, one.since_cut, mean.ab, mean.weight, seen.frame.time, one.hints
                )
                self._memory = memory
            yield SmoothedFrame(one.seen, mean.join(later[index]).ab, memory)

    def _gather(self, held: Sequence[_PendingFrame], count: int) -> None:
        """Say of each frame what is known up to it; of shots that begin after `count` frames, nothing yet."""
        mean = None if self._memory is None else WeightedColors(self._memory.ab, self._memory.weight)
        for index, one in enumerate(held):
            if one.mean is None:
                if one.motion is None and index >= count:
                    return  # the surest of its looks may not have come yet
                known = None
                if mean is not None and one.motion is not None:
                    known = mean.carry(one.motion.backward, one.motion.seen_before)
                if one.colors is not None:
                    before = _from_surest(held[index:]) if known is None else known
                    look = weigh_prediction(one.colors.result())
                    one.own = look if before is None else _align(before, look, one)
                one.mean = _join_means(known, one.own)
            mean = one.mean


def _is_due(one: _PendingFrame) -> bool:
    """Whether the generator is to look at a frame, by that frame alone, so that a job can go on there."""
    if one.since_cut % PREDICTION_INTERVAL_FRAMES == 0:
        return True
    if one.motion is None or one.since_cut % (PREDICTION_INTERVAL_FRAMES // 2) != 0:
        return False
    return float((one.motion.seen_before < VISIBLE_FROM).mean()) > NEW_SHARE


def _align(shot: WeightedColors, look: WeightedColors, one: _PendingFrame) -> WeightedColors:
    """Bring a look to the colours of its shot; a hint stays as it was told."""
    L = cell_lightness(one.seen)
    size = one.seen.frame.planes.size
    hinted_cells = number_hints(one.hints, photo=size, small=L.shape[::-1], stride=1) >= 0
    return align_look(shot, look, L, hinted_cells=hinted_cells)


def _join_means(known: WeightedColors | None, own: WeightedColors | None) -> WeightedColors:
    """Join what is carried to a frame and what the generator says of it; the first of a shot is looked at."""
    if known is not None:
        return known.join(own)
    assert own is not None
    return own


def _from_surest(held: Sequence[_PendingFrame]) -> WeightedColors | None:
    """Return what the surest look at a shot says of its first frame; None: it is the look at that frame.

    `held`: begins with the shot. A look that knows fewer hints, as they are hidden by then, does not count.
    """
    shot = [held[0], *takewhile(lambda one: one.motion is not None, held[1:])]
    looks = [
        (float(one.colors.result().confidence.mean()), -index)
        for index, one in enumerate(shot)
        if one.colors is not None and len(one.hints) == len(held[0].hints)
    ]
    index = -max(looks)[1]
    if index == 0:
        return None
    colors = shot[index].colors
    assert colors is not None
    mean = weigh_prediction(colors.result())
    for one in reversed(shot[1 : index + 1]):
        assert one.motion is not None
        mean = mean.carry(one.motion.forward, one.motion.seen_after)
    return mean


def _from_later(held: Sequence[_PendingFrame]) -> list[WeightedColors | None]:
    """Gather from the last frame back to the first, for each frame without its own."""
    result: list[WeightedColors | None] = [None]
    for one in reversed(held[1:]):
        after = result[-1]
        mean = one.own if after is None else after.join(one.own)
        motion = one.motion
        result.append(
            None if motion is None or mean is None else mean.carry(motion.forward, motion.seen_after)
        )
    result.reverse()
    return result
