"""Colours that a person asks for in a film: followed through their shot, backward and forward."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from math import hypot
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.hints import Hint
from colorify.video.cuts import is_cut
from colorify.video.frame_input import prepare_frame
from colorify.video.optical_flow import FloatArray, FlowFinder, Motion
from colorify.video.reader import Film

MAX_LOOK_BACK_S: Final = 30.0  # s that a hint is followed back at most
# px of the field of motion, around a hint, that move with it: one is easily lost in grain
WINDOW_PX: Final = 1
# how surely a cell must be seen in the other frame too, to say where a hint goes: grain on dark cloth leaves
# 0.1 to 0.4; with 0.05 a hint goes along with who passes before it
MIN_VISIBILITY: Final = 0.1
MIN_WINDOW_SHARE: Final = (
    0.2  # share of the window that must be seen: with less, the hint is hidden, and ends
)
SAME_PLACE_SHARE: Final = (
    0.1  # of the short side: so near, a hint of the same colour is the same, put right by the person
)


@dataclass(frozen=True)
class TimedHint:
    """A colour that a person knows, at a place of a frame; followed through its shot."""

    hint: Hint
    time: float  # s


def trace_hints(film: Film, hints: Sequence[TimedHint], *, start: float, short: int) -> tuple[TimedHint, ...]:
    """Return the hints and, for each, the place where what it lies on is first seen in its shot.

    `start`: s, where the film is to begin. `short`: as for `prepare_frame`.
    Raises UsageError for a hint outside the picture.
    """
    placed = [TimedHint(_in_px(timed.hint, film.size), timed.time) for timed in hints]
    first: list[TimedHint] = []
    for time in sorted({timed.time for timed in placed if timed.time > start}):
        given = [timed.hint for timed in placed if timed.time == time]
        first += _follow_back(film, given, time, start=max(start, time - MAX_LOOK_BACK_S), short=short)
    return (*first, *placed)


def follow_hints(hints: Iterable[Hint], motion: Motion, size: tuple[int, int]) -> tuple[Hint, ...]:
    """Move hints from the earlier frame to the later; those that leave the picture or are hidden end.

    `size`: width and height of the picture, px, in which the hints are placed.
    """
    moved = (_move_hint(hint, motion.forward, motion.seen_after, size) for hint in hints)
    return tuple(hint for hint in moved if hint is not None)


def join_hints(
    known: Iterable[Hint], new: Sequence[Hint], size: tuple[int, int]
) -> tuple[tuple[Hint, ...], bool]:
    """Add hints to those at work; returns all, and whether one of them tells something new.

    One of the same colour and radius as another nearby only says better where that has gone to; or how far
    it reaches.
    """
    near = SAME_PLACE_SHARE * min(size)
    left, surprising = list(known), False
    for hint in new:
        same = [one for one in left if _alike(one, hint) and _apart(one, hint) <= near]
        surprising = surprising or all(one.reach != hint.reach for one in same)
        left = [one for one in left if one not in same]
    return (*left, *new), surprising


@dataclass
class _Place:
    """Where a hint is in the earliest frame to which it could be followed back."""

    hint: Hint
    frame: int


def _follow_back(
    film: Film, hints: Sequence[Hint], time: float, *, start: float, short: int
) -> list[TimedHint]:
    thumbs, times = _small_luma(film, start, time, short)
    places = [_Place(hint, len(thumbs) - 1) for hint in hints]
    finder = FlowFinder()
    for earlier in range(len(thumbs) - 2, -1, -1):
        motion = finder.between(thumbs[earlier], thumbs[earlier + 1])
        here = [place for place in places if place.frame == earlier + 1]
        if not here or is_cut(thumbs[earlier], thumbs[earlier + 1], motion):
            break
        for place in here:
            moved = _move_hint(place.hint, motion.backward, motion.seen_before, film.size)
            if moved is not None:
                place.hint, place.frame = moved, earlier
    return [TimedHint(place.hint, times[place.frame]) for place in places if place.frame < len(thumbs) - 1]


def _small_luma(film: Film, start: float, end: float, short: int) -> tuple[list[NDArray[Any]], list[float]]:
    """Return the small luma and the time of each frame from `start` to the first not before `end`, s."""
    thumbs: list[NDArray[Any]] = []
    times: list[float] = []
    with closing(film.frames(start=start)) as frames:
        for frame in frames:
            thumbs.append(prepare_frame(frame, aspect=film.aspect, short=short).luma_small)
            times.append(frame.time)
            if frame.time >= end:
                break
    return thumbs, times


def _move_hint(hint: Hint, flow: FloatArray, seen: FloatArray, size: tuple[int, int]) -> Hint | None:
    """Move a hint by the flow around it; None: it is hidden, or leaves the picture."""
    (x, y, _), (width, height), (h, w) = hint.place(*size), size, seen.shape
    row, column = int(y * h / height), int(x * w / width)
    window = (
        slice(max(0, row - WINDOW_PX), row + WINDOW_PX + 1),
        slice(max(0, column - WINDOW_PX), column + WINDOW_PX + 1),
    )
    clear = seen[window] > MIN_VISIBILITY
    if clear.mean() < MIN_WINDOW_SHARE:
        return None
    across, down = np.median(flow[window][clear], axis=0)
    x, y = x + float(across) * width / w, y + float(down) * height / h
    return replace(hint, x=x, y=y) if 0 <= x < width and 0 <= y < height else None


def _in_px(hint: Hint, size: tuple[int, int]) -> Hint:
    x, y, radius = hint.place(*size)
    return replace(hint, x=x, y=y, radius=radius)


def _alike(one: Hint, other: Hint) -> bool:
    return (one.color.lower(), one.radius) == (other.color.lower(), other.radius)


def _apart(one: Hint, other: Hint) -> float:
    return hypot(float(one.x) - float(other.x), float(one.y) - float(other.y))
