"""Films that are coloured for the page: one at a time, in memory where there is room, and not kept.

A film takes minutes, so that it is no request: it is sent, asked about, and fetched. FFmpeg needs files
with names; they lie in a `film_folder` of their own, in `tempfile.tempdir` (see `run.keep_in_memory`), and go
with the film: when its page lets go of it, or has not asked about it for some minutes.
"""

import os
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pyvips

from colorify.colorizer import Colorizer
from colorify.errors import ColorifyError, FilmError
from colorify.options import ColorOptions
from colorify.server.film_folder import FilmFolder, remove_abandoned
from colorify.server.job_queue import THREADS
from colorify.server.problems import FULL, NO_FILM, NO_SESSION, RefusalError
from colorify.server.settings import MAX_FILM_PIXELS, MAX_FILMS, Settings

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


@dataclass
class FilmJob:
    """One film, and how far it is; written by its thread, read by others."""

    id: str  # who knows it may ask
    name: str  # of the file, as the client calls it
    source: Path
    folder: FilmFolder
    colors: ColorOptions
    used: float  # when somebody last asked, on the clock of the store, s
    state: State = "waiting"
    frames: int = 0  # done
    total: int | None = None
    seconds_left: float | None = None
    error: str = ""
    notes: tuple[str, ...] = ()
    target: Path | None = None
    stopped: threading.Event = field(default_factory=threading.Event)

    def remove(self) -> None:
        """Give it up, and forget its files as soon as nobody works on them."""
        self.stopped.set()
        if self.state in ("done", "failed"):
            self.folder.remove()


class Films:
    """Bounded in number and in age. Belongs to one event loop; one thread works."""

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        remove_abandoned()
        self._jobs: dict[str, FilmJob] = {}
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
        job = FilmJob(secrets.token_urlsafe(16), name, source, folder, colors, self._clock())
        self._jobs[job.id] = job
        self._pool.submit(self._work, job)
        return job

    def get(self, id: str) -> FilmJob:
        """Return a film, which counts as use. Raises RefusalError (404) if it is gone."""
        self.expire()
        if id not in self._jobs:
            raise RefusalError(NO_SESSION, "This film was forgotten, or never there. Send it again.")
        job = self._jobs[id]
        job.used = self._clock()
        return job

    def delete(self, id: str) -> None:
        """Give a film up and forget it. Raises RefusalError (404) if it is gone."""
        self.get(id)
        self._jobs.pop(id).remove()

    def expire(self) -> None:
        """Forget what nobody has asked about for too long: its page is closed."""
        oldest = self._clock() - self._settings.film_seconds
        for job in [job for job in self._jobs.values() if job.used < oldest]:
            self._jobs.pop(job.id).remove()

    def close(self) -> None:
        """Give all up."""
        for job in self._jobs.values():
            job.remove()
        self._pool.shutdown(wait=False, cancel_futures=True)
        for job in self._jobs.values():
            if job.state == "waiting":
                job.folder.remove()
        self._jobs.clear()

    def _work(self, job: FilmJob) -> None:
        """Colour a film, on the thread for that."""
        try:
            if not job.stopped.is_set():
                job.state = "working"
                self._color(job)
                job.state = "done"
        except ColorifyError as error:
            job.error = (
                str(error).replace(f"{job.folder.path}{os.sep}", "").replace(job.source.name, job.name)
            )
            job.state = "failed"
        except BaseException:
            job.error, job.state = "This is a fault of Colorify.", "failed"
            raise
        finally:
            if job.stopped.is_set():
                job.folder.remove()

    def _color(self, job: FilmJob) -> None:
        from colorify.video import FilmOptions, FilmProgress, colorize_film
        from colorify.video.reader import open_film

        width, height = open_film(job.source).size
        if width * height > MAX_FILM_PIXELS:
            raise RefusalError(NO_FILM, f"{job.name}: frames of {width}x{height} px are too large.")

        def advance(progress: FilmProgress) -> None:
            job.frames, job.total, job.seconds_left = progress.frames, progress.total, progress.left

        report = colorize_film(
            job.source,
            weights=self._settings.weights,
            options=FilmOptions(colors=job.colors),
            progress=advance,
            stopped=job.stopped.is_set,
        )
        job.target, job.notes, job.frames = report.target, report.notes, report.frames


def render_frame(job: FilmJob, colorizer: Colorizer) -> bytes | None:
    """Return the frame that is at work, coloured as a photo, as a JPEG; None where there is none any more."""
    from colorify.video.frame_input import as_grey
    from colorify.video.luma import normalize_luma
    from colorify.video.reader import open_film

    if job.state != "working":
        return None
    try:
        film = open_film(job.source)
        with closing(film.frames(start=job.frames / float(film.rate))) as frames:
            frame = next(frames, None)
    except FilmError:  # it is gone, or breaks off here; the job itself says so
        return None
    if frame is None:
        return None
    grey = as_grey(frame.planes)
    light = np.clip(normalize_luma(grey.Y, grey.depth, grey.full), 0, 1)
    step = max(1, max(grey.size) // PREVIEW_PX)
    pixels = np.rint(light[::step, ::step] * 255).astype(np.uint8)
    colors = job.colors
    colored = colorizer.colorize(pixels, strength=colors.strength, vividness=colors.vividness)
    return bytes(pyvips.Image.new_from_array(np.ascontiguousarray(colored)).jpegsave_buffer(Q=85))
