"""A trial before the long work: three frames and the first sound, written as the whole will be."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import av
import numpy as np

from colorify.errors import FilmError
from colorify.video.encoders import Encoder
from colorify.video.files import open_film_file
from colorify.video.mux import Joint, mux_film, reason_of
from colorify.video.reader import Film, Frame
from colorify.video.segments import Segment
from colorify.video.targets import TIMES_LOST
from colorify.video.yuv import Planes

UNIT_S: Final = 0.002  # s that a time from frame to frame may be wrong by: twice what Matroska counts in


def why_unfit(joint: Joint, folder: Path, encoder: Callable[[Path], Encoder], shown: Planes) -> str | None:
    """Tell why a kind of file cannot hold a film, or loses the times of its frames; None: it can.

    `folder`: of the pieces. `shown`: a frame as it is encoded.
    """
    path, made = folder / "trial.mkv", folder / "trial.out"
    try:
        piece = _encode(joint, path, encoder, shown)
        mux_film([piece], joint, made)
        return None if _keeps_gaps(made, piece, joint.film) else TIMES_LOST
    except (av.FFmpegError, FilmError, ValueError) as error:
        if isinstance(error, OSError) or isinstance(error.__cause__, OSError):
            raise  # the system refused, and not the kind of file
        return reason_of(error)
    finally:
        made.unlink(missing_ok=True)
        path.unlink(missing_ok=True)


def black(film: Film) -> Planes:
    """Return a black frame of a film."""
    dtype = np.uint8 if film.depth == 8 else np.uint16
    return Planes(np.zeros(film.size[::-1], dtype), None, None, film.depth, film.full)


def _encode(joint: Joint, path: Path, begin: Callable[[Path], Encoder], shown: Planes) -> Segment:
    """Write frames at uneven times, which not every kind of file can say."""
    film = joint.film
    first = round(joint.part.start / film.time_base)
    stamps = [first, first + film.step, first + 3 * film.step]
    encoder = begin(path)
    try:
        for pts in stamps:
            encoder.write(shown, Frame(shown, pts, film.step, film.seconds(pts)))
    except BaseException:
        encoder.abandon()
        raise
    encoder.close()
    return Segment(path, np.array(stamps), np.array([film.step] * len(stamps)), None)


def _keeps_gaps(path: Path, piece: Segment, film: Film) -> bool:
    """Tell whether a film has the times from frame to frame that it should, but for what it counts in."""
    wanted = np.diff(piece.pts) * float(film.time_base)
    with open_film_file(path) as made:
        if not made.streams.video:
            return False
        times = sorted(float(one.pts * one.time_base) for one in made.demux(video=0) if one.pts is not None)
    found = np.diff(times)
    inexact = max(film.step * float(film.time_base) / 2, UNIT_S)  # a time that is lost is a frame wrong
    return len(found) == len(wanted) and bool(np.all(np.abs(found - wanted) < inexact))
