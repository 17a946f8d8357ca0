"""The job: a film in black and white becomes a film in colour. Decode, look, colour and encode overlap."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from os import cpu_count
from pathlib import Path
from typing import Any, Final

import av
import numpy as np

from colorify.atomic import claim, sweep, sync_folder, whole_file
from colorify.errors import FilmError, UsageError
from colorify.images.metadata.transfer import FILM_MARK
from colorify.model.devices import AUTO
from colorify.model.generator import Generator
from colorify.threads import in_background, map_in_order
from colorify.video.chroma import color_frame, convert_depth, join_side_by_side, make_neutral_frame
from colorify.video.clock import FREE_CLOCK
from colorify.video.codecs import PNG, Codec, codec_named
from colorify.video.damage import damage_notes
from colorify.video.encoders import Encoder, FilmEncoder, PictureEncoder
from colorify.video.files import exists, list_pictures
from colorify.video.film_options import FilmOptions, FilmProgress, FilmReport
from colorify.video.film_result import FilmResult, finished_before, partial_name, parts_folder, system_error
from colorify.video.frame_input import make_predictor, prepare_frame
from colorify.video.hint_tracking import trace_hints
from colorify.video.image_sequence import publish
from colorify.video.mux import Joint, Part, StoppedError, mux_film
from colorify.video.reader import Film, open_film
from colorify.video.segments import Segment, Segments, SegmentWriter
from colorify.video.targets import make_refusal
from colorify.video.temporal import SmoothedFrame, SmootherState, TemporalSmoother
from colorify.video.trial import black, why_unfit
from colorify.video.yuv import Planes

QUEUE_ITEMS: Final = 4  # items between two threads

ProgressCallback = Callable[[FilmProgress], None]
FrameCallback = Callable[[Planes], None]


def colorize_film(
    source: Path,
    target: Path | None = None,
    *,
    pictures: Path | None = None,
    weights: Path | None = None,
    generator: Callable[[], Generator] | None = None,
    device: str = AUTO,
    options: FilmOptions | None = None,
    progress: ProgressCallback | None = None,
    preview: FrameCallback | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> FilmReport:
    """Colour one film, or a folder of pictures that are its frames.

    `target`: the film to write; its suffix says what kind of file; None: NAME-color beside the source.
    `pictures`: a folder for numbered PNG pictures, instead. `generator`: what returns a loaded generator, for
    those who have many films; in place of `weights` and `device`. A job that was killed goes on at its last
    finished segment when it is called again. A film that breaks off is coloured up to there, and the report
    says where. `preview` is given each frame as it was coloured, in the order of the film. `stopped` is asked
    between two frames: once it says so, the job ends with a film NAME.partial.EXT beside the target, and the
    next call goes on.
    `device`: see `Colorizer`.

    The work is spread over threads here, in whose way those of OpenCV are: a program that has it to itself
    calls `cv2.setNumThreads(1)` before. Raises FilmError, UsageError, SetupError, WeightsError.
    """
    options = options or FilmOptions()
    if target is not None and pictures is not None:
        raise UsageError("a film and pictures: ask for one of them.")
    try:
        film = open_film(source, rate=options.rate)
        check_times(film, options)
        codec = (codec_named(options.codec) if pictures is None else PNG).for_size(*film.size)
        result = FilmResult.of(film, target, pictures, codec, options)
        loaded = load_film_generator(weights, device=device) if generator is None else generator()
    except OSError as error:
        raise system_error(source, error, "cannot be read") from error
    try:
        with claim(result.path, kind=FilmError) as ours:
            if not ours:
                raise FilmError(
                    f"{result.path}: another run is writing it. Let that end, or choose another name."
                )
            sweep(result.path.parent)
            return _Job(film, result, codec, options, loaded, progress, preview, stopped).run()
    except (av.FFmpegError, OSError) as error:
        raise system_error(result.path, error, "cannot be written") from error
    except FilmError as error:
        if isinstance(error.__cause__, OSError):
            raise system_error(result.path, error.__cause__, "cannot be written") from error
        raise


def load_film_generator(weights: Path | None, *, device: str = AUTO) -> Generator:
    """Load a generator as the job of a film wants it; see `Colorizer`. Raises SetupError."""
    return Generator(weights, threads=max(1, (cpu_count() or 1) // 2), device=device)


def check_times(film: Film, options: FilmOptions) -> None:
    """Refuse a part, and hints, that lie behind the end of a film, as far as it says where that is."""
    end = film.span.end
    if end is None or film.container in FREE_CLOCK:  # there it is only guessed
        return
    ends = f"{film.path}: it ends at {end:.2f} s"
    if options.start >= end:
        raise FilmError(f"{ends}, before the start at {options.start:g} s that was asked for.")
    for timed in options.hints:
        if timed.time >= end:
            raise FilmError(f"{ends}, before the hint at {timed.time:g} s.")


class _Job:
    def __init__(
        self,
        film: Film,
        result: FilmResult,
        codec: Codec,
        options: FilmOptions,
        generator: Generator,
        progress: ProgressCallback | None,
        preview: FrameCallback | None,
        stopped: Callable[[], bool],
    ) -> None:
        self.film, self.result, self.codec, self.options = film, result, codec, options
        self.target = result.path
        self.generator, self.progress, self.preview, self.stopped = generator, progress, preview, stopped
        self.depth = codec.depth(film.depth)
        self.part = Part(options.start, options.end)
        self.started = time.perf_counter()
        self.done = self.resumed = 0

    def run(self) -> FilmReport:
        left = not self.options.overwrite and finished_before(self.target)
        segments = Segments(parts_folder(self.target), self._description())
        self.done = self.resumed = segments.frames
        if left:  # a run before was killed when all was done
            self._tidy(segments)
            return self._report(self.target, ())
        if self.result.muxer is not None:
            self._refuse_unfit(self.result.muxer, segments)
        memory = segments.finished[-1].memory if segments.finished else None
        with SegmentWriter(segments, self.film, self._encoder(segments)) as writer:
            memory, interrupted = self._color(segments, writer, memory)
            if interrupted:
                return self._interrupted(segments, writer.cut_off())
            if memory is None:
                raise FilmError(f"{self.film.path}: there is no frame in the part that was asked for.")
            writer.finish(memory)
        return self._finish(segments)

    def _color(
        self, segments: Segments, writer: SegmentWriter, memory: SmootherState | None
    ) -> tuple[SmootherState | None, bool]:
        """Colour what is left; returns what is known after the last frame, and whether it was stopped."""
        for segment in segments.finished:
            self.film.damage.update(segment.damage.tolist())
        after = int(segments.finished[-1].pts[-1]) if segments.finished else None
        with self._colored(after, memory) as colored:
            for planes, steady in colored:
                memory = steady.memory or memory
                writer.write(planes, steady.seen.frame, steady.memory)
                if self.preview is not None:
                    self.preview(planes)
                self._advance()
                if self.stopped():
                    return memory, True
        return memory, self.stopped()

    def _encoder(self, segments: Segments) -> Callable[[Planes], Encoder]:
        def begin(planes: Planes) -> Encoder:
            if self.result.muxer is None:
                return PictureEncoder(segments.picture_path, self.film, segments.frames)
            return self._film_encoder(segments.piece_path(), planes)

        return begin

    def _refuse_unfit(self, muxer: str, segments: Segments) -> None:
        """Make sure before the long work that such a file can hold the film. Raises FilmError."""
        first = convert_depth(black(self.film), self.depth, full=self._full)
        planes = make_neutral_frame(first, sampling=self.codec.sampling)
        shown = join_side_by_side(planes, planes) if self.options.dual_view else planes
        joint = Joint(self.film, muxer, self.part, self._mark(), trial=True)
        reason = why_unfit(joint, segments.folder, lambda path: self._film_encoder(path, shown), shown)
        if reason is None:
            return
        if not segments.finished:
            segments.remove()
        raise make_refusal(self.film, self.target, self.codec, reason)

    def _film_encoder(self, path: Path, first: Planes) -> FilmEncoder:
        crf = self.options.crf
        return FilmEncoder(path, self.film, self.codec, first, crf=crf, depth=self.depth)

    def _finish(self, segments: Segments) -> FilmReport:
        """Put the result together, under its name."""
        if self.result.muxer is None:
            publish(segments, self.target, segments.frames, overwrite=self.options.overwrite)
            notes = self._shape_note()
        else:
            part = self.part
            if self.film.fault is not None:
                part = replace(part, end=self.film.fault.time)
            joint = Joint(self.film, self.result.muxer, part, self._mark(), self.stopped)
            try:
                with whole_file(
                    self.target, overwrite=self.options.overwrite, kind=FilmError, suffix=self.target.suffix
                ) as temporary:
                    notes = mux_film(segments.finished, joint, temporary)
                    segments.begin_join(temporary)
            except StoppedError:
                return self._interrupted(segments, None)
        sync_folder(self.target.parent)
        pts = np.concatenate([segment.pts for segment in segments.finished])
        return self._report(self.target, (*self._damage(pts), *notes, *self._tidy(segments)))

    def _shape_note(self) -> tuple[str, ...]:
        """Say that pictures lose the shape of pixels: FFmpeg writes it into PNG as others do not read it."""
        wide, high = self.film.aspect.numerator, self.film.aspect.denominator
        return () if wide == high else (f"left out: the shape of its pixels, {wide}:{high}",)

    def _damage(self, pts: Any) -> list[str]:
        film = self.film
        return damage_notes(film.damage, pts, step=film.step, unit=float(film.time_base))

    def _tidy(self, segments: Segments) -> list[str]:
        """Remove the pieces, and the film that an interrupted run has left."""
        if segments.left_partial:
            partial_name(self.target).unlink(missing_ok=True)
        segments.remove()
        return [f"{segments.folder} holds files of others, and stays"] if segments.folder.exists() else []

    def _interrupted(self, segments: Segments, cut: Segment | None) -> FilmReport:
        """Join what there is under another name; the pieces stay, for the next run."""
        pieces = [*segments.finished, *([cut] if cut else [])]
        if self.result.muxer is None:
            return self._report(segments.folder, (), interrupted=True)
        target = partial_name(self.target)
        if not pieces or (exists(target) and not segments.left_partial):
            return self._report(segments.folder, (), interrupted=True)
        end = self.film.seconds(int(pieces[-1].pts[-1])) + float(1 / self.film.rate)
        joint = Joint(self.film, self.result.muxer, replace(self.part, end=end), self._mark())
        segments.leave_partial()
        with whole_file(target, overwrite=True, kind=FilmError, suffix=target.suffix) as temporary:
            notes = mux_film(pieces, joint, temporary)
        return self._report(target, notes, interrupted=True)

    @contextmanager
    def _colored(
        self, after: int | None, memory: SmootherState | None
    ) -> Iterator[Iterator[tuple[Planes, SmoothedFrame]]]:
        """Give coloured frames, computed on threads ahead of the reader; at the end all threads are gone."""
        film, options = self.film, self.options
        short = options.colors.size or self.generator.spec.size
        look = make_predictor(self.generator, vividness=options.colors.vividness)
        hints = trace_hints(film, options.hints, start=options.start, short=short)
        steadier = TemporalSmoother(look, hints=hints, memory=memory)
        with ExitStack() as stack:
            found = film.frames(after=after, start=options.start, end=options.end)
            frames = stack.enter_context(closing(in_background(found, room=QUEUE_ITEMS)))
            seen = map_in_order(
                frames, lambda frame: prepare_frame(frame, aspect=film.aspect, short=short), threads=1
            )
            steady = stack.enter_context(closing(in_background(steadier(seen), room=QUEUE_ITEMS)))
            workers = max(1, (cpu_count() or 1) - 1)
            yield stack.enter_context(closing(map_in_order(steady, self._paint, threads=workers)))

    def _paint(self, steady: SmoothedFrame) -> tuple[Planes, SmoothedFrame]:
        grey = convert_depth(steady.seen.frame.planes, self.depth, full=self._full)
        sampling = self.codec.sampling
        ab = steady.ab * np.float32(self.options.colors.strength)
        colored = color_frame(grey, ab, sampling=sampling, blur=self.options.chroma_blur)
        if self.options.dual_view:
            colored = join_side_by_side(make_neutral_frame(grey, sampling=sampling), colored)
        return colored, steady

    @property
    def _full(self) -> bool:
        """Whether the range of the result is full, in all of it: a file says it once."""
        return self.film.full and self.codec.keeps_full

    def _advance(self) -> None:
        self.done += 1
        if self.progress is None:
            return
        film = self.film
        rate = (self.done - self.resumed) / max(time.perf_counter() - self.started, 1e-6)
        total = None
        if film.span.end is not None:
            start = max(self.options.start, film.span.begin)
            end = min(film.span.end, self.options.end or film.span.end)
            total = max(self.done, round((end - start) * film.rate))
        self.progress(
            FilmProgress(self.done, total, rate, None if total is None else (total - self.done) / rate)
        )

    def _mark(self) -> str | None:
        spec = self.generator.spec
        return f"{FILM_MARK}, {spec.name} {spec.version}); not a record." if self.options.mark else None

    def _description(self) -> dict[str, Any]:
        """Say all that decides what the pieces hold."""
        path = self.film.path
        files = [_identity(one) for one in (sorted(list_pictures(path)) if path.is_dir() else [path])]
        options = replace(self.options, overwrite=False, mark=True)
        return {
            "source": files,
            "options": repr(options),
            "weights": self.generator.digest,
            "depth": self.depth,
            "version": 7,
        }

    def _report(self, target: Path, notes: tuple[str, ...], *, interrupted: bool = False) -> FilmReport:
        width, height = self.film.size
        if self.options.dual_view:
            width *= 2  # what is written, as a player says it
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


def _identity(path: Path) -> tuple[str, int, int]:
    """Return what tells a file from another one of its name; a link that leads nowhere is a file, too."""
    said = path.stat() if path.exists() else path.lstat()
    return path.name, said.st_size, said.st_mtime_ns
