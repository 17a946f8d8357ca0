"""The job: a film in black and white becomes a film in colour. Decode, look, colour and encode overlap."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from os import cpu_count
from pathlib import Path
from typing import Any, Final

import av
import cv2
import numpy as np

from colorify.errors import FilmError
from colorify.generator import Generator
from colorify.video.codecs import PNG, Codec, codec_named
from colorify.video.film import Film, open_film
from colorify.video.hinted import traced
from colorify.video.join import MATROSKA, Part, join, refusal
from colorify.video.look import look_at, looker
from colorify.video.luma import black_and_span, normal
from colorify.video.options import FilmOptions, FilmProgress, FilmReport
from colorify.video.paint import beside, neutral, painted
from colorify.video.pictures import PictureWriter
from colorify.video.pipeline import ahead, in_background
from colorify.video.planes import Planes
from colorify.video.segments import Segment, Segments, SegmentWriter
from colorify.video.steady import Memory, Steadier, Steady

ROOM: Final = 4  # items between two threads
OWN_SUFFIXES: Final = (".mp4", ".mov", ".m4v", ".mkv")  # of sources whose kind of file the result keeps


Progress = Callable[[FilmProgress], None]


def colorize_film(
    source: Path,
    target: Path | None = None,
    *,
    weights: Path | None = None,
    options: FilmOptions | None = None,
    progress: Progress | None = None,
) -> FilmReport:
    """Colour one film, or a folder of pictures that are its frames.

    `target`: the film to write, or a folder (a name without suffix) for numbered PNG pictures; None:
    NAME-color beside the source. Its suffix says what kind of file. A job that was killed goes on at its last
    finished segment when it is called again. A film that breaks off is coloured up to there, and the report
    says where. Ctrl-C ends a job with a film NAME.partial.EXT beside the target, and the next call goes on.
    Raises FilmError, UsageError, WeightsError.
    """
    options = options or FilmOptions()
    film = open_film(source, rate=options.rate)
    codec = codec_named(options.codec)
    target = _target(film, target, codec, options)
    generator = Generator(weights, threads=max(1, (cpu_count() or 1) // 2))
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # the work is spread over threads here; those of OpenCV would be in their way
    try:
        return _Job(film, target, codec, options, generator, progress).run()
    except (av.FFmpegError, OSError) as error:
        raise FilmError(f"{target}: cannot be written ({error.strerror or error}).") from error
    finally:
        cv2.setNumThreads(threads)


class _Job:
    def __init__(
        self,
        film: Film,
        target: Path,
        codec: Codec,
        options: FilmOptions,
        generator: Generator,
        progress: Progress | None,
    ) -> None:
        self.film, self.target, self.options = film, target, options
        self.codec = codec.for_size(*film.size) if target.suffix else PNG
        self.generator, self.progress = generator, progress
        self.depth = self.codec.depth(film.depth)
        self.part = Part(options.start, options.end)
        self.started = time.perf_counter()
        self.done = self.resumed = 0

    def run(self) -> FilmReport:
        return self._to_file() if self.target.suffix else self._to_pictures()

    def _to_file(self) -> FilmReport:
        segments = Segments(self.target.with_name(f"{self.target.name}.parts"), self._description())
        last = segments.finished[-1] if segments.finished else None
        self.done = self.resumed = sum(len(segment.pts) for segment in segments.finished)
        crf = self.options.crf
        writer = SegmentWriter(segments, self.film, self.codec, crf=crf, depth=self.depth)
        memory = last.memory if last else None
        try:
            after = int(last.pts[-1]) if last else None
            for planes, steady in self._colored(after, memory):
                frame = steady.seen.frame
                memory = steady.memory or memory
                writer.write(planes, frame.pts, frame.duration, steady.memory, frame.interlaced)
                self._advance()
        except KeyboardInterrupt:
            cut = writer.cut_off()
            report = self._interrupted([*segments.finished, *([cut] if cut else [])])
            segments.leave_partial()
            return report
        if memory is None:
            raise FilmError(f"{self.film.path}: there is no frame in the part that was asked for.")
        writer.finish(memory)
        part = self.part
        if self.film.fault is not None:
            part = replace(part, end=self.film.fault.time)
        notes = join(segments.finished, self.film, self.target, part=part, mark=self._mark())
        if segments.left_partial:
            partial_name(self.target).unlink(missing_ok=True)
        segments.remove()
        return self._report(self.target, notes)

    def _interrupted(self, pieces: list[Segment]) -> FilmReport:
        """Join what there is under another name; the pieces stay, for the next run."""
        if not pieces:
            raise KeyboardInterrupt
        target = partial_name(self.target)
        end = self.film.seconds(int(pieces[-1].pts[-1])) + float(1 / self.film.rate)
        part = replace(self.part, end=end)
        notes = join(pieces, self.film, target, part=part, mark=self._mark())
        return self._report(target, notes, interrupted=True)

    def _to_pictures(self) -> FilmReport:
        writer = PictureWriter(self.target, self.film)
        interrupted = False
        try:
            for planes, _ in self._colored(None, None):
                writer.write(planes)
                self._advance()
        except KeyboardInterrupt:
            interrupted = True
        writer.finish()
        return self._report(self.target, (), interrupted=interrupted)

    def _colored(self, after: int | None, memory: Memory | None) -> Iterator[tuple[Planes, Steady]]:
        """Yield coloured frames, computed on threads ahead of the reader."""
        film, options = self.film, self.options
        short = options.size or self.generator.spec.size
        look = looker(self.generator, vividness=options.vividness)
        hints = traced(film, options.hints, start=options.start, short=short)
        steadier = Steadier(look, hints=hints, memory=memory)
        with ExitStack() as stack:
            found = film.frames(after=after, start=options.start, end=options.end)
            frames = stack.enter_context(closing(in_background(found, room=ROOM)))
            seen = ahead(frames, lambda frame: look_at(frame, aspect=film.aspect, short=short), threads=1)
            steady = stack.enter_context(closing(in_background(steadier(seen), room=ROOM)))
            workers = max(1, (cpu_count() or 1) - 1)
            yield from stack.enter_context(closing(ahead(steady, self._paint, threads=workers)))

    def _paint(self, steady: Steady) -> tuple[Planes, Steady]:
        grey = brought(steady.seen.frame.planes, self.depth, keep_full=self.codec.keeps_full)
        sampling = self.codec.sampling
        ab = steady.ab * np.float32(self.options.strength)
        colored = painted(grey, steady.seen.small, ab, sampling=sampling, blur=self.options.chroma_blur)
        if self.options.dual_view:
            colored = beside(neutral(grey, sampling=sampling), colored)
        return colored, steady

    def _advance(self) -> None:
        self.done += 1
        if self.progress is None:
            return
        film = self.film
        rate = (self.done - self.resumed) / max(time.perf_counter() - self.started, 1e-6)
        total = None
        if film.duration is not None:
            end = min(film.duration, self.options.end or film.duration)
            total = max(self.done, round((end - self.options.start) * film.rate))
        self.progress(
            FilmProgress(self.done, total, rate, None if total is None else (total - self.done) / rate)
        )

    def _mark(self) -> str | None:
        spec = self.generator.spec
        said = "Colours generated by a trained algorithm (Colorify"
        return f"{said}, {spec.name} {spec.version}); not a record." if self.options.mark else None

    def _description(self) -> dict[str, Any]:
        """Say all that decides what the pieces hold."""
        path = self.film.path
        if path.is_dir():
            files = [(one.name, one.stat().st_size, one.stat().st_mtime_ns) for one in sorted(path.iterdir())]
        else:
            files = [(path.name, path.stat().st_size, path.stat().st_mtime_ns)]
        options = replace(self.options, overwrite=False, mark=True)
        with self.generator.path.open("rb") as weights:
            digest = hashlib.file_digest(weights, "sha256").hexdigest()
        return {
            "source": files,
            "options": repr(options),
            "weights": digest,
            "depth": self.depth,
            "version": 2,
        }

    def _report(self, target: Path, notes: tuple[str, ...], *, interrupted: bool = False) -> FilmReport:
        width, height = self.film.size
        return FilmReport(
            source=self.film.path,
            target=target,
            frames=self.done,
            resumed=self.resumed,
            width=width,
            height=height,
            seconds=time.perf_counter() - self.started,
            was_colored=self.film.was_colored,
            fault=self.film.fault,
            interrupted=interrupted,
            notes=(*self.film.notes, *notes),
        )


def brought(grey: Planes, depth: int, *, keep_full: bool) -> Planes:
    """Return a grey frame in another depth and, where full range is not to be kept, in limited range."""
    full = grey.full and keep_full
    if (depth, full) == (grey.depth, grey.full):
        return grey
    black, span = black_and_span(full)
    unit = (2**depth - 1) / 255 if full else 2.0 ** (depth - 8)
    codes = normal(grey.Y, grey.depth, grey.full).astype(np.float64) * (span * unit) + black * unit
    codes = np.clip(np.rint(codes), 0, 2**depth - 1)
    return Planes(codes.astype(np.uint8 if depth == 8 else np.uint16), None, None, depth, full)


def partial_name(target: Path) -> Path:
    """Return what the film of an interrupted job is called."""
    return target.with_name(f"{target.stem}.partial{target.suffix}")


def _target(film: Film, target: Path | None, codec: Codec, options: FilmOptions) -> Path:
    """Decide what is written, and make sure before the long work that it can be."""
    source = film.path
    if target is None:
        kept = source.suffix.lower() in OWN_SUFFIXES
        first = source.suffix if kept and codec.name == "h264" else codec.suffix
        named = [source.with_name(f"{source.stem}-color{suffix}") for suffix in (first, MATROSKA)]
        target = next((one for one in named if refusal(film, one, codec) is None), named[-1])
    if target.exists() and target.resolve() == source.resolve():
        raise FilmError(f"{target}: would overwrite the film itself. Choose another name with -o.")
    if target.exists() and not options.overwrite:
        raise FilmError(f"{target} exists; -f overwrites it.")
    if not target.suffix:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    reason = refusal(film, target, codec)
    if reason is not None:
        cure = f"Try -o {target.stem}{MATROSKA}."
        if target.suffix.lower() == MATROSKA:
            copy = f"{source.stem}-2{MATROSKA}"
            cure = f"Convert its sound first: ffmpeg -i {source.name} -c:v copy -c:a flac {copy}"
        raise FilmError(f"{target}: such a file cannot hold this film ({reason}). {cure}")
    return target
