"""Timecodes of a part of a film: those of its first frame, as the film itself counts."""

from fractions import Fraction

import pytest

from colorify.video.timecode import advance_timecode

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("timecode", "frames", "rate", "expected"),
    [
        ("01:00:00:00", 50, Fraction(25), "01:00:02:00"),
        ("01:00:00:23", 1, Fraction(24000, 1001), "01:00:01:00"),
        ("00:59:59:29", 1, NTSC, "01:00:00:00"),  # which drops none
        ("23:59:59:24", 26, Fraction(25), "00:00:01:00"),
        # of each minute but every tenth the numbers 0 and 1 are dropped, or 0 to 3
        ("00:00:59;29", 1, NTSC, "00:01:00;02"),
        ("00:09:59;29", 1, NTSC, "00:10:00;00"),
        ("00:00:00;00", 17982, NTSC, "00:10:00;00"),
        ("00:00:00;00", 107892, NTSC, "01:00:00;00"),
        ("23:59:59;29", 1, NTSC, "00:00:00;00"),
        ("00:00:59;59", 1, Fraction(60000, 1001), "00:01:00;04"),
        # what nobody can count
        ("00:00:00;00", 1, Fraction(25), None),
        ("00:00:00:25", 1, Fraction(25), None),
        ("yesterday", 1, Fraction(25), None),
    ],
)
def test_a_timecode_some_frames_later(
    timecode: str, frames: int, rate: Fraction, expected: str | None
) -> None:
    assert advance_timecode(timecode, frames, rate) == expected


def test_no_number_comes_twice_and_none_is_one_that_is_dropped() -> None:
    said = [str(advance_timecode("00:00:00;00", frames, NTSC)) for frames in range(17982)]
    assert said == sorted(set(said))
    dropped = [one for one in said if one[6:8] == "00" and one[9:] < "02"]
    assert dropped == ["00:00:00;00", "00:00:00;01"]
