"""A film as it comes: what it is, and its frames, upright, each with its own time stamp."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np

from colorify.errors import FilmError
from colorify.video.planes import Planes, planes_of, turn_of, upright

# container formats whose index is exact, so that one can go to a time without missing a frame
SEEKABLE: Final = ("matroska", "mov")
# those in which time starts anywhere; in all others a late start is meant
FREE_CLOCK: Final = ("mpegts", "mpeg")
PICTURES: Final = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp", ".dpx")  # as frames of a folder
HDR_TRANSFERS: Final = {16: "PQ", 18: "HLG"}  # ITU-T H.273, table 3
FIELD_ORDERS: Final = {"dvvideo": 3}  # AVFieldOrder of codecs that do not say: DV has the bottom field first
FALLBACK_RATE: Final = Fraction(24)
COLORED: Final = 2.3 / 100 * 0.5  # mean chroma, of 0.5, above which a film is told to have had colour
SHORT: Final = 1.0  # s that a film may end before its header says, without being called broken


@dataclass(frozen=True)
class Frame:
    """One frame."""

    planes: Planes  # upright
    pts: int  # in units of Film.time_base, as in the file but for Film.origin
    duration: int  # likewise; 0: unknown
    time: float  # s from the start of the film
    interlaced: av.VideoFrame | None = None  # the frame as decoded, if it is interlaced


@dataclass(frozen=True)
class Fault:
    """Where a film breaks off."""

    time: float  # s
    reason: str


@dataclass
class Film:
    """An opened film; every call of `frames` reads the file anew."""

    path: Path
    rate: Fraction  # frames a second, nominal
    time_base: Fraction  # s
    size: tuple[int, int]  # px, upright
    aspect: Fraction  # width of a sample to its height, upright
    depth: int  # bits
    full: bool
    interlaced: bool
    field_order: int  # AVFieldOrder, of FFmpeg
    was_colored: bool
    duration: float | None  # s, as the file says
    origin: int  # time stamp of the start, in units of time_base
    container: str
    codec: str
    folder_rate: Fraction | None = None  # frames a second that a person gave for a folder of pictures
    fault: Fault | None = None  # found by `frames`
    notes: list[str] = field(default_factory=list)

    def frames(
        self, *, after: int | None = None, start: float = 0.0, end: float | None = None
    ) -> Generator[Frame, None, None]:
        """Yield the frames with `start` <= time < `end` whose pts is above `after`.

        Where the film breaks, the frames end and `fault` says so.
        """
        wanted = max(start, 0.0 if after is None else self.seconds(after))
        if wanted > 0 and self.container.startswith(SEEKABLE):
            found = self._decoded(after, start, end, seek=wanted)
            first = next(found, None)
            if first is not None:
                yield first
                yield from found
                return
        yield from self._decoded(after, start, end, seek=None)

    def seconds(self, pts: int) -> float:
        """Return the time of a time stamp of a Frame."""
        return float(pts * self.time_base)

    def _decoded(
        self, after: int | None, start: float, end: float | None, *, seek: float | None
    ) -> Iterator[Frame]:
        clock = _Clock(self.origin, max(1, round(1 / (self.rate * self.time_base))))
        self.fault = None
        with _open(self.path, self.folder_rate) as container:
            stream = _film_stream(container, self.path)
            stream.thread_type = "AUTO"
            if seek is not None:
                container.seek(self.origin + int(seek / self.time_base), stream=stream)
            checked = seek is None
            frames = _whole_frames(container, stream)
            while True:
                try:
                    frame = next(frames, None)
                except av.FFmpegError as error:
                    self.fault = Fault(self.seconds(clock.next), f"it cannot be decoded ({error.strerror})")
                    return
                if frame is None:
                    break
                pts = clock.tick(frame)
                if not checked:
                    checked = True
                    if self.seconds(pts) > (seek or 0.0):
                        return  # the index has misled us: the caller reads from the start
                seconds = self.seconds(pts)
                if end is not None and seconds >= end:
                    return
                if (start > 0 and seconds < start) or (after is not None and pts <= after):
                    continue
                found = self._frame(frame, pts, seconds)
                if found is None:
                    return
                yield found
        if self.duration is not None and end is None and self.seconds(clock.next) < self.duration - SHORT:
            reason = f"the file ends, though it says {self.duration:.1f} s"
            self.fault = Fault(self.seconds(clock.next), reason)

    def _frame(self, frame: av.VideoFrame, pts: int, seconds: float) -> Frame | None:
        planes = upright(planes_of(frame), turn_of(frame))
        if planes.size != self.size:
            width, height = planes.size
            self.fault = Fault(seconds, f"the picture changes its size to {width}x{height}")
            return None
        if frame.is_corrupt:
            note = f"the source is damaged at {seconds:.2f} s"
            if not any(said.startswith("the source is damaged") for said in self.notes):
                self.notes.append(note)
        return Frame(planes, pts, frame.duration or 0, seconds, frame if frame.interlaced_frame else None)


def open_film(path: Path, *, rate: Fraction | None = None) -> Film:
    """Look at a film, or at a folder of pictures numbered in order, shown at `rate` frames a second.

    Raises FilmError.
    """
    with _open(path, rate) as container:
        stream = _film_stream(container, path)
        try:
            frame = next(_whole_frames(container, stream), None)
        except av.FFmpegError as error:
            raise FilmError(f"{path}: its first frame cannot be decoded ({error.strerror}).") from error
        if frame is None:
            raise FilmError(f"{path}: there is no frame in it.")
        if frame.color_trc in HDR_TRANSFERS:
            raise FilmError(
                f"{path}: it is HDR ({HDR_TRANSFERS[frame.color_trc]}), expected standard range. "
                "Convert it to BT.709 first."
            )
        turn = turn_of(frame)
        planes = upright(planes_of(frame), turn)
        aspect = stream.sample_aspect_ratio or Fraction(1)
        time_base = stream.time_base or Fraction(1, 1000)
        return Film(
            path=path,
            rate=rate or stream.guessed_rate or stream.average_rate or FALLBACK_RATE,
            time_base=time_base,
            size=planes.size,
            aspect=1 / aspect if turn[0] % 2 and aspect else aspect or Fraction(1),
            depth=planes.depth,
            full=planes.full,
            interlaced=frame.interlaced_frame,
            field_order=stream.codec_context.field_order or FIELD_ORDERS.get(stream.codec_context.name, 0),
            was_colored=_has_color(planes),
            duration=_duration(container, stream),
            origin=_origin(container, time_base),
            container=container.format.name,
            codec=stream.codec_context.name,
            folder_rate=rate,
        )


@dataclass
class _Clock:
    """Gives each frame its time stamp, and one that rises where the file has none or a wrong one."""

    origin: int
    step: int
    next: int = 0  # what the coming frame gets if it has no time stamp

    def tick(self, frame: av.VideoFrame) -> int:
        pts = self.next if frame.pts is None else frame.pts - self.origin
        if self._last is not None and pts <= self._last:
            pts = self._last + 1 if frame.pts is not None else self.next
        self._last = pts
        self.next = pts + (frame.duration or self.step)
        return pts

    _last: int | None = None


def _open(path: Path, rate: Fraction | None) -> Any:
    if not path.exists():
        raise FilmError(f"{path}: no such film.")
    options = {}
    name, kind = str(path), None
    if path.is_dir():
        name, kind = str(path / f"*{_suffix(path)}"), "image2"
        options = {"pattern_type": "glob", "framerate": str(rate or FALLBACK_RATE)}
    try:
        return av.open(name, "r", format=kind, options=options)
    except av.FFmpegError as error:
        raise FilmError(f"{path}: no film that FFmpeg can read ({error.strerror}).") from error


def _suffix(folder: Path) -> str:
    """Return the one suffix of the pictures of a folder."""
    found = {path.suffix for path in folder.iterdir() if path.suffix.lower() in PICTURES}
    if len(found) != 1:
        kinds = " ".join(sorted(found)) or "none"
        raise FilmError(f"{folder}: expected pictures of one kind as frames, found {kinds}.")
    return found.pop()


def _film_stream(container: Any, path: Path) -> Any:
    cover = av.stream.Disposition.attached_pic
    films = [stream for stream in container.streams.video if not stream.disposition & cover]
    if not films:
        raise FilmError(f"{path}: there is sound perhaps, but no film in it.")
    best = container.streams.best("video")
    return best if best in films else films[0]


def _whole_frames(container: Any, stream: Any) -> Iterator[av.VideoFrame]:
    for packet in container.demux(stream):
        yield from packet.decode()


def _has_color(planes: Planes) -> bool:
    if planes.Cb is None or planes.Cr is None:
        return False
    half = 2.0 ** (planes.depth - 1)
    return float(np.hypot(planes.Cb - half, planes.Cr - half).mean()) / half > COLORED


def _duration(container: Any, stream: Any) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    said = stream.metadata.get("DURATION", "")  # Matroska: 00:01:02.345000000
    if said.count(":") == 2:
        hours, minutes, seconds = said.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    if container.duration is not None and len(container.streams) == 1:
        return float(container.duration) / 1e6
    return None


def _origin(container: Any, time_base: Fraction) -> int:
    if container.format.name not in FREE_CLOCK or container.start_time is None:
        return 0
    return int(Fraction(container.start_time, 1_000_000) / time_base)
