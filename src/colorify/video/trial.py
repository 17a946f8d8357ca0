"""A trial before the long work: three frames and the first sound, written as the whole will be."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

from colorify.errors import FilmError
from colorify.video.encoders import Encoder
from colorify.video.files import open_film_file
from colorify.video.mux import Joint, mux_film, reason_of
from colorify.video.reader import Film, Frame
from colorify.video.segments import Segment
from colorify.video.yuv import Planes


def why_unfit(joint: Joint, folder: Path, encoder: Callable[[Path], Encoder], shown: Planes) -> str | None:
    """Tell why a kind of file cannot hold a film, or loses the times of its frames; None: it can.

    `folder`: of the pieces. `shown`: a frame as it is encoded.
    """
    path, made = folder / "trial.mkv", folder / "trial.out"
    try:
        piece = _encode(joint, path, encoder, shown)
        mux_film([piece], joint, made)
        return None if _gaps(made) == _gaps(path) else "in it the times of the frames get lost"
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


def _gaps(path: Path) -> list[float]:
    """Return the times from frame to frame of a film, s, to a hundredth."""
    with open_film_file(path) as film:
        if not film.streams.video:
            return []
        times = sorted(float(one.pts * one.time_base) for one in film.demux(video=0) if one.pts is not None)
    return [round(later - earlier, 2) for earlier, later in pairwise(times)]
