"""Timecodes, HH:MM:SS:FF: the name that whoever shot or cut a film gave to its first frame."""

import re
from fractions import Fraction
from typing import Final

# before the frames `;` (some write `.` or `,`) says that numbers are dropped: SMPTE ST 12-1, section 5.2.3
_TIMECODE: Final = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.,])(\d\d)", re.ASCII)
DROPPING_RATES: Final = {30: 2, 60: 4}  # numbers a second -> those that are dropped in most minutes


def advance_timecode(timecode: str, frames: int, rate: Fraction) -> str | None:
    """Return the timecode `frames` later; None where it cannot be told. `rate`: frames a second."""
    found = _TIMECODE.fullmatch(timecode.strip())
    numbers = round(rate)  # a second: 30 for 29.97
    dropped = 0 if found is None or found[4] == ":" else DROPPING_RATES.get(numbers)
    if found is None or dropped is None or numbers < 1 or int(found[5]) >= numbers:
        return None
    hours, minutes, seconds = (int(found[index]) for index in (1, 2, 3))
    minutes += 60 * hours
    count = (60 * minutes + seconds) * numbers + int(found[5]) - dropped * (minutes - minutes // 10)
    return _spell((count + frames) % _frames_in(24 * 60, numbers, dropped), numbers, dropped, found[4])


def _frames_in(minutes: int, numbers: int, dropped: int) -> int:
    """Count the frames of the first minutes: in each but every tenth some numbers are dropped."""
    return 60 * minutes * numbers - dropped * (minutes - minutes // 10)


def _spell(count: int, numbers: int, dropped: int, mark: str) -> str:
    """Write the number of a frame, from 0, as a timecode."""
    tens, rest = divmod(count, _frames_in(10, numbers, dropped))
    first = 60 * numbers  # the frames of a minute in which none is dropped
    later = 0 if rest < first else 1 + (rest - first) // (first - dropped)  # minutes since the tens began
    name = count + dropped * (9 * tens + later)
    seconds, frame = divmod(name, numbers)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}{mark}{frame:02d}"
