"""The pieces of a long job: coloured frames go into short files, each with what is needed to go on after it.

A piece is finished when its `.npz` is there: it is written last, and by a rename. Whatever else lies in the
folder is of a job that was killed, and is made again.
"""

import io
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from colorify.atomic import make_folder, sweep, write_whole
from colorify.errors import FilmError
from colorify.hints import Hint
from colorify.video.encoders import Encoder
from colorify.video.reader import Film, Frame
from colorify.video.temporal import SmootherState
from colorify.video.yuv import Planes

Stamps = NDArray[np.int64]

MIN_SEGMENT_S: Final = 8.0  # of film, at least, in a segment
_JOB: Final = "job.json"
_SAID: Final = {"source", "options", "weights", "depth", "version"}  # in it, whatever wrote it was Colorify
_FORMAT: Final = 3  # of what the folder holds; another one is not gone on from
_PARTIAL: Final = "partial"
_JOINED: Final = "joined"
# all that Colorify writes there; pieces written by versions before had a .tmp first
_OURS: Final = re.compile(r"job\.json|partial|joined|trial\.\w+|\d{6}\.(mkv|npz|tmp)|\d{6,}\.png")
_NOTHING: Final = re.compile(r"(?!)")


@dataclass(frozen=True)
class Segment:
    """A finished piece."""

    path: Path
    pts: Stamps  # of its frames in the order in which they are shown, in units of Film.time_base
    durations: Stamps
    memory: SmootherState | None  # None: the piece that an interruption cut off
    damage: Stamps = field(default_factory=lambda: np.array([], np.int64))  # of the source, as far as known


class Segments:
    """The folder of the pieces of one job, whose target is claimed."""

    def __init__(self, folder: Path, job: dict[str, Any]) -> None:
        """Open `folder`, or make it anew if it is of another job than `job`, which says all that matters.

        Raises FilmError where the folder holds anything that Colorify did not write.
        """
        self.folder = folder
        self.finished: list[Segment] = []
        described = json.dumps({**job, "format": _FORMAT}, sort_keys=True)
        make_folder(folder, kind=FilmError)
        sweep(folder)
        self._refuse_others()
        if _job_in(folder) != json.loads(described):
            self._remove_all_but(_PARTIAL)
            write_whole(folder / _JOB, described.encode(), overwrite=True, kind=FilmError)
        while (done := self._npz(len(self.finished))).is_file():
            self.finished.append(_load(done))

    @property
    def frames(self) -> int:
        """Count the frames of the finished pieces."""
        return sum(len(segment.pts) for segment in self.finished)

    def piece_path(self) -> Path:
        """Name the file of the next piece."""
        return self.folder / f"{len(self.finished):06d}.mkv"

    def picture_path(self, number: int) -> Path:
        """Name a frame that is a picture of its own."""
        return self.folder / picture_name(number)

    def finish(self, segment: Segment) -> None:
        """Note that the next piece is whole and on the disk."""
        write_whole(self._npz(len(self.finished)), _bytes_of(segment), overwrite=True, kind=FilmError)
        self.finished.append(segment)

    def begin_join(self, temporary: Path) -> None:
        """Note which file is about to get the name of the target, for who is to tidy up after a crash."""
        write_whole(self.folder / _JOINED, _identity(temporary), overwrite=True, kind=FilmError)

    @property
    def left_partial(self) -> bool:
        """Whether an interrupted run for this target has left a film."""
        return (self.folder / _PARTIAL).exists()

    def leave_partial(self) -> None:
        """Note that it is about to."""
        (self.folder / _PARTIAL).touch()

    def remove(self) -> None:
        """Delete what Colorify wrote there, and the folder unless somebody has put something into it."""
        self._remove_all_but()
        if not any(self.folder.iterdir()):
            self.folder.rmdir()

    def _refuse_others(self) -> None:
        ours = _OURS if _job_in(self.folder) is not None else _NOTHING
        others = sorted(path.name for path in self.folder.iterdir() if not ours.fullmatch(path.name))
        if others:
            raise FilmError(
                f"{self.folder}: the unfinished film is to go into this folder, but it holds {others[0]}, "
                "which Colorify did not write. Move that away, or choose another name for the result."
            )

    def _remove_all_but(self, kept: str = "") -> None:
        """Remove what is Colorify's: first what says that a piece is whole, last whose the folder is."""
        order = {".npz": 0, Path(_JOB).suffix: 2}
        ours = [path for path in self.folder.iterdir() if _OURS.fullmatch(path.name) and path.name != kept]
        for path in sorted(ours, key=lambda path: (order.get(path.suffix, 1), path.name)):
            path.unlink()

    def _npz(self, number: int) -> Path:
        return self.folder / f"{number:06d}.npz"


