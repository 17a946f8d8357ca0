"""Where a film is damaged: what a decoder had to leave out or to guess, as times for a person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MAX_LISTED_SPOTS: Final = 12  # spots that a note lists
HOLE_FRAMES: Final = 1.5  # frames from one to the next, from which on some are missing in an even film
MAX_HOLE_SHARE: Final = (
    0.02  # share of the steps of a film that may be holes; with more it is uneven, not damaged
)


@dataclass
class Damage:
    """Time stamps of the frames that are lost or wrong, gathered while a film is decoded."""

    spots: set[int] = field(default_factory=set)  # in units of Film.time_base
    _waiting: set[int] = field(default_factory=set)  # packets that were sent to the decoder, by time stamp
    _failed: bool = False
    _last: int | None = None  # time stamp of the last frame

    def sent(self, pts: int | None) -> None:
        """Note that a packet goes to the decoder."""
        if pts is not None:
            self._waiting.add(pts)

    def failed(self) -> None:
        """Note that the decoder has refused one: which, is known when those around it have come out."""
        self._failed = True

    def came(self, pts: int | None, *, origin: int, corrupt: bool) -> None:
        """Note that a frame came out."""
        if pts is None:
            return
        before = {one for one in self._waiting if one < pts}
        if before and self._failed:
            self.spots |= {one - origin for one in before}
            self._failed = False
        self._waiting -= before | {pts}
        self._last = pts
        if corrupt:
            self.spots.add(pts - origin)

    @property
    def at_end(self) -> bool:
        """Whether the decoder has refused packets, and no frame came after them."""
        return self._failed and any(self._last is None or pts > self._last for pts in self._waiting)


def join_spans(spots: Iterable[int], step: float) -> list[tuple[int, int]]:
    """Join frames that are neighbours, or nearly, into first and last; `step`: from frame to frame."""
    spans: list[tuple[int, int]] = []
    for spot in sorted(spots):
        if spans and spot - spans[-1][1] <= 3 * step:
            spans[-1] = spans[-1][0], spot
        else:
            spans.append((spot, spot))
    return spans


def find_holes(pts: NDArray[Any], step: float) -> list[tuple[int, int]]:
    """Return where an even film has no frames for a while: the frames before and after each hole."""
    if len(pts) < 3:
        return []
    wide = np.flatnonzero(np.diff(pts) > HOLE_FRAMES * step + 1)
    if len(wide) > max(1, MAX_HOLE_SHARE * len(pts)):
        return []
    return [(int(pts[index]), int(pts[index + 1])) for index in wide]


def damage_notes(spots: Iterable[int], pts: NDArray[Any], *, step: float, unit: float) -> list[str]:
    """Say where a film was damaged. `pts`: of all its frames; `unit`: s of a time stamp."""
    holes = find_holes(pts, step)
    spans = [_widen(span, holes, step) for span in join_spans(spots, step)]
    holes = [hole for hole in holes if not any(_touch(hole, span, step) for span in spans)]
    notes = []
    if spans:
        notes.append(f"the source is damaged at {_times(spans, unit)}: frames there are missing or wrong")
    if holes:
        notes.append(f"the source has no frames at {_times(holes, unit)}")
    return notes


def _widen(span: tuple[int, int], holes: Sequence[tuple[int, int]], step: float) -> tuple[int, int]:
    """Return a span of damage with the holes that it lies at."""
    near = [span, *(hole for hole in holes if _touch(hole, span, step))]
    return min(first for first, _ in near), max(last for _, last in near)


def _touch(hole: tuple[int, int], span: tuple[int, int], step: float) -> bool:
    return hole[0] <= span[1] + step and span[0] - step <= hole[1]


def _times(spans: Sequence[tuple[int, int]], unit: float) -> str:
    """Write 1.20 s, 2.00 to 2.48 s."""
    said = [
        f"{first * unit:.2f} s" if first == last else f"{first * unit:.2f} to {last * unit:.2f} s"
        for first, last in spans[:MAX_LISTED_SPOTS]
    ]
    more = f" and {len(spans) - MAX_LISTED_SPOTS} places more" if len(spans) > MAX_LISTED_SPOTS else ""
    return ", ".join(said) + more
