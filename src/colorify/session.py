"""A photo at work: looked at once, coloured as often as somebody likes.

What the generator makes of a photo depends on its L, the vividness and the hints. So L is read once,
the generator's backbone looks at it once, and what was made of it is kept for a while: a new hint runs the
decoder alone; a new strength, an undone hint and the full picture need no new run.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import count, islice
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.errors import UsageError
from colorify.hints import Hint, HintLike, Length, draw_hints, find_cell, to_hints
from colorify.images.arguments import to_source
from colorify.images.decode import Source
from colorify.images.photo import MAX_PIXELS, Photo, open_photo
from colorify.images.sizes import shrink_size
from colorify.model.exemplar import find_reference_hints, open_reference
from colorify.model.generator import Generator, Prediction
from colorify.model.predict import iterate_colorings, predict_colors
from colorify.model.scale import TwoScalePhoto, encode_photo, fine_side
from colorify.model.suggestions import Suggestion, suggest_colors
from colorify.options import ColorOptions
from colorify.render.strips import compose_strips, enlarge_plane
from colorify.render.upsample import LinearChromaModel, fit_chroma

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
        source: Source,
        generator: Generator,
        *,
        size: int | None = None,
        detail: str = "auto",
        preview: int = PREVIEW_PX,
        max_pixels: int = MAX_PIXELS,
        threads: int = 1,
    ) -> None:
        """Look at a photo; see `Colorizer.open`. Raises PhotoError, UsageError."""
        options = ColorOptions(size=size, detail=detail)
        if preview < 1:
            raise UsageError(f"preview {preview}: expected 1 px or more.")
        self._source, self._generator = source, generator
        self._preview, self._max_pixels, self._threads = preview, max_pixels, threads
        photo = open_photo(source, max_pixels=max_pixels)
        self.size = photo.size  # width and height of the upright photo, px
        self.notes = photo.notes
        self._seen, self._glance = encode_photo(generator, photo, options)
        short = options.size or generator.spec.size  # of the finest look
        self._short = fine_side(short) if isinstance(self._glance, TwoScalePhoto) else short
        self.was_colored = self._seen.was_colored  # it had colour, of which only the L is used
        self._made: OrderedDict[tuple[float, tuple[Hint, ...], int], Prediction] = OrderedDict()
        self._small: Photo | None = None
        self._lock = threading.Lock()

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
        look = ColorOptions(strength, vividness, None, to_hints(hints), alternative)
        return self._render(open_photo(self._source, max_pixels=self._max_pixels), look)

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
        stride = self._generator.spec.stride
        h, w = self._seen.L.shape
        strips = enlarge_plane(colors.confidence, *self.size, cells=(w / stride, h / stride))
        return np.concatenate(list(strips))[:, :, 0].astype(np.float32) / np.float32(255)

    def suggest(
        self, x: Length, y: Length, *, count: int = 5, hints: Sequence[HintLike] = ()
    ) -> list[Suggestion]:
        """Return the `count` likeliest distinct colours of a place, or fewer, the likeliest first.

        `x`, `y`: px of the upright photo, or percent such as "50%". `hints`: what is known already.
        Raises UsageError for a place outside the photo, WeightsError where the generator is a regression.
        """
        row, column = self._find_cell(x, y)
        stride, small = self._generator.spec.stride, self._seen.L.shape[::-1]
        given = draw_hints(to_hints(hints), photo=self.size, small=small, stride=stride)
        made = self._glance.distribution(hints=given)
        L = self.lightness(x, y)
        return suggest_colors(made.probabilities[row, column], made.centers, L, count=count)

    def match(self, reference: object) -> tuple[Hint, ...]:
        """Return hints for what the photo has in common with a colour photo: none if that is too little.

        `reference`: a path, bytes, a numpy array or a PIL image. Raises PhotoError, for a grey one too;
        UsageError, WeightsError.
        """
        source = to_source(reference)
        shown = open_reference(source, self._generator, short=self._short, max_pixels=self._max_pixels)
        return find_reference_hints(self._glance, shown, photo=self.size)

    def lightness(self, x: Length, y: Length) -> float:
        """Return L of a place, 0..100, kept whatever its colour; see `suggest`. Raises UsageError."""
        stride = self._generator.spec.stride
        row, column = self._find_cell(x, y)
        return float(self._seen.L[row * stride :, column * stride :][:stride, :stride].mean())

    def original(self) -> Pixels:
        """Return the photo as it came, no larger than a preview: (h, w, 1 or 3). Raises PhotoError."""
        photo = self._reduced()
        return photo.rows()(0, photo.size[1])

    @property
    def kept(self) -> int:
        """Memory that it holds without its source, in bytes; the last generations are small beside it."""
        small = self._small.size[0] * self._small.size[1] * 6 if self._small else 0
        return small + self._glance.nbytes

    def chroma(self, look: ColorOptions) -> LinearChromaModel:
        """Return the colours of a look, for those who paint the photo themselves. Raises UsageError."""
        fitted = fit_chroma(self._seen.L, self.colors(look).ab, stride=self._generator.spec.stride)
        return fitted.scale(look.strength)

    def colors(self, look: ColorOptions) -> Prediction:
        """Return what the generator makes of the photo, at its own scale. Raises UsageError."""
        colors = self._cached(look)
        if colors is None:
            colors = predict_colors(self._glance, look, photo=self.size)
            self._cache(look, colors)
        return colors

    def colorings(self, look: ColorOptions) -> Iterator[Prediction]:
        """Yield the plausible colourings of a look, the likeliest first; they are kept for `colors`.

        Raises UsageError, and WeightsError after the first where the generator is a regression.
        """
        fresh = iterate_colorings(self._glance, look, photo=self.size)  # none is made before it is asked for
        made = 0
        for number in count(1):
            wanted = replace(look, alternative=number)
            colors = self._cached(wanted)
            if colors is None:
                colors = next(islice(fresh, number - made - 1, None), None)
                made = number
                if colors is None:
                    return
                self._cache(wanted, colors)
            yield colors

    def _cached(self, look: ColorOptions) -> Prediction | None:
        wanted = _prediction_key(look)
        with self._lock:
            if wanted in self._made:
                self._made.move_to_end(wanted)
            return self._made.get(wanted)

    def _cache(self, look: ColorOptions, colors: Prediction) -> None:
        with self._lock:
            self._made[_prediction_key(look)] = colors
            if len(self._made) > CACHED_PREDICTIONS:
                self._made.popitem(last=False)

    def _render(self, photo: Photo, look: ColorOptions) -> Pixels:
        chroma = self.chroma(look)
        with closing(compose_strips(photo, chroma, depth=photo.depth, threads=self._threads)) as strips:
            return np.concatenate(list(strips))

    def _find_cell(self, x: Length, y: Length) -> tuple[int, int]:
        """Return the row and the column of a place at the generator's scale. Raises UsageError."""
        small = self._seen.L.shape[1], self._seen.L.shape[0]
        return find_cell(x, y, photo=self.size, small=small, stride=self._generator.spec.stride)

    def _reduced(self) -> Photo:
        """Return the photo at the size of a preview, without alpha; its pixels are in memory."""
        with self._lock:
            if self._small is None:
                photo = open_photo(self._source, max_pixels=self._max_pixels)
                self._small = open_photo(photo.shrink(*shrink_size(self.size, long=self._preview)))
            return self._small


def _prediction_key(look: ColorOptions) -> tuple[float, tuple[Hint, ...], int]:
    """What the generator's colours depend on."""
    return look.vividness, look.hints, look.alternative
