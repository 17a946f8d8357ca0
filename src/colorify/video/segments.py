"""The pieces of a long job: coloured frames go into short files, each with what is needed to go on after it.

A piece is finished when its `.npz` is there: it is written last, and by a rename. Whatever else lies in the
folder is of a job that was killed, and is made again.
"""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from colorify.hints import Hint
from colorify.video.codecs import Codec
from colorify.video.film import Film
from colorify.video.planes import BT709, FULL, LIMITED, Planes, picture
from colorify.video.steady import Memory

Stamps = NDArray[np.int64]

SECONDS: Final = 8.0  # of film, at least, in a segment
_INTERLACED: Final = 0x0004_0000 | 0x2000_0000  # AV_CODEC_FLAG_INTERLACED_DCT and _ME
_JOB: Final = "job.json"
_PARTIAL: Final = "partial"


@dataclass(frozen=True)
class Segment:
    """A finished piece."""

    path: Path
    pts: Stamps  # of its frames in the order in which they are shown, in units of Film.time_base
    durations: Stamps
    memory: Memory | None  # None: the piece that an interruption cut off


class Segments:
    """The folder of the pieces of one job."""

    def __init__(self, folder: Path, job: dict[str, Any]) -> None:
        """Open `folder`, or make it anew if it is of another job than `job`, which says all that matters."""
        self.folder = folder
        described = json.dumps(job, sort_keys=True)
        said = folder / _JOB
        if not said.is_file() or said.read_text(encoding="utf-8") != described:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            said.write_text(described, encoding="utf-8")
        self.finished: list[Segment] = []
        while (done := self._npz(len(self.finished))).is_file():
            self.finished.append(_load(done))

    def next_path(self) -> Path:
        """Name the file of the next piece."""
        return self.folder / f"{len(self.finished):06d}.mkv"

    def finish(self, pts: Sequence[int], durations: Sequence[int], memory: Memory) -> None:
        """Note that the file of `next_path` is whole."""
        segment = Segment(self.next_path(), np.array(pts, np.int64), np.array(durations, np.int64), memory)
        _save(segment, self._npz(len(self.finished)))
        self.finished.append(segment)

    @property
    def left_partial(self) -> bool:
        """Whether an interrupted run of this job has left a film."""
        return (self.folder / _PARTIAL).exists()

    def leave_partial(self) -> None:
        """Note that it has."""
        (self.folder / _PARTIAL).touch()

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder)

    def _npz(self, number: int) -> Path:
        return self.folder / f"{number:06d}.npz"


class SegmentWriter:
    """Encodes frames into one piece after another."""

    def __init__(self, segments: Segments, film: Film, codec: Codec, *, crf: int | None, depth: int) -> None:
        self._segments, self._film, self._codec = segments, film, codec
        self._crf, self._depth = crf, depth
        self._open: _Encoder | None = None

    def write(
        self, planes: Planes, pts: int, duration: int, memory: Memory | None, interlaced: av.VideoFrame | None
    ) -> None:
        """Encode one frame; after one with a `memory` the piece is closed if it is long enough."""
        if self._open is None:
            self._open = _Encoder(
                self._segments.next_path(), self._film, self._codec, planes, self._crf, self._depth
            )
        self._open.write(planes, pts, duration, interlaced)
        long_enough = (pts - self._open.pts[0]) * self._film.time_base >= SECONDS
        if memory is not None and long_enough:
            self.finish(memory)

    def finish(self, memory: Memory) -> None:
        """Close the piece at hand."""
        if self._open is not None:
            done, self._open = self._open, None
            done.close()
            self._segments.finish(done.pts, done.durations, memory)

    def cut_off(self) -> Segment | None:
        """Close the piece at hand in the middle of a chunk: it can be shown, but not be gone on from."""
        if self._open is None:
            return None
        done, self._open = self._open, None
        done.close()
        return Segment(done.path, np.array(done.pts), np.array(done.durations), None)


class _Encoder:
    def __init__(
        self, path: Path, film: Film, codec: Codec, planes: Planes, crf: int | None, depth: int
    ) -> None:
        self.path = path
        self.pts: list[int] = []
        self.durations: list[int] = []
        self._name = codec.formats[depth]
        options = dict(codec.options)
        if codec.crf is not None:
            options["crf"] = str(codec.crf if crf is None else crf)
        self._container = av.open(str(path), "w", format="matroska")
        rate = film.rate.limit_denominator(100_000)
        self._stream: Any = self._container.add_stream(codec.encoder, rate=rate, options=options)
        context: Any = self._stream.codec_context
        context.width, context.height = planes.size
        context.pix_fmt = self._name
        context.time_base = film.time_base
        context.sample_aspect_ratio = film.aspect
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = FULL if planes.full else LIMITED
        if film.interlaced and codec.encoder == "libx264":
            context.flags |= _INTERLACED
            context.field_order = film.field_order
        self._time_base = film.time_base

    def write(self, planes: Planes, pts: int, duration: int, interlaced: av.VideoFrame | None) -> None:
        frame = picture(planes, self._name, interlaced)
        frame.pts, frame.time_base = pts, self._time_base
        frame.pict_type = 0  # the encoder chooses
        frame.color_range = FULL if planes.full else LIMITED
        frame.colorspace = frame.color_primaries = frame.color_trc = BT709
        self.pts.append(pts)
        self.durations.append(duration)
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        self._container.mux(self._stream.encode(None))
        self._container.close()


def _save(segment: Segment, path: Path) -> None:
    memory = segment.memory
    assert memory is not None
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        np.savez(
            file,
            pts=segment.pts,
            durations=segment.durations,
            thumb=memory.thumb,
            ab=memory.ab,
            weight=memory.weight,
            rest=json.dumps([memory.since_cut, memory.time, [asdict(hint) for hint in memory.hints]]),
        )
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _load(path: Path) -> Segment:
    with np.load(path) as saved:
        since_cut, time, hints = json.loads(str(saved["rest"]))
        memory = Memory(
            thumb=saved["thumb"],
            since_cut=since_cut,
            ab=saved["ab"],
            weight=saved["weight"],
            time=time,
            hints=tuple(Hint(**hint) for hint in hints),
        )
        return Segment(path.with_suffix(".mkv"), saved["pts"], saved["durations"], memory)
