"""Films that are coloured for the page: one at a time, in memory where there is room, and not kept.

A film takes minutes, so that it is no request: it is sent, asked about, and fetched. FFmpeg needs files
with names; they lie in a `film_folder` of their own, in `tempfile.tempdir` (see `process.keep_in_memory`),
and go with the film: when its page lets go of it, or has not asked about it for some minutes.
"""

import os
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pyvips

from colorify.errors import ColorifyError
from colorify.options import ColorOptions
from colorify.server.film_folder import FilmFolder, remove_abandoned
from colorify.server.job_queue import THREADS
from colorify.server.problems import FULL, NO_FILM, NO_SESSION, RefusalError
from colorify.server.settings import MAX_FILM_PIXELS, MAX_FILMS, Settings

if TYPE_CHECKING:  # the extra `video` may be missing
    from colorify.video.yuv import Planes

PREVIEW_PX: Final = 640  # px; of a frame that is shown
State = Literal["waiting", "working", "done", "failed"]

# how the kinds of film begin that are opened: nothing that names other files or addresses is among them
_KINDS: Final[tuple[tuple[str, Callable[[bytes], bool]], ...]] = (
    (".mp4", lambda head: head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"skip", b"free")),
    (".mkv", lambda head: head.startswith(b"\x1a\x45\xdf\xa3")),
    (".avi", lambda head: head.startswith(b"RIFF") and head[8:12] == b"AVI "),
    (".mpg", lambda head: head.startswith(b"\x00\x00\x01\xba")),
    (".ts", lambda head: head[:1] == b"\x47" and head[188:189] == b"\x47"),
    (".wmv", lambda head: head.startswith(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11")),
    (".ogv", lambda head: head.startswith(b"OggS")),
    (".flv", lambda head: head.startswith(b"FLV\x01")),
)


def has_films() -> bool:
    """Say whether the extra `video` is installed."""
    return all(find_spec(package) is not None for package in ("av", "cv2"))


def film_suffix(data: bytes) -> str:
    """Return the suffix of the kind of film that `data` begins. Raises RefusalError where it is none."""
    for suffix, matches in _KINDS:
        if matches(data[:256]):
            return suffix
    raise RefusalError(NO_FILM, "Expected MP4, MOV, Matroska, WebM, AVI, MPEG, WMV, Ogg or FLV.")


@dataclass(frozen=True)
class JobProgress:
    """How far a film is, all of one moment."""

    state: State = "waiting"
    frames: int = 0  # done
    total: int | None = None
    seconds_left: float | None = None
    error: str = ""
    notes: tuple[str, ...] = ()
    target: Path | None = None


class FilmJob:
    """One film on its way: its thread works on it, while those of requests ask about it and give it up."""

    def __init__(self, name: str, source: Path, folder: FilmFolder, colors: ColorOptions) -> None:
        """`name`: of the file, as the client calls it."""
        self.id = secrets.token_urlsafe(16)  # who knows it may ask
        self.name, self.source, self.folder, self.colors = name, source, folder, colors
        self._lock = threading.Lock()
        self._progress = JobProgress()
        self._frame: Planes | None = None  # coloured last
        self._given_up = False

    @property
    def progress(self) -> JobProgress:
        """How far it is."""
        with self._lock:
            return self._progress

    def is_given_up(self) -> bool:
        """Tell whether nobody wants it any more."""
        with self._lock:
            return self._given_up

    def begin(self) -> bool:
        """Say that work on it begins; returns whether it may."""
        with self._lock:
            if not self._given_up:
                self._progress = replace(self._progress, state="working")
            return not self._given_up

    def advance(self, frames: int, total: int | None, seconds_left: float | None) -> None:
        """Say how much of it is done."""
        with self._lock:
            self._progress = replace(self._progress, frames=frames, total=total, seconds_left=seconds_left)

    def show(self, frame: "Planes") -> None:
        """Keep the frame that was coloured last."""
        with self._lock:
            self._frame = frame

    def last_frame(self) -> "Planes | None":
        """Return the frame that was coloured last; None where nobody works on it."""
        with self._lock:
            return self._frame

    def finish(self, frames: int, target: Path, notes: tuple[str, ...]) -> None:
        """Say that it is done."""
        self._end(replace(self.progress, state="done", frames=frames, target=target, notes=notes))

    def fail(self, error: str) -> None:
        """Say why it ended without a result."""
        self._end(replace(self.progress, state="failed", error=error))

    def give_up(self) -> None:
        """Stop, and forget its files as soon as nobody works on them."""
        with self._lock:
            self._given_up = True
            idle = self._progress.state != "working"
        if idle:
            self.folder.remove()

    def _end(self, progress: JobProgress) -> None:
        with self._lock:
            self._progress, self._frame = progress, None
            given_up = self._given_up
        if given_up:
            self.folder.remove()


class Films:
    """Bounded in number and in age. Belongs to one event loop; one thread works."""

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        remove_abandoned()
        self._jobs: dict[str, FilmJob] = {}
        self._used: dict[str, float] = {}  # when somebody last asked about each, s
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"{THREADS}-film")

    def add(self, name: str, data: bytes, colors: ColorOptions) -> FilmJob:
        """Take a film. Raises RefusalError where there are too many, or it is none."""
        self.expire()
        suffix = film_suffix(data)
        if len(self._jobs) >= MAX_FILMS:
            raise RefusalError(FULL, f"{MAX_FILMS} films are here already. Try again later.", retry_after=60)
        folder = FilmFolder()
        source = folder.path / f"film{suffix}"
        source.write_bytes(data)
        job = FilmJob(name, source, folder, colors)
        self._jobs[job.id], self._used[job.id] = job, self._clock()
        self._pool.submit(self._work, job)
        return job

    def get(self, id: str) -> FilmJob:
        """Return a film, which counts as use. Raises RefusalError (404) if it is gone."""
        self.expire()
        if id not in self._jobs:
            raise RefusalError(NO_SESSION, "This film was forgotten, or never there. Send it again.")
        self._used[id] = self._clock()
        return self._jobs[id]

    def delete(self, id: str) -> None:
        """Give a film up and forget it. Raises RefusalError (404) if it is gone."""
        self.get(id)
        self._forget(id)

    def expire(self) -> None:
        """Forget what nobody has asked about for too long: its page is closed."""
        now, settings = self._clock(), self._settings
        for id, used in list(self._used.items()):
            done = self._jobs[id].progress.state == "done"
            if used < now - (settings.film_result_seconds if done else settings.film_seconds):
                self._forget(id)

    def close(self) -> None:
        """Give all up."""
        for id in list(self._jobs):
            self._forget(id)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _forget(self, id: str) -> None:
        del self._used[id]
        self._jobs.pop(id).give_up()

    def _work(self, job: FilmJob) -> None:
        """Colour a film, on the thread for that."""
        if not job.begin():
            return
        try:
            self._color(job)
        except ColorifyError as error:
            job.fail(str(error).replace(f"{job.folder.path}{os.sep}", "").replace(job.source.name, job.name))
        except BaseException:
            job.fail("This is a fault of Colorify.")
            raise

    def _color(self, job: FilmJob) -> None:
        from colorify.video import FilmOptions, colorize_film
        from colorify.video.reader import open_film

        width, height = open_film(job.source).size
        if width * height > MAX_FILM_PIXELS:
            raise RefusalError(NO_FILM, f"{job.name}: frames of {width}x{height} px are too large.")
        report = colorize_film(
            job.source,
            weights=self._settings.weights,
            device=self._settings.device,
            options=FilmOptions(colors=job.colors),
            progress=lambda done: job.advance(done.frames, done.total, done.left),
            preview=job.show,
            stopped=job.is_given_up,
        )
        job.finish(report.frames, report.target, report.notes)


def render_frame(job: FilmJob) -> bytes | None:
    """Return the frame that was coloured last, as in the result, as a small JPEG; None: there is none."""
    from colorify.video.chroma import to_rgb

    frame = job.last_frame()
    if frame is None:
        return None
    rgb = np.ascontiguousarray(to_rgb(frame, long=PREVIEW_PX))
    return bytes(pyvips.Image.new_from_array(rgb).jpegsave_buffer(Q=85))
