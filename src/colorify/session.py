"""A photo at work: looked at once, coloured as often as somebody likes.

What the generator makes of a photo depends on its L, the vividness and the hints. So L is read once,
the generator's backbone looks at it once, and what was made of it is kept for a while: a new hint runs the
decoder alone, and nothing where the generator follows no hints (see `model.spec`); a new strength, an undone
hint and the full picture need no new run.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.errors import UsageError
from colorify.hints import Hint, HintLike, Length, draw_hints, find_cell, to_hints
from colorify.images.arguments import to_source
from colorify.images.decode import Source
from colorify.images.photo import MAX_PIXELS, Photo, PhotoHeader, open_photo
from colorify.images.sizes import shrink_size
from colorify.model.exemplar import Reference, find_reference_hints, open_reference
from colorify.model.generator import Generator, Prediction
from colorify.model.predict import iterate_colorings, missing_alternative
from colorify.model.scale import TwoScalePhoto, encode_photo, fine_side
from colorify.model.suggestions import Suggestion, suggest_colors
from colorify.options import ColorOptions, SaveOptions
from colorify.render.comparison import save_comparison
from colorify.render.strips import compose_strips, enlarge_plane, save_colored_photo
from colorify.render.upsample import LinearChromaModel, fit_chroma
from colorify.result import (
    OPEN_RASTER_SUFFIX,
    Report,
    make_mark,
    refuse_large,
    resolve_output,
    save_grey,
    save_layer,
)

FloatArray = NDArray[np.float32]
Pixels = NDArray[Any]  # (h, w, 3), or (h, w, 4) with alpha; uint8 or uint16 as the photo; sRGB

PREVIEW_PX: Final = 1024  # px, the longest side of a preview
CACHED_PREDICTIONS: Final = 6  # generations, so that undo needs no new one


class Session:
    """Colours one photo again and again; made by `Colorizer.open`. Safe to share between threads.

    Hints are placed on the upright photo at its full size, for previews too. A file is read when the session
    is opened, at the first preview, and for every full picture: it must stay until then. What is kept in
    memory is the L that the generator sees, the preview, and the last generations.
    """

    def __init__(
        self,
        source: Source | PhotoHeader,
        generator: Generator,
        *,
        size: int | None = None,
        detail: str = "auto",
        preview: int = PREVIEW_PX,
        max_pixels: int = MAX_PIXELS,
        threads: int = 1,
        keep_decoded: bool = False,
    ) -> None:
        """Look at a photo; see `Colorizer.open`. Raises PhotoError, UsageError.

        `source`: or the header of a photo. `keep_decoded`: its file is to be written next, so what was
        decoded of a small photo stays in memory: it is opened once, and decoded once.
        """
        started = time.perf_counter()
        options = ColorOptions(size=size, detail=detail)
        if preview < 1:
            raise UsageError(f"preview {preview}: expected 1 px or more.")
        self._generator, self._preview, self._threads = generator, preview, threads
        photo = open_photo(source, max_pixels=max_pixels, cache_decoded=keep_decoded)
        self._path = source if isinstance(source, Path) else photo.header.path
        # a file is looked at once; but the pixels of a HEIC are not held
        self._source: Path | PhotoHeader = photo.header.without_content()
        if self._path is not None and not keep_decoded and not isinstance(photo.origin.data, Path):
            self._source = self._path
        self._max_pixels = max_pixels
        self._opened = photo if keep_decoded else None  # for the next full picture
        self.size = photo.size  # width and height of the upright photo, px
        self.notes = photo.notes
        self._luminance, self._glance = encode_photo(generator, photo, options)
        short = options.size or generator.spec.size
        # px, short side of the finest look
        self.short = fine_side(short) if isinstance(self._glance, TwoScalePhoto) else short
        self.was_colored = self._luminance.was_colored  # it had colour, of which only the L is used
        self._predictions: OrderedDict[tuple[float, tuple[Hint, ...], int], Prediction] = OrderedDict()
        self._small: Photo | None = None
        self._run: _Colorings | None = None  # of the colours that were made last
        self._lock, self._making = threading.Lock(), threading.Lock()
        self._opening_s = time.perf_counter() - started  # until a report tells of it

    def colorize(
        self,
        *,
        strength: float = 1.0,
        vividness: float = 1.0,
        hints: Sequence[HintLike] = (),
        alternative: int = 1,
    ) -> Pixels:
        """Return the photo in colour at its full size; see `Colorizer.colorize` for the options.

        Raises PhotoError, UsageError.
        """
        return self.render(ColorOptions(strength, vividness, None, to_hints(hints), alternative))

    def render(self, options: ColorOptions) -> Pixels:
        """Do the same, for those who have the options as one thing; their `size` does not count."""
        return self._render(self._full(), options)

    def preview(
        self,
        *,
        strength: float = 1.0,
        vividness: float = 1.0,
        hints: Sequence[HintLike] = (),
        alternative: int = 1,
    ) -> Pixels:
        """Return the photo in colour, no larger than a preview. Raises PhotoError, UsageError."""
        return self.render_preview(ColorOptions(strength, vividness, None, to_hints(hints), alternative))

    def render_preview(self, options: ColorOptions) -> Pixels:
        """Do the same, for those who have the options as one thing; their `size` does not count."""
        return self._render(self._reduced(), options)

    def confidence(self, *, vividness: float = 1.0, hints: Sequence[HintLike] = ()) -> FloatArray:
        """Return how sure the generator is of each colour: (H, W) float32, 0 (unsure) to 1, at full size.

        One minus the entropy of its distribution over the largest entropy. Raises UsageError.
        """
        colors = self.colors(ColorOptions(1.0, vividness, hints=to_hints(hints)))
        strips = self._enlarge(colors.confidence)
        return np.concatenate(list(strips))[:, :, 0].astype(np.float32) / np.float32(255)

    def suggest(
        self, x: Length, y: Length, *, count: int = 5, hints: Sequence[HintLike] = ()
    ) -> list[Suggestion]:
        """Return the `count` likeliest distinct colours of a place, or fewer, the likeliest first.

        `x`, `y`: px of the upright photo, or percent such as "50%". `hints`: what is known already.
        Raises UsageError for a place outside the photo, WeightsError where the generator is a regression.
        """
        row, column = self._find_cell(x, y)
        stride, small = self._generator.spec.stride, self._luminance.L.shape[::-1]
        given = draw_hints(to_hints(hints), photo=self.size, small=small, stride=stride)
        made = self._glance.distribution(hints=given, fed=True)  # a click is worth a run
        L = self.lightness(x, y)
        return suggest_colors(made.probabilities[row, column], made.centers, L, count=count)

    def save(
        self,
        target: Path | None,
        colors: ColorOptions,
        save: SaveOptions,
        *,
        progress: Callable[[float], None] | None = None,
        big_tiff: bool = False,
    ) -> Report:
        """Write the photo in colour at its full size; see `Colorizer.colorize_file`.

        `colors`: their `size` does not count. `big_tiff`: the form that may pass 4 GB.
        Raises PhotoError, UsageError.
        """
        started = time.perf_counter()
        refuse_large(self.size, save)
        photo = self._full()
        output, notes = resolve_output(photo, target, save, self._generator.spec)
        output = replace(output, big_tiff=big_tiff)
        made = self.colors(colors)
        chroma, threads = self.chroma(colors), self._threads
        data = save_colored_photo(photo, chroma, target, output, threads=threads, progress=progress)
        if save.confidence is not None:
            strips = self._enlarge(made.confidence)
            save_grey(strips, photo, save.confidence, save, self._generator.spec)
        if save.layer is not None:
            spec, at_end = self._generator.spec, None if progress is None else partial(_say_done, progress)
            # of OpenRaster's four pictures each needs the photo
            photo = self._full(repeated=save.layer.suffix.lower() == OPEN_RASTER_SUFFIX)
            save_layer(photo, chroma, save.layer, save, spec, threads=threads, progress=at_end)
        if save.compare is not None:
            mark = make_mark(self._generator.spec) if save.mark else None
            save_comparison(self.original(), self.render_preview(colors), save.compare, save, mark)
        with self._lock:
            opening, self._opening_s = self._opening_s, 0.0
        return Report(
            source=self._path,
            target=target,
            width=self.size[0],
            height=self.size[1],
            seconds=opening + time.perf_counter() - started,
            was_colored=self.was_colored,
            mean_confidence=float(made.confidence.mean()),
            data=data,
            notes=(*photo.notes, *notes),
            beside=tuple(save.extra_files.values()),
        )

    def match(self, reference: object) -> tuple[Hint, ...]:
        """Return hints for what the photo has in common with a colour photo: none if that is too little.

        `reference`: a path, bytes, a numpy array or a PIL image; or what `Colorizer.open_reference` returned.
        Raises PhotoError, for a grey one too; UsageError, WeightsError.
        """
        if not isinstance(reference, Reference):
            source, most = to_source(reference), self._max_pixels
            reference = open_reference(source, self._generator, short=self.short, max_pixels=most)
        return find_reference_hints(self._glance, reference, photo=self.size)

    def lightness(self, x: Length, y: Length) -> float:
        """Return L of a place, 0..100, kept whatever its colour; see `suggest`. Raises UsageError."""
        stride = self._generator.spec.stride
        row, column = self._find_cell(x, y)
        return float(self._luminance.L[row * stride :, column * stride :][:stride, :stride].mean())

    def original(self) -> Pixels:
        """Return the photo as it came, no larger than a preview: (h, w, 1 or 3). Raises PhotoError."""
        photo = self._reduced()
        return photo.rows()(0, photo.size[1])

    @property
    def memory_bytes(self) -> int:
        """Memory that it holds without its source, in bytes; the last generations are small beside it."""
        small = self._small.size[0] * self._small.size[1] * 6 if self._small else 0
        return small + self._glance.nbytes

    def chroma(self, look: ColorOptions) -> LinearChromaModel:
        """Return the colours of a look, for those who paint the photo themselves. Raises UsageError."""
        fitted = fit_chroma(self._luminance.L, self.colors(look).ab, stride=self._generator.spec.stride)
        return fitted.scale(look.strength)

    def colors(self, look: ColorOptions) -> Prediction:
        """Return what the generator makes of the photo, at its own scale.

        Raises UsageError; PhotoError for an alternative that there is not.
        """
        colors = self._coloring(look)
        if colors is None:
            available = sum(1 for _ in self.colorings(look))
            raise missing_alternative(look.alternative, available)
        return colors

    def colorings(self, look: ColorOptions) -> Iterator[Prediction]:
        """Yield the plausible colourings of a look, the likeliest first; they are kept for `colors`.

        Raises UsageError, and WeightsError after the first where the generator is a regression.
        """
        for number in count(1):  # none is made before it is asked for
            colors = self._coloring(replace(look, alternative=number))
            if colors is None:
                return
            yield colors

    def _coloring(self, look: ColorOptions) -> Prediction | None:
        """Return one colouring, None if there are not so many; the next goes on where the last one ended."""
        with self._making:
            colors = self._cached(look)
            if colors is not None:
                return colors
            run = self._run
            if run is None or not run.leads_to(look):
                run = self._run = _Colorings(look, iterate_colorings(self._glance, look, photo=self.size))
            while run.made < look.alternative:
                self._run = None  # nothing goes on after an error
                colors = next(run.colorings, None)
                self._run = run
                if colors is None:
                    return None
                run.made += 1
                self._cache(replace(look, alternative=run.made), colors)
            return colors

    def _cached(self, look: ColorOptions) -> Prediction | None:
        key = _prediction_key(look)
        with self._lock:
            if key in self._predictions:
                self._predictions.move_to_end(key)
            return self._predictions.get(key)

    def _cache(self, look: ColorOptions, colors: Prediction) -> None:
        with self._lock:
            self._predictions[_prediction_key(look)] = colors
            if len(self._predictions) > CACHED_PREDICTIONS:
                self._predictions.popitem(last=False)

    def _open(self, *, repeated: bool = False) -> Photo:
        """Return the photo to be read once more; the bytes of its file are held for as long as that lasts."""
        source = self._source
        header = source.without_content() if isinstance(source, PhotoHeader) else source
        return open_photo(header, max_pixels=self._max_pixels, repeated=repeated)

    def _full(self, *, repeated: bool = False) -> Photo:
        """Return the photo to be read once more at its full size: as it was opened, if that can be.

        `repeated`: more than once.
        """
        with self._lock:
            photo, again = self._opened, self._opened is not None and self._opened.decoded is not None
            if not again:
                self._opened = None
        if photo is None or (repeated and not again):
            return self._open(repeated=repeated)
        return photo

    def _enlarge(self, plane: FloatArray) -> Iterator[Pixels]:
        """Yield strips of a plane at the generator's scale, 0..1, at the size of the photo: see there."""
        h, w = self._luminance.L.shape
        stride = self._generator.spec.stride
        return enlarge_plane(plane, *self.size, cells=(w / stride, h / stride))

    def _render(self, photo: Photo, look: ColorOptions) -> Pixels:
        chroma = self.chroma(look)
        with closing(compose_strips(photo, chroma, depth=photo.depth, threads=self._threads)) as strips:
            return np.concatenate(list(strips))

    def _find_cell(self, x: Length, y: Length) -> tuple[int, int]:
        """Return the row and the column of a place at the generator's scale. Raises UsageError."""
        small = self._luminance.L.shape[1], self._luminance.L.shape[0]
        return find_cell(x, y, photo=self.size, small=small, stride=self._generator.spec.stride)

    def _reduced(self) -> Photo:
        """Return the photo at the size of a preview, without alpha; its pixels are in memory."""
        with self._lock:
            if self._small is None:
                photo = self._open()
                self._small = open_photo(photo.shrink(*shrink_size(self.size, long=self._preview)))
            return self._small


@dataclass
class _Colorings:
    """The colourings of one look, each made when it is asked for."""

    look: ColorOptions
    colorings: Iterator[Prediction]
    made: int = 0

    def leads_to(self, look: ColorOptions) -> bool:
        """Whether a colouring is still to come."""
        same = (look.vividness, look.hints) == (self.look.vividness, self.look.hints)
        return same and self.made < look.alternative


def _say_done(progress: Callable[[float], None], _part: float) -> None:
    """Say that the photo is done, while what goes beside it is written: who is told may stop the work."""
    progress(1.0)


def _prediction_key(look: ColorOptions) -> tuple[float, tuple[Hint, ...], int]:
    """What the generator's colours depend on."""
    return look.vividness, look.hints, look.alternative