def was_joined(folder: Path, target: Path) -> bool:
    """Tell whether a job with this folder gave `target` its name, and was killed before it could tidy up."""
    try:
        return _job_in(folder) is not None and (folder / _JOINED).read_bytes() == _identity(target)
    except OSError:
        return False


class SegmentWriter:
    """Makes one piece after another of frames."""

    def __init__(self, segments: Segments, film: Film, encoder: Callable[[Planes], Encoder]) -> None:
        self._segments, self._film, self._encoder = segments, film, encoder
        self._open: Encoder | None = None
        self._pts: list[int] = []
        self._durations: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Give up the piece at hand, if there is one."""
        if self._open is not None:
            self._open.abandon()

    def write(self, planes: Planes, frame: Frame, memory: SmootherState | None) -> None:
        """Encode one frame; after one with a `memory` the piece is closed if it is long enough."""
        if self._open is None:
            self._open = self._encoder(planes)
        self._open.write(planes, frame)
        self._pts.append(frame.pts)
        self._durations.append(frame.duration)
        long_enough = (frame.pts - self._pts[0]) * self._film.time_base >= MIN_SEGMENT_S
        if memory is not None and long_enough:
            self.finish(memory)

    def finish(self, memory: SmootherState) -> None:
        """Close the piece at hand."""
        segment = self._close(memory)
        if segment is not None:
            self._segments.finish(segment)

    def cut_off(self) -> Segment | None:
        """Close the piece at hand in the middle of a chunk: it can be shown, but not be gone on from."""
        return self._close(None)

    def _close(self, memory: SmootherState | None) -> Segment | None:
        if self._open is None:
            return None
        self._open.close()
        self._open = None
        pts, durations = np.array(self._pts, np.int64), np.array(self._durations, np.int64)
        self._pts, self._durations = [], []
        damage = np.array(sorted(self._film.damage), np.int64)
        return Segment(self._segments.piece_path(), pts, durations, memory, damage)


def picture_name(number: int) -> str:
    """Return what the picture of a frame is called; the first is 1."""
    return f"{number:06d}.png"


def _identity(path: Path) -> bytes:
    """Return what a file keeps when it is renamed."""
    said = path.stat()
    return f"{said.st_dev} {said.st_ino}".encode()


def _job_in(folder: Path) -> dict[str, Any] | None:
    """Return what the folder says of its job; None: it is not Colorify's."""
    try:
        said = json.loads((folder / _JOB).read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError, ValueError):
        return None
    return said if isinstance(said, dict) and said.keys() >= _SAID else None


def _bytes_of(segment: Segment) -> bytes:
    memory = segment.memory
    assert memory is not None
    data = io.BytesIO()
    np.savez(
        data,
        pts=segment.pts,
        durations=segment.durations,
        damage=segment.damage,
        thumb=memory.thumb,
        ab=memory.ab,
        weight=memory.weight,
        rest=json.dumps([memory.since_cut, memory.time, [asdict(hint) for hint in memory.hints]]),
    )
    return data.getvalue()


def _load(path: Path) -> Segment:
    with np.load(path) as saved:
        since_cut, time, hints = json.loads(str(saved["rest"]))
        memory = SmootherState(
            thumb=saved["thumb"],
            since_cut=since_cut,
            ab=saved["ab"],
            weight=saved["weight"],
            time=time,
            hints=tuple(Hint(**hint) for hint in hints),
        )
        return Segment(path.with_suffix(".mkv"), saved["pts"], saved["durations"], memory, saved["damage"])
