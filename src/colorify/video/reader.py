"""A film as it comes: what it is, and its frames, upright, each with its own time stamp."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, Final, cast

import av
import numpy as np

from colorify.errors import FilmError
from colorify.video.clock import FREE_CLOCK, FrameClock, Timeline
from colorify.video.damage import Damage
from colorify.video.files import advise_other_way, list_pictures, open_film_file, read_picture
from colorify.video.side_data import read_turn, side_data_names
from colorify.video.span import Span, read_origin, read_span
from colorify.video.yuv import BT709, Planes, is_transparent, read_planes, turn_upright

# container formats whose index is exact, so that one can go to a time without missing a frame
SEEKABLE: Final = ("matroska", "mov")
# ITU-T H.273, table 3: how brightness is coded where it is not as on television and screens
OTHER_TRANSFERS: Final = {8: "linear", 9: "logarithmic", 10: "logarithmic", 16: "PQ", 17: "DCI", 18: "HLG"}
HDR_TRANSFERS: Final = (16, 18)  # of them
UNSPECIFIED_TRANSFERS: Final = (0, 2)  # transfers: reserved, unspecified
FIELD_ORDERS: Final = {"dvvideo": 3}  # AVFieldOrder of codecs that do not say: DV has the bottom field first
FALLBACK_RATE: Final = Fraction(24)
MIN_COLORED_CHROMA: Final = (
    2.3 / 100 * 0.5
)  # mean chroma, of 0.5, above which a film is told to have had colour
MAX_MISSING_S: Final = 1.0  # s that a film may end before its header says, without being called broken
# of frames, by their names in PyAV
SHOWN_SIDE_DATA: Final = {
    "A53_CC": "closed captions inside the picture",
    "AFD": "the active format (AFD)",
    "CONTENT_LIGHT_LEVEL": "HDR light levels",
    "DOVI_METADATA": "Dolby Vision",
    "DOVI_RPU_BUFFER": "Dolby Vision",
    "DYNAMIC_HDR_PLUS": "HDR10+",
    "DYNAMIC_HDR_VIVID": "HDR Vivid",
    "GOP_TIMECODE": "the timecode inside the picture",
    "ICC_PROFILE": "an ICC profile",
    "MASTERING_DISPLAY_METADATA": "HDR mastering display",
    "S12M_TIMECODE": "the timecode inside the picture",
    "SPHERICAL": "that it is a film all around (spherical)",
    "STEREO3D": "that it is stereoscopic (3D)",
}
TRANSPARENCY: Final = "left out: transparency"
MAX_LEAD_PACKETS: Final = 1000  # packets in which the first frame is looked for
MAX_RETRIES: Final = 16  # times in a row that reading may fail before a film is given up


@dataclass(frozen=True)
class Frame:
    """One frame."""

    planes: Planes  # upright
    pts: int  # in units of Film.time_base, as in the file but for Film.origin
    duration: int  # likewise; 0: unknown
    time: float  # s from the start of the film
    interlaced: av.VideoFrame | None = None  # the frame as decoded, if it is interlaced


@dataclass(frozen=True)
class DecodeFailure:
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
    transfer: int  # how brightness is coded: AVColorTransferCharacteristic, ITU-T H.273, table 3
    interlaced: bool
    field_order: int  # AVFieldOrder, of FFmpeg
    was_colored: bool
    span: Span  # as the file says
    origin: int  # time stamp of the start, in units of time_base
    container: str
    codec: str
    metadata: dict[str, str] = field(default_factory=dict)  # of the container
    fault: DecodeFailure | None = None  # found by `frames`
    damage: set[int] = field(default_factory=set)  # found by `frames`: time stamps of frames lost or wrong
    notes: list[str] = field(default_factory=list)
    stored_aspect: Fraction | None = None  # of the frames so far, not upright, if the stream says it
    mixed: bool = False  # some frames are interlaced, others are not

    def frames(
        self, *, after: int | None = None, start: float = 0.0, end: float | None = None
    ) -> Generator[Frame, None, None]:
        """Yield the frames with `start` <= time < `end` whose pts is above `after`.

        Where the film is damaged it goes on behind, and `damage` says so; where it breaks off, the frames
        end and `fault` says so.
        """
        if self.path.is_dir():
            yield from self._pictures(after, start, end)
            return
        wanted = max(start, 0.0 if after is None else self.seconds(after))
        if wanted > 0 and self.container.startswith(SEEKABLE):
            found = self._decoded(after, start, end, seek=wanted)
            first = next(found, None)
            if first is not None:
                yield first
                yield from found
                return
        yield from self._decoded(after, start, end, seek=None)

    @property
    def step(self) -> int:
        """From frame to frame, in units of time_base, nominal."""
        return max(1, round(1 / (self.rate * self.time_base)))

    def seconds(self, pts: int) -> float:
        """Return the time of a time stamp of a Frame."""
        return float(pts * self.time_base)

    def note(self, text: str) -> None:
        """Say something about the film, once."""
        if text not in self.notes:
            self.notes.append(text)

    def note_transparency(self, frame: av.VideoFrame) -> None:
        """Say, once, that a frame can be seen through, and that the result cannot."""
        if TRANSPARENCY not in self.notes and is_transparent(frame):
            self.note(TRANSPARENCY)

    def _pictures(self, after: int | None, start: float, end: float | None) -> Iterator[Frame]:
        self.fault = None
        for pts, path in enumerate(list_pictures(self.path)):
            seconds = self.seconds(pts)
            if end is not None and seconds >= end:
                return
            if seconds < start or (after is not None and pts <= after):
                continue
            try:
                picture = read_picture(path)
            except FilmError as error:
                self.damage.add(pts)
                self.note(str(error))
                continue
            found = self._frame(picture, pts, seconds, duration=1)
            if found is None:
                return
            yield found

    def _decoded(
        self, after: int | None, start: float, end: float | None, *, seek: float | None
    ) -> Iterator[Frame]:
        self.fault = None
        with open_film_file(self.path) as container:
            stream = film_stream(container, self.path)
            stream.thread_type = "AUTO"
            if seek is not None:
                container.seek(self.origin + int(seek / self.time_base), stream=stream)
            checked = seek is None
            reading = _Reading(self, container, stream)
            for frame in reading.frames():
                pts = reading.clock.tick(frame)
                seconds = self.seconds(pts)
                if not checked:
                    checked = True
                    if seconds > (seek or 0.0):
                        return  # the index has misled us: the caller reads from the start
                if end is not None and seconds >= end:
                    return
                if (start > 0 and seconds < start) or (after is not None and pts <= after):
                    continue
                self._compare(stream, frame, seconds)
                found = self._frame(frame, pts, seconds, frame.duration or 0)
                if found is None:
                    return
                yield found
            known = end is None and self.container not in FREE_CLOCK  # there it is found out, not said
            self.fault = reading.fault(self.span.sure_end if known else None)

    def _compare(self, stream: Any, frame: av.VideoFrame, seconds: float) -> None:
        """Note what changes in the middle of the film and is not changed in the result."""
        stored = stream.codec_context.sample_aspect_ratio
        if stored and self.stored_aspect and stored != self.stored_aspect:
            self.stored_aspect = stored
            aspect = upright_aspect(stored, read_turn(frame)[0]) or self.aspect
            now, first = (f"{one.numerator}:{one.denominator}" for one in (aspect, self.aspect))
            self.note(f"at {seconds:.2f} s its pixels change to {now}; the result has {first} throughout")
        if frame.interlaced_frame != self.interlaced and not self.mixed:
            self.mixed = True
            first = "interlaced" if self.interlaced else "progressive"
            self.note(f"at {seconds:.2f} s it is not {first} any more; the result is coded so throughout")

    def _frame(self, frame: av.VideoFrame, pts: int, seconds: float, duration: int) -> Frame | None:
        self.note_transparency(frame)
        planes = turn_upright(read_planes(frame), read_turn(frame))
        if planes.size != self.size:
            width, height = planes.size
            self.fault = DecodeFailure(seconds, f"the picture changes its size to {width}x{height}")
            return None
        return Frame(planes, pts, duration, seconds, frame if frame.interlaced_frame else None)


class _Reading:
    """One pass over the packets of a file: the frames of its film, and what was wrong on the way."""

    def __init__(self, film: Film, container: Any, stream: Any) -> None:
        self._film, self._container, self._stream = film, container, stream
        self.clock = FrameClock(film.origin, film.step)
        self._damage = Damage(film.damage)
        self._reached = 0.0  # s, the end of all packets, sound too
        self._reason: str | None = None  # why reading ended, if it was not the end of the file

    def frames(self) -> Iterator[av.VideoFrame]:
        for packet in self._packets():
            self._reach(packet)
            if packet.stream.index != self._stream.index:  # a last, empty packet names no index
                continue
            self._damage.sent(packet.pts)
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self._damage.failed()
                continue
            for frame in frames:
                self._damage.came(frame.pts, origin=self._film.origin, corrupt=frame.is_corrupt)
                yield frame

    def fault(self, said: float | None) -> DecodeFailure | None:
        """Return where the film broke off, if it did. `said`: s at which it should end; None: not known."""
        end = self._film.seconds(self.clock.next)
        if self._reason is not None:
            return DecodeFailure(end, self._reason)
        if self._damage.at_end:
            return DecodeFailure(end, "it cannot be decoded from there on")
        if said is not None and max(end, self._reached) < said - MAX_MISSING_S:
            return DecodeFailure(end, f"the file ends, though it says {said:.1f} s")
        return None

    def _packets(self) -> Iterator[Any]:
        timeline = Timeline(self._film.container in FREE_CLOCK)
        failures = 0
        while True:
            try:
                for packet in timeline.packets(self._container.demux()):
                    failures = 0
                    yield packet
                return
            except av.InvalidDataError as error:
                failures += 1
                self._damage.failed()
                if failures == MAX_RETRIES:
                    self._reason = f"it cannot be read ({error.strerror})"
                    return
            except av.FFmpegError as error:
                self._reason = f"it cannot be read ({error.strerror})"
                return

    def _reach(self, packet: Any) -> None:
        if packet.pts is not None:
            end = (packet.pts + (packet.duration or 0)) * packet.time_base
            self._reached = max(self._reached, float(end - self._film.origin * self._film.time_base))


def open_film(path: Path, *, rate: Fraction | None = None) -> Film:
    """Look at a film, or at a folder of pictures numbered in order, shown at `rate` frames a second.

    Raises FilmError.
    """
    if path.is_dir():
        return _open_pictures(path, rate)
    with open_film_file(path) as container:
        stream = film_stream(container, path)
        frame = _first_frame(container, stream, path)
        _refuse_other_transfer(frame, path)
        turn = read_turn(frame)
        planes = turn_upright(read_planes(frame), turn)
        said = upright_aspect(stream.sample_aspect_ratio, turn[0])
        time_base = stream.time_base or Fraction(1, 1000)
        origin = read_origin(container, time_base)
        film = Film(
            path=path,
            rate=stream.guessed_rate or stream.average_rate or FALLBACK_RATE,
            time_base=time_base,
            size=planes.size,
            aspect=said or Fraction(1),
            depth=planes.depth,
            full=planes.full,
            transfer=BT709 if frame.color_trc in UNSPECIFIED_TRANSFERS else frame.color_trc,
            interlaced=frame.interlaced_frame,
            field_order=stream.codec_context.field_order or FIELD_ORDERS.get(stream.codec_context.name, 0),
            was_colored=_has_color(planes),
            span=read_span(container, stream, origin),
            origin=origin,
            container=container.format.name,
            codec=stream.codec_context.name,
            metadata=dict(container.metadata),
            stored_aspect=stream.sample_aspect_ratio,
        )
        _note_side_data(film, frame)
        film.note_transparency(frame)
        if ("alpha_mode", "1") in {(key.lower(), value) for key, value in stream.metadata.items()}:
            film.note(TRANSPARENCY)  # of WebM, in packets that no decoder here reads
        return film


def _open_pictures(folder: Path, rate: Fraction | None) -> Film:
    frame = read_picture(list_pictures(folder)[0])
    planes = turn_upright(read_planes(frame), read_turn(frame))
    shown = rate or FALLBACK_RATE
    film = Film(
        path=folder,
        rate=shown,
        time_base=1 / shown,
        size=planes.size,
        aspect=Fraction(1),
        depth=planes.depth,
        full=planes.full,
        transfer=BT709,
        interlaced=False,
        field_order=0,
        was_colored=_has_color(planes),
        span=Span(),
        origin=0,
        container="pictures",
        codec=frame.format.name,
    )
    film.note_transparency(frame)
    return film


def upright_aspect(aspect: Fraction | None, quarters: int) -> Fraction | None:
    """Return the width of a sample to its height after quarter turns; None: it is not said."""
    if not aspect:
        return None
    return 1 / aspect if quarters % 2 else aspect


def film_stream(container: Any, path: Path) -> Any:
    """Return the track that is the film, and no cover. Raises FilmError."""
    cover = av.stream.Disposition.attached_pic
    films = [stream for stream in container.streams.video if not stream.disposition & cover]
    if not films:
        raise FilmError(f"{path}: there is sound perhaps, but no film in it.")
    best = container.streams.best("video")
    return best if best in films else films[0]


def _first_frame(container: Any, stream: Any, path: Path) -> av.VideoFrame:
    """Return the first frame that can be decoded; what is before it may be cut off or damaged."""
    reason = "there is no frame in it"
    if stream.codec_context is None:
        raise FilmError(f"{path}: FFmpeg cannot decode its kind of film. Convert it to H.264 first.")
    try:
        for packet in islice(container.demux(stream), MAX_LEAD_PACKETS):
            try:
                frames = packet.decode()
            except av.InvalidDataError as error:
                reason = f"no frame of it can be decoded ({error.strerror})"
                continue
            if frames:
                return cast(av.VideoFrame, frames[0])
    except av.FFmpegError as error:
        reason = f"its first frame cannot be decoded ({error.strerror})"
    raise FilmError(f"{path}: {reason}. {advise_other_way(path)}")


def _refuse_other_transfer(frame: av.VideoFrame, path: Path) -> None:
    transfer = frame.color_trc
    if transfer in OTHER_TRANSFERS:
        name = OTHER_TRANSFERS[transfer]
        what = f"HDR ({name})" if transfer in HDR_TRANSFERS else f"coded with {name} brightness"
        raise FilmError(f"{path}: it is {what}, expected standard range. Convert it to BT.709 first.")


def _note_side_data(film: Film, frame: av.VideoFrame) -> None:
    """Say which side data of the frames are not taken over, of those that change how a film is shown."""
    lost = sorted(side_data_names(frame) & set(SHOWN_SIDE_DATA))
    if lost:
        film.note(f"left out: {', '.join(SHOWN_SIDE_DATA[one] for one in lost)}")


def _has_color(planes: Planes) -> bool:
    if planes.Cb is None or planes.Cr is None:
        return False
    half = 2.0 ** (planes.depth - 1)
    return float(np.hypot(planes.Cb - half, planes.Cr - half).mean()) / half > MIN_COLORED_CHROMA
