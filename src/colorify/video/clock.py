"""Time stamps that go on: where a file was joined from two, where it has none, and where one is wrong.

A tape, a disc or a broadcast that was cut together begins its clock again in the middle of the file. All its
tracks do, each at a packet of its own, and they have to stay together.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import av

# in these, time starts anywhere, and may start again; in all others a late start is meant
FREE_CLOCK: Final = ("mpegts", "mpeg")
MAX_BACKWARD_S: Final = Fraction(
    3, 10
)  # s back from packet to packet of a track, more than any order of coding
MAX_FORWARD_S: Final = Fraction(10)  # s forward; FFmpeg's dts_delta_threshold
_TIMED: Final = ("video", "audio")  # tracks that go on without a gap


@dataclass
class Timeline:
    """Moves the time stamps of the packets of a file, all of them in their order, so that they only rise."""

    free: bool  # the file is of a kind whose clock may begin again
    _offsets: list[Fraction] = field(default_factory=lambda: [Fraction(0)])  # s, of each clock so far
    _tracks: dict[int, "_Track"] = field(default_factory=dict)
    _end: Fraction = Fraction(0)  # s, of what all tracks show so far

    def packets(self, packets: Iterator[Any]) -> Iterator[Any]:
        """Yield the packets, moved."""
        for packet in packets:
            if self.free:
                self._move(packet)
            yield packet

    def _move(self, packet: Any) -> None:
        stamp = packet.dts if packet.dts is not None else packet.pts
        if stamp is None:
            return
        time = stamp * packet.time_base
        track = self._tracks.get(packet.stream_index)
        if track is None:
            track = self._tracks[packet.stream_index] = _Track(len(self._offsets) - 1, time)
            track.last = time + self._offsets[track.clock]
        begin = time if packet.pts is None else packet.pts * packet.time_base
        clock = self._clock(time, track)
        if clock is None and packet.stream.type in _TIMED:
            self._offsets.append(self._end - begin)
            clock = len(self._offsets) - 1
        track.clock = len(self._offsets) - 1 if clock is None else clock
        offset = self._offsets[track.clock]
        track.last = time + offset
        if packet.stream.type in _TIMED:
            self._end = max(self._end, begin + offset + (packet.duration or 0) * packet.time_base)
        ticks = round(offset / packet.time_base)
        packet.dts = None if packet.dts is None else packet.dts + ticks
        packet.pts = None if packet.pts is None else packet.pts + ticks

    def _clock(self, time: Fraction, track: "_Track") -> int | None:
        """Choose the clock by which a packet goes on in its track; of several the nearest to the others."""
        fitting = [
            number
            for number in range(track.clock, len(self._offsets))
            if time + self._offsets[number] >= track.last - MAX_BACKWARD_S
            and time + self._offsets[number] <= max(track.last, self._end) + MAX_FORWARD_S
        ]
        return min(fitting, key=lambda number: abs(time + self._offsets[number] - self._end), default=None)


@dataclass
class _Track:
    clock: int  # by which its last packet was timed
    last: Fraction  # s


@dataclass
class FrameClock:
    """Gives each frame its time stamp, and one that rises where the file has none or a wrong one."""

    origin: int
    step: int
    next: int = 0  # what the coming frame gets if it has no time stamp
    _last: int | None = None

    def tick(self, frame: av.VideoFrame) -> int:
        """Return the time stamp of the frame that comes."""
        pts = self.next if frame.pts is None else frame.pts - self.origin
        if self._last is not None and pts <= self._last:
            pts = self._last + 1 if frame.pts is not None else self.next
        self._last = pts
        self.next = pts + (frame.duration or self.step)
        return pts
