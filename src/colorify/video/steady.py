"""Colours that do not flicker: ab of a few frames of a shot, carried to all of them along the motion.

The generator looks at every STEP-th frame of a shot, at its first and at its last. What it says is gathered
as a weighted mean, once going forward through the film and once going backward from as far ahead as is known:

    total[t]  = FADE * seen * carried(total[t - 1]) + confidence * ab
    weight[t] = FADE * seen * carried(weight[t - 1]) + confidence
    ab[t]     = (forward total + backward total - its own) / (the same of weight)

Where the generator did not look, confidence is 0; `seen` is near 0 where a point was hidden in the other
frame. At a cut both start from nothing, so that no colour passes from one shot to another. It is the
recursion of a Kalman filter with a constant gain, run both ways (H. Rauch, F. Tung, C. Striebel, 1965, have
the general case), per pixel.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from colorify.generator import Colors
from colorify.hints import Hint
from colorify.video.film import Frame
from colorify.video.flow import UNSEEN, FlowFinder, Motion, carried, scaled
from colorify.video.paint import Small
from colorify.video.shots import is_cut

FloatArray = NDArray[np.float32]

STEP: Final = 6  # frames from one look of the generator to the next
FADE: Final = 0.97  # of what is remembered, a frame
CHUNK: Final = 16  # frames coloured at a time
AHEAD: Final = 8  # frames known beyond them, for the way back
CARRY: Final = 2  # px of the generator's picture to a px of the carried colours
LEAST: Final = 0.05  # of confidence: nobody is to have no say at all


@dataclass(frozen=True)
class Seen:
    """A frame, and what the generator and the flow see of it."""

    frame: Frame
    small: Small
    thumb: NDArray[Any]  # (h, w) uint8, luma


@dataclass(frozen=True)
class TimedHint:
    """A colour that a person knows, at a place of a frame; followed from there to the end of its shot."""

    hint: Hint
    time: float  # s


@dataclass(frozen=True)
class Memory:
    """All that the next chunk needs to know of those before it."""

    thumb: NDArray[Any]  # of the last frame
    since_cut: int  # frames before the last one that belong to its shot
    total: FloatArray  # (h, w, 2)
    weight: FloatArray  # (h, w)
    time: float  # s, of the last frame
    hints: tuple[Hint, ...] = ()  # where they have moved to, px of the frame


@dataclass(frozen=True)
class Steady:
    """A frame and its colours."""

    seen: Seen
    ab: FloatArray  # (h, w, 2), on the small picture divided by CARRY
    memory: Memory | None  # after the last frame of a chunk: the job can go on from here


Look = Callable[[Seen, Sequence[Hint]], Colors]


@dataclass
class _Held:
    """A frame that waits for those after it."""

    seen: Seen
    motion: Motion | None  # from the frame before; None: the first of its shot
    since_cut: int
    hints: tuple[Hint, ...]
    colors: Future[Colors] | None = None
    own: tuple[FloatArray, FloatArray] = field(default_factory=lambda: (_NONE, _NONE))


_NONE: Final[FloatArray] = np.zeros(0, np.float32)


class Steadier:
    """Turns frames into frames with colours, in order."""

    def __init__(self, look: Look, *, hints: Sequence[TimedHint] = (), memory: Memory | None = None) -> None:
        self._look = look
        self._waiting_hints = [hint for hint in hints if memory is None or hint.time > memory.time]
        self._finder = FlowFinder()
        self._memory = memory

    def __call__(self, frames: Iterator[Seen]) -> Iterator[Steady]:
        """Yield each of `frames` with its colours; CHUNK + AHEAD of them are held at most."""
        held: list[_Held] = []
        with ThreadPoolExecutor(1, thread_name_prefix="colorify-generator") as pool:

            def ask(one: _Held) -> None:
                if one.colors is None:
                    one.colors = pool.submit(self._look, one.seen, one.hints)

            for seen in frames:
                one = self._arrive(seen, held[-1] if held else None)
                if one.motion is None and held:
                    ask(held[-1])
                if one.since_cut % STEP == 0:
                    ask(one)
                held.append(one)
                if len(held) == CHUNK + AHEAD:
                    yield from self._finish(held, CHUNK)
                    del held[:CHUNK]
            if held:
                ask(held[-1])
                yield from self._finish(held, len(held))

    def _arrive(self, seen: Seen, last: _Held | None) -> _Held:
        """Relate a frame to the one before."""
        memory = self._memory
        if last is not None:
            thumb, since_cut, hints = last.seen.thumb, last.since_cut, last.hints
        elif memory is not None:
            thumb, since_cut, hints = memory.thumb, memory.since_cut, memory.hints
        else:
            return _Held(seen, None, 0, self._new_hints(seen))
        motion = self._finder.between(thumb, seen.thumb)
        new = self._new_hints(seen)
        if is_cut(thumb, seen.thumb, motion):
            return _Held(seen, None, 0, new)
        hints = (*followed(hints, motion, seen), *new)
        if new:
            return _Held(seen, None, 0, hints)  # what a person says is to be seen from its time on, at once
        height, width = carry_shape(seen)
        return _Held(seen, scaled(motion, width, height), since_cut + 1, hints)

    def _new_hints(self, seen: Seen) -> tuple[Hint, ...]:
        due = tuple(timed.hint for timed in self._waiting_hints if timed.time <= seen.frame.time)
        self._waiting_hints = [timed for timed in self._waiting_hints if timed.time > seen.frame.time]
        return due

    def _finish(self, held: Sequence[_Held], count: int) -> Iterator[Steady]:
        """Colour the first `count` of the frames; the others only say what comes."""
        for one in held:
            one.own = _own(one)
        backward = _backward(held, count)
        total, weight = (_NONE, _NONE) if self._memory is None else (self._memory.total, self._memory.weight)
        for index, one in enumerate(held[:count]):
            total, weight = _step(one.own, total, weight, one.motion, back=False)
            after_total, after_weight = backward[index]
            ab = total + after_total - one.own[0]
            ab /= np.maximum(weight + after_weight - one.own[1], np.float32(1e-6))[:, :, None]
            memory = None
            if index == count - 1:
                seen = one.seen
                memory = Memory(seen.thumb, one.since_cut, total, weight, seen.frame.time, one.hints)
                self._memory = memory
            yield Steady(one.seen, ab, memory)


def carry_shape(seen: Seen) -> tuple[int, int]:
    """Return the height and width of the colours as they are carried."""
    height, width = seen.small.L.shape
    return max(1, height // CARRY), max(1, width // CARRY)


def followed(hints: Sequence[Hint], motion: Motion, seen: Seen) -> tuple[Hint, ...]:
    """Move hints along the motion; those that leave the picture or are hidden end."""
    width, height = seen.frame.planes.size
    h, w = motion.seen_after.shape
    moved = []
    for hint in hints:
        row, column = int(hint.y * h / height), int(hint.x * w / width)
        across, down = motion.forward[row, column]
        x, y = hint.x + float(across) * width / w, hint.y + float(down) * height / h
        if 0 <= x < width and 0 <= y < height and motion.seen_after[row, column] > UNSEEN:
            moved.append(replace(hint, x=x, y=y))
    return tuple(moved)


def _own(one: _Held) -> tuple[FloatArray, FloatArray]:
    """Return what the generator says of a frame: weighted ab, and the weight; zeros where it did not look."""
    height, width = carry_shape(one.seen)
    if one.colors is None:
        return np.zeros((height, width, 2), np.float32), np.zeros((height, width), np.float32)
    colors = one.colors.result()
    ab = cv2.resize(np.ascontiguousarray(colors.ab), (width, height), interpolation=cv2.INTER_LINEAR)
    sure = np.asarray(cv2.resize(np.ascontiguousarray(colors.confidence), (width, height)), np.float32)
    weight = np.maximum(sure, np.float32(LEAST))
    return np.asarray(ab * weight[:, :, None], dtype=np.float32), weight


def _backward(held: Sequence[_Held], count: int) -> list[tuple[FloatArray, FloatArray]]:
    """Gather from the last frame back to the first; returned for the first `count`."""
    result = []
    total, weight = _NONE, _NONE
    for index in range(len(held) - 1, -1, -1):
        motion = held[index + 1].motion if index + 1 < len(held) else None
        total, weight = _step(held[index].own, total, weight, motion, back=True)
        result.append((total, weight))
    result.reverse()
    return result[:count]


def _step(
    own: tuple[FloatArray, FloatArray],
    total: FloatArray,
    weight: FloatArray,
    motion: Motion | None,
    *,
    back: bool,
) -> tuple[FloatArray, FloatArray]:
    """Take what is remembered one frame on, and add what is seen there."""
    if motion is None or weight.size == 0:
        return own
    flow, seen = (motion.forward, motion.seen_after) if back else (motion.backward, motion.seen_before)
    moved = carried(np.dstack([total, weight]), flow)
    moved *= (np.float32(FADE) * np.maximum(seen, np.float32(UNSEEN)))[:, :, None]
    return np.asarray(moved[:, :, :2] + own[0]), np.asarray(moved[:, :, 2] + own[1])
