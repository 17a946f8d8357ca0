"""The coloured pieces and the sound, subtitles and chapters of the source become one file. Nothing is
encoded.

Packets of sound and subtitles go from file to file as they are. Those of the picture get the time stamps of
the source; the pieces keep only their order.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, Final

import av
import numpy as np

from colorify.video.clock import FREE_CLOCK, Timeline
from colorify.video.differences import find_differences
from colorify.video.files import ffmpeg_url, open_film_file
from colorify.video.reader import Film, film_stream
from colorify.video.segments import Segment
from colorify.video.tags import COMMENT, TagKeeper, marked_comment

Timed = tuple[float, int, Any]  # s, order among those of one time, packet

CARRIED: Final = ("audio", "subtitle")
_FASTSTART: Final = ("mp4", "mov", "ipod")
TRIAL: Final = 64  # packets of the source that a trial copies


@dataclass(frozen=True)
class Part:
    """What of the source goes into the result."""

    start: float = 0.0  # s
    end: float | None = None  # s


@dataclass(frozen=True)
class Joint:
    """How a file is put together."""

    film: Film
    muxer: str  # what FFmpeg calls the kind of file
    part: Part
    mark: str | None  # said in the comment of the file
    stopped: Callable[[], bool] = lambda: False
    trial: bool = False  # only the beginning, to see whether it can be done


class StoppedError(Exception):
    """Somebody asked to stop."""


def mux_film(segments: Sequence[Segment], joint: Joint, temporary: Path) -> tuple[str, ...]:
    """Write `temporary`. Returns notes on what the source had and the result has not.

    Raises StoppedError, and what FFmpeg and the system raise: the caller knows what was to be written.
    """
    film = joint.film
    notes: list[str] = []
    options = {"movflags": "faststart"} if joint.muxer in _FASTSTART else {}
    with av.open(ffmpeg_url(temporary), "w", format=joint.muxer, container_options=options) as out:
        with av.open(ffmpeg_url(segments[0].path)) as first:
            picture = out.add_stream_from_template(first.streams.video[0], opaque=True)
        picture.time_base = film.time_base
        # else Matroska takes the unit of time for the time of a frame, and says 1,000 frames a second
        picture.codec_context.framerate = film.rate.limit_denominator(100_000)
        video = _video_packets(segments, film, picture, joint.part)
        if not film.path.is_file():  # a folder of pictures has no more to give
            _say(out, {}, joint.mark)
            _mux(out, video, joint)
            return ()
        with open_film_file(film.path) as source:
            main = film_stream(source, film.path)
            tags = TagKeeper(film.rate, _frames_before(segments, joint))
            pairs = _add_streams(source, main, out, tags, notes)
            _describe(picture, main, tags)
            _say(out, tags.keep(source.metadata), joint.mark)
            notes += tags.notes
            out.set_chapters(_chapters(source, film, joint.part))
            others = _copied_packets(source, pairs, joint, notes)
            _mux(out, heapq.merge(video, others), joint)
    if not joint.trial:
        notes += find_differences(film.path, temporary, joint.muxer, tags=tags, whole=joint.part == Part())
    return tuple(notes)


def _mux(out: Any, packets: Iterator[Timed], joint: Joint) -> None:
    out.start_encoding()
    last: dict[int, int] = {}
    for _, index, packet in packets:
        if joint.stopped():
            raise StoppedError
        if packet.dts is not None:
            before = last.get(index)
            if before is not None and packet.dts < before:  # of a joint in the source, where tracks overlap
                packet.dts = before
                packet.pts = None if packet.pts is None else max(packet.pts, before)
            last[index] = packet.dts
        out.mux_one(packet)


def _frames_before(segments: Sequence[Segment], joint: Joint) -> int:
    """Count the frames of the film before the part that is wanted."""
    if joint.part.start <= 0:
        return 0
    return round(int(segments[0].pts[0]) * joint.film.time_base * joint.film.rate)


def _say(out: Any, tags: dict[str, str], mark: str | None) -> None:
    comment = marked_comment(tags, mark)
    out.metadata.update({key: value for key, value in tags.items() if key.lower() != COMMENT})
    if comment:
        out.metadata[COMMENT] = comment


def _describe(out_stream: Any, stream: Any, kept: TagKeeper) -> None:
    tags = kept.keep(stream.metadata)
    if "name" in tags:  # of a track of MP4
        tags.setdefault("title", tags.pop("name"))
    out_stream.metadata.update(tags)
    out_stream.disposition = int(stream.disposition)


def _add_streams(source: Any, main: Any, out: Any, tags: TagKeeper, notes: list[str]) -> dict[int, Any]:
    """Make room for what is copied; returns the new streams by the index of the old ones."""
    pairs = {}
    for stream in source.streams:
        if stream.type in CARRIED:
            copy = out.add_stream_from_template(stream)
            copy.time_base = stream.time_base
            _describe(copy, stream, tags)
            pairs[stream.index] = copy
        elif stream.type == "attachment" and "matroska" in out.format.name:
            _describe(out.add_stream_from_template(stream), stream, tags)
        elif stream.index != main.index and not _is_written_anew(stream, source):
            notes.append(f"track {stream.index} ({_kind_of(stream)}) is left out")
    return pairs


def _kind_of(stream: Any) -> str:
    if stream.type == "video":
        cover = stream.disposition & av.stream.Disposition.attached_pic
        return "a cover picture" if cover else "a further film"
    return "an attached file" if stream.type == "attachment" else stream.type or "unknown"


def _is_written_anew(stream: Any, source: Any) -> bool:
    """Tell whether a track of QuickTime or MP4 is only how that file writes its chapters or timecode down."""
    if stream.type != "data" or "mov" not in source.format.name:
        return False
    return bool(source.chapters()) or "timecode" in stream.metadata


def _shift(film: Film, part: Part) -> Fraction:
    """Return how much earlier everything is to be than in the source, s."""
    return film.origin * film.time_base + Fraction(part.start).limit_denominator(1_000_000)


def _chapters(source: Any, film: Film, part: Part) -> list[Any]:
    kept = []
    for chapter in source.chapters():
        unit = chapter["time_base"] or Fraction(1)
        start, stop = part.start / unit, (None if part.end is None else part.end / unit)
        if chapter["end"] <= start or (stop is not None and chapter["start"] >= stop):
            continue
        end = chapter["end"] if stop is None else min(chapter["end"], int(stop))
        begin = max(chapter["start"] - int(start), 0)
        kept.append({**chapter, "start": begin, "end": end - int(start)})
    return kept


def _copied_packets(source: Any, pairs: dict[int, Any], joint: Joint, notes: list[str]) -> Iterator[Timed]:
    """Yield the packets that are copied, in order of time, with the clock of the result."""
    film, part = joint.film, joint.part
    shift = _shift(film, part)
    origin = float(shift) - part.start
    last = 0.0
    free = film.container in FREE_CLOCK
    # the clock may begin again in any track, so that all are needed to know
    wanted = source.demux() if free else source.demux([source.streams[index] for index in pairs])
    packets = Timeline(free).packets(wanted if pairs else iter(()))
    packets = islice(packets, TRIAL) if joint.trial else packets
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError as error:
            notes.append(
                f"sound and subtitles end at {last:.2f} s, where the source breaks ({error.strerror})"
            )
            return
        if packet is None:
            return
        stamp = packet.dts if packet.dts is not None else packet.pts
        if stamp is None or packet.stream_index not in pairs:
            continue
        seconds = float(stamp * packet.time_base) - origin
        if (part.start > 0 and seconds < part.start) or (part.end is not None and seconds >= part.end):
            continue
        last = max(last, seconds)
        if shift:
            ticks = round(shift / packet.time_base)
            packet.dts = None if packet.dts is None else packet.dts - ticks
            packet.pts = None if packet.pts is None else packet.pts - ticks
        packet.stream = pairs[packet.stream_index]
        yield last - part.start, packet.stream.index, packet


def _video_packets(segments: Sequence[Segment], film: Film, stream: Any, part: Part) -> Iterator[Timed]:
    """Yield the packets of all pieces with the time stamps of the source.

    The n-th packet to be decoded gets as dts the n-th pts, less the greatest delay by reordering: always
    rising, and never above its pts, across the joints too.
    """
    start = round(Fraction(part.start).limit_denominator(1_000_000) / film.time_base)
    ranks = [_ranks(segment.path) for segment in segments]
    delay = max(int((np.arange(len(rank)) - rank).max(initial=0)) for rank in ranks)
    pts = np.concatenate([segment.pts for segment in segments]) - start
    number = before = 0
    for segment, rank in zip(segments, ranks, strict=True):
        with av.open(ffmpeg_url(segment.path)) as piece:
            packets = (packet for packet in piece.demux(video=0) if packet.size)
            for place, packet in zip(rank, packets, strict=True):
                packet.time_base = film.time_base
                packet.pts = int(pts[before + place])
                early = delay - number
                packet.dts = int(pts[0]) - early * film.step if early > 0 else int(pts[number - delay])
                packet.duration = int(segment.durations[place])
                packet.stream = stream
                number += 1
                yield float(packet.dts * film.time_base), stream.index, packet
        before += len(rank)


def _ranks(path: Path) -> Any:
    """Return for each packet of a piece, in the order of decoding, its place in the order of showing."""
    with av.open(ffmpeg_url(path)) as piece:
        pts = np.array([packet.pts for packet in piece.demux(video=0) if packet.size])
    ranks = np.empty(len(pts), np.int64)
    ranks[np.argsort(pts, kind="stable")] = np.arange(len(pts))
    return ranks


def reason_of(error: BaseException) -> str:
    """Return what FFmpeg says of an error."""
    return error.strerror or str(error) if isinstance(error, av.FFmpegError) else str(error)
