"""The coloured pieces and the sound, subtitles and chapters of the source become one file. Nothing is
encoded.

Packets of sound and subtitles go from file to file as they are. Those of the picture get the time stamps of
the source; the pieces keep only their order.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np

from colorify.errors import FilmError
from colorify.video.codecs import Codec
from colorify.video.film import Film
from colorify.video.segments import Segment

Timed = tuple[float, int, Any]  # s, order among those of one time, packet

MATROSKA: Final = ".mkv"  # holds everything that FFmpeg knows, but for a few kinds of subtitles
CARRIED: Final = ("audio", "subtitle")
_MP4: Final = (".mp4", ".m4v", ".mov")


@dataclass(frozen=True)
class Part:
    """What of the source goes into the result."""

    start: float = 0.0  # s
    end: float | None = None  # s


def join(
    segments: Sequence[Segment], film: Film, target: Path, *, part: Part, mark: str | None
) -> tuple[str, ...]:
    """Write `target`, whatever was there, by a rename. Returns notes on what the source had and it has not.

    `mark`: said in the comment of the file. Raises FilmError.
    """
    temporary = target.with_name(f".{target.stem}.writing{target.suffix}")
    try:
        notes = _join(segments, film, temporary, part, mark)
        temporary.replace(target)
    except (av.FFmpegError, ValueError) as error:
        raise FilmError(f"{target}: cannot be written ({_reason(error)}).") from error
    finally:
        temporary.unlink(missing_ok=True)
    return notes


def refusal(film: Film, target: Path, codec: Codec) -> str | None:
    """Tell why a file of this suffix cannot hold the picture, sound and subtitles of a film; None: it can."""
    trial = target.with_name(f".{target.stem}.trial{target.suffix}")
    try:
        with av.open(str(trial), "w") as out:
            picture: Any = out.add_stream(codec.encoder, rate=24)
            picture.pix_fmt = next(iter(codec.formats.values()))
            if film.path.is_file():
                with av.open(str(film.path)) as source:
                    for stream in source.streams:
                        if stream.type in CARRIED:
                            out.add_stream_from_template(stream)
                    out.start_encoding()
    except (av.FFmpegError, ValueError) as error:
        return _reason(error)
    finally:
        trial.unlink(missing_ok=True)
    return None


def _join(
    segments: Sequence[Segment], film: Film, temporary: Path, part: Part, mark: str | None
) -> tuple[str, ...]:
    notes: list[str] = []
    options = {"movflags": "faststart"} if temporary.suffix.lower() in _MP4 else {}
    with av.open(str(temporary), "w", container_options=options) as out:
        with av.open(str(segments[0].path)) as first:
            picture = out.add_stream_from_template(first.streams.video[0], opaque=True)
        picture.time_base = film.time_base
        # else Matroska takes the unit of time for the time of a frame, and says 1,000 frames a second
        picture.codec_context.framerate = film.rate.limit_denominator(100_000)
        shift = _shift(film, part)
        video = _video_packets(segments, film, picture, part)
        if not film.path.is_file():  # a folder of pictures has no more to give
            _say(out, {}, mark)
            _mux(out, video)
            return ()
        with av.open(str(film.path)) as source:
            pairs = _add_streams(source, out, notes)
            _describe(source, picture, _main(source))
            _say(out, source.metadata, mark)
            out.set_chapters(_chapters(source, film, part))
            others = _copied_packets(source, pairs, shift, part, notes)
            _mux(out, heapq.merge(video, others))
    return tuple(notes)


def _mux(out: Any, packets: Iterator[Timed]) -> None:
    out.start_encoding()
    for _, _, packet in packets:
        out.mux_one(packet)


def _say(out: Any, metadata: dict[str, str], mark: str | None) -> None:
    out.metadata.update(metadata)
    if mark is not None:
        before = metadata.get("comment")
        out.metadata["comment"] = f"{before}\n{mark}" if before and mark not in before else mark


def _main(source: Any) -> Any:
    return source.streams.best("video")


def _describe(source: Any, out_stream: Any, stream: Any) -> None:
    out_stream.metadata.update(
        {key: value for key, value in stream.metadata.items() if not key.startswith(("DURATION", "ENCODER"))}
    )
    out_stream.disposition = int(stream.disposition)


def _add_streams(source: Any, out: Any, notes: list[str]) -> dict[int, Any]:
    """Make room for what is copied; returns the new streams by the index of the old ones."""
    pairs = {}
    for stream in source.streams:
        if stream.type in CARRIED:
            copy = out.add_stream_from_template(stream)
            copy.time_base = stream.time_base
            _describe(source, copy, stream)
            pairs[stream.index] = copy
        elif stream.type == "attachment" and "matroska" in out.format.name:
            out.add_stream_from_template(stream)
        elif stream.index != _main(source).index and not _holds_chapters(stream, source):
            notes.append(f"track {stream.index} ({stream.type}) is left out")
    return pairs


def _holds_chapters(stream: Any, source: Any) -> bool:
    """Tell whether a track of QuickTime or MP4 is only how that file writes its chapters down."""
    return stream.type == "data" and "mov" in source.format.name and bool(source.chapters())


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


def _copied_packets(
    source: Any, pairs: dict[int, Any], shift: Fraction, part: Part, notes: list[str]
) -> Iterator[Timed]:
    """Yield the packets that are copied, in order of time, with the clock of the result."""
    wanted = [source.streams[index] for index in pairs]
    origin = float(shift) - part.start
    last = 0.0
    packets = source.demux(wanted) if wanted else iter(())
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
        if stamp is None:
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
    step = max(1, round(1 / (film.rate * film.time_base)))
    number = before = 0
    for segment, rank in zip(segments, ranks, strict=True):
        with av.open(str(segment.path)) as piece:
            packets = (packet for packet in piece.demux(video=0) if packet.size)
            for place, packet in zip(rank, packets, strict=True):
                packet.time_base = film.time_base
                packet.pts = int(pts[before + place])
                early = delay - number
                packet.dts = int(pts[0]) - early * step if early > 0 else int(pts[number - delay])
                packet.duration = int(segment.durations[place])
                packet.stream = stream
                number += 1
                yield float(packet.dts * film.time_base), stream.index, packet
        before += len(rank)


def _ranks(path: Path) -> Any:
    """Return for each packet of a piece, in the order of decoding, its place in the order of showing."""
    with av.open(str(path)) as piece:
        pts = np.array([packet.pts for packet in piece.demux(video=0) if packet.size])
    ranks = np.empty(len(pts), np.int64)
    ranks[np.argsort(pts, kind="stable")] = np.arange(len(pts))
    return ranks


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, av.FFmpegError) else str(error)
