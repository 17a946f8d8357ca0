"""Time stamps that go on where a file was joined from two."""

from fractions import Fraction
from types import SimpleNamespace

from colorify.video.clock import Timeline


def packet(kind: str, time: int, duration: int = 4) -> SimpleNamespace:
    """Return a packet as far as a Timeline looks at it; times in hundredths of a second."""
    index = ("video", "audio", "data").index(kind)
    unit = Fraction(1, 100)
    return SimpleNamespace(
        **{"pts": time, "dts": time, "duration": duration, "time_base": unit, "stream_index": index},
        stream=SimpleNamespace(type=kind, index=index),
    )


def moved_by_timeline(packets: list[SimpleNamespace]) -> list[int]:
    return [one.pts for one in Timeline(free=True).packets(iter(packets))]


def test_a_clock_that_begins_again_goes_on_in_all_tracks() -> None:
    first = [packet("video", 50), packet("audio", 49), packet("video", 54), packet("audio", 53)]
    assert moved_by_timeline(first) == [50, 49, 54, 53]
    # the sound of the second part comes first, and that of the first is the longer one
    again = [packet("audio", 57, 9), packet("audio", 9), packet("video", 10), packet("video", 14)]
    assert moved_by_timeline(first + again) == [50, 49, 54, 53, 57, 66, 67, 71]
    # an hour is not waited for, and what is no track of time says nothing about it
    later = [packet("data", 999_999), packet("video", 360_000), packet("audio", 360_001)]
    assert moved_by_timeline(first + later)[-2:] == [58, 59]


def test_a_picture_that_comes_rarely_is_no_new_clock() -> None:
    sound = [packet("audio", time, 100) for time in range(0, 3000, 100)]
    shown = [packet("video", 0), *sound, packet("video", 3000), packet("audio", 3000, 100)]
    assert moved_by_timeline(shown)[-2:] == [3000, 3000]
