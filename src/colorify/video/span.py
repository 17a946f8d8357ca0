"""When a film begins and ends, as its file says: in seconds from where its clock starts."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from colorify.video.clock import FREE_CLOCK

_CLOCK: Final = re.compile(r"(\d{1,9}):(\d{1,2}):(\d{1,2}(?:\.\d+)?)", re.ASCII)  # a length, in Matroska


@dataclass(frozen=True)
class Span:
    """From the first frame to the end of the last one.

    The length that a file gives is counted from the first frame, or from 0: in MP4 either is found, and the
    two differ where the picture begins late. So there are two ends, between which the true one lies.
    """

    begin: float = 0.0  # s; not 0 where the picture begins later than the sound, or than the clock
    sure_end: float | None = None  # s, at least; None: the file does not say
    end: float | None = None  # s, at most


def read_origin(container: Any, time_base: Fraction) -> int:
    """Return the time stamp at which the clock of a film starts, in units of `time_base`."""
    if container.format.name not in FREE_CLOCK or container.start_time is None:
        return 0
    return int(Fraction(container.start_time, 1_000_000) / time_base)


def read_span(container: Any, stream: Any, origin: int) -> Span:
    """Read when the track `stream` begins and ends. `origin`: the time stamp at which the clock starts."""
    time_base = stream.time_base or Fraction(1, 1000)
    start = origin if stream.start_time is None else stream.start_time
    begin = max(0.0, float((start - origin) * time_base))
    clock = _CLOCK.fullmatch(stream.metadata.get("DURATION", ""))
    if stream.duration is not None:
        length = float(stream.duration * time_base)
    elif clock is not None:  # which is counted from 0
        hours, minutes, seconds = clock.groups()
        length = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        return Span(begin, length, length)
    elif container.duration is not None and len(container.streams) == 1:
        length = float(container.duration) / 1e6
    else:
        return Span(begin)
    return Span(begin, length, begin + length)
