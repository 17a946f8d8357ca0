"""The main job: a photo in black and white -> its L -> the generator -> ab -> the photo in colour."""

from collections.abc import Callable, Sequence
from functools import cache
from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from colorify.atomic import is_taken
from colorify.errors import PhotoError
from colorify.hints import Hint, HintLike, Length, to_hints
from colorify.images.arguments import AnyPath, no_photo, to_codes, to_path, to_source
from colorify.images.decode import Source
from colorify.images.metadata.provenance import describe_foreign
from colorify.images.output_names import name_result
from colorify.images.photo import MAX_PIXELS, Photo, PhotoHeader
from colorify.images.pil import from_pil, is_pil, to_pil
from colorify.model.devices import AUTO
from colorify.model.exemplar import Reference, open_reference
from colorify.model.generator import Generator, Prediction
from colorify.model.predict import predict_colors
from colorify.model.preprocess import LuminanceInput
from colorify.model.scale import encode_photo
from colorify.model.spec import Spec
from colorify.model.suggestions import Suggestion
from colorify.multipage import PageOutput, read_pages, save_pages
from colorify.options import ColorOptions, SaveOptions
from colorify.pixels import MAX_16_BIT
from colorify.result import Report, refuse_targets
from colorify.session import PREVIEW_PX, Session

if TYPE_CHECKING:
    from PIL.Image import Image

T = TypeVar("T")
Pixels = NDArray[Any]


class Colorizer:
    """Colours photos with one generator; keep it, loading takes a while. Safe to share between threads."""

    def __init__(self, weights: AnyPath | None = None, *, threads: int = 0, device: str = AUTO) -> None:
        """Load `weights` (None: the embedded ones), to run on `device`, of `threads` cores (0: all).

        `weights`: a file, or "hf:OWNER/NAME[@REVISION]" of the Hugging Face Hub (extra `hub`).
        `device`: "cpu", "cuda", "rocm", "directml", "openvino", "coreml"; "auto": an accelerator that works,
        or the CPU. Raises WeightsError; SetupError where a device was named that cannot be used.
        """
        path = None if weights is None else to_path(weights)
        self._generator = Generator(path, threads=threads, device=device)
        self._threads = threads or cpu_count() or 1

    @property
    def device(self) -> str:
        """Where the generator runs: never auto."""
        return self._generator.device

    @property
    def passed_over(self) -> tuple[str, ...]:
        """Accelerators that are installed and could not be used, each with the reason."""
        return self._generator.passed_over

    @property
    def spec(self) -> Spec:
        """What the weights say of themselves."""
        return self._generator.spec

    @property
    def weights_digest(self) -> str:
        """The SHA-256 of the weights file, in hexadecimal."""
        return self._generator.digest

    def colorize(
        self,
        photo: T,
        *,
        strength: float = 1.0,
        vividness: float = 1.0,
        size: int | None = None,
        detail: str = "auto",
        hints: Sequence[HintLike] = (),
        overwrite: bool = False,
    ) -> T:
        """Colour one photo; the same kind of thing comes back.

        * a path (str or Path): the file NAME-color.EXT is written beside it, and its path returned
        * bytes: the content of a file in, the content of a file of the same format out
        * a numpy array, (H, W) or (H, W, 1 to 4), sRGB: (H, W, 3), or (H, W, 4) with alpha, of the same type:
          uint8, uint16, or floats of 0..1, which have the precision of 16 bits
        * a PIL image: a PIL image, RGB or RGBA

        `strength`: of the colours, 0 (grey) to 2. `vividness`: 0 (safe, dull) to 2 (bold), 1 as trained.
        `size`: short side at which the generator sees the photo, px (None: the spec's).
        `detail`: "fast" looks once; "fine" at two scales where the photo holds so much, in four times as
        long; "auto" chooses.
        `hints`: colours that you want, at points of the upright photo; at strength 1 they are met.
        `overwrite`: NAME-color.EXT, if it exists and Colorify made it. Raises PhotoError, UsageError.
        """
        colors = ColorOptions(strength, vividness, size, to_hints(hints), detail=detail)
        save = SaveOptions(overwrite=overwrite)
        result: object
        if isinstance(photo, (str, Path)):
            source = to_path(photo)
            target = name_result(source)
            if overwrite:
                _refuse_foreign(target)
            self.colorize_source(source, target, colors, save)
            result = type(photo)(target)
        elif isinstance(photo, bytes):
            result = self.colorize_source(photo, None, colors, save).data
        elif isinstance(photo, np.ndarray):
            result = self._colorize_pixels(to_codes(photo), colors)
            if np.issubdtype(photo.dtype, np.floating):
                result = (result / MAX_16_BIT).astype(photo.dtype)
        elif is_pil(photo):
            picture = cast("Image", photo)
            result = to_pil(self._colorize_pixels(from_pil(picture), colors), picture)
        else:
            raise no_photo(photo)
        return cast(T, result)  # each branch returns what it was given

    def colorize_file(
        self,
        source: AnyPath | bytes,
        target: AnyPath | None,
        *,
        strength: float = 1.0,
        vividness: float = 1.0,
        size: int | None = None,
        detail: str = "auto",
        hints: Sequence[HintLike] = (),
        format: str | None = None,
        quality: int | None = None,
        depth: int | None = None,
        mark: bool = True,
        strip: bool = False,
        confidence: AnyPath | None = None,
        layer: AnyPath | None = None,
        compare: AnyPath | None = None,
        compare_style: str = "side",
        overwrite: bool = False,
        max_pixels: int = MAX_PIXELS,
        progress: Callable[[float], None] | None = None,
        profile: str = "srgb",
        alternative: int = 1,
    ) -> Report:
        """Colour one picture file; see `colorize` for the first options.

        `target`: the file to write; None: its content is in the report. `overwrite`: if it exists.
        `format`: "jpeg", "png", "tiff", "webp", "avif" (None: by the suffix of `target`, else the source's).
        `quality`: 1 to 100 (None: JPEG 92, WebP 90, AVIF 75; 100 is lossless in WebP and AVIF).
        `depth`: 8 or 16 bits a sample (None: as the source, if the format can).
        `mark`: say in the metadata that the colours were generated. `strip`: leave the source's metadata out.
        `confidence`: a grey picture to write, as large as the photo: 0 is unsure of the colour, 255 is sure.
        `layer`: the colour alone to write: a transparent PNG, TIFF or WebP to be laid over the grey photo in
        blend mode *Color*; or OpenRaster (.ora), which holds the grey photo and the colour above it.
        `compare`: before and after to write, in one picture (JPEG, PNG, WebP), or, where `compare_style` is
        "slider" or "fade" in place of "side", as a short animation (WebP, or MP4 with the extra `video`).
        `profile`: RGB of the result: "srgb", "p3", "adobe" (compatible with Adobe RGB 1998), or "keep": the
        photo's own, if that is made of primaries and curves; else it is sRGB, and the report's notes say so.
        `alternative`: which of the plausible colourings that differ clearly; 1 the likeliest, as always.
        `max_pixels`: a larger photo is refused. `progress`: called now and then with 0..1, on this thread.
        Memory does not grow with the photo, unless that is decoded as a whole: progressive JPEG, interlaced
        PNG, WebP, AVIF and HEIC. These, if large, photos turned by EXIF, and any large one for OpenRaster
        also take room in TMPDIR.
        Raises PhotoError, UsageError.
        """
        colors = ColorOptions(strength, vividness, size, to_hints(hints), alternative, detail)
        save = SaveOptions(
            format=format,
            quality=quality,
            depth=depth,
            profile=profile,
            mark=mark,
            strip=strip,
            overwrite=overwrite,
            confidence=None if confidence is None else to_path(confidence),
            layer=None if layer is None else to_path(layer),
            compare=None if compare is None else to_path(compare),
            compare_style=compare_style,
        )
        return self.colorize_source(
            source if isinstance(source, bytes) else to_path(source),
            None if target is None else to_path(target),
            colors,
            save,
            max_pixels=max_pixels,
            progress=progress,
        )

    def colors(
        self,
        photo: Photo,
        *,
        vividness: float = 1.0,
        size: int | None = None,
        detail: str = "auto",
        hints: Sequence[HintLike] = (),
    ) -> tuple[LuminanceInput, Prediction]:
        """Return what the generator sees of `photo` and what it makes of that, for those who paint it.

        See `colorize` for the options. Raises PhotoError, UsageError.
        """
        return self._generate(photo, ColorOptions(1.0, vividness, size, to_hints(hints), detail=detail))

    def open(
        self,
        photo: object,
        *,
        size: int | None = None,
        detail: str = "auto",
        preview: int = PREVIEW_PX,
        max_pixels: int = MAX_PIXELS,
    ) -> Session:
        """Open a photo to colour it again and again, with other hints: see `Session`.

        `photo`: a path (str or Path), bytes, a numpy array or a PIL image, as for `colorize`; or the header
        of a page, as of `read_photo_header`.
        `size`: short side at which the generator sees the photo, px (None: the spec's).
        `detail`: "fast" looks once; "fine" at two scales where the photo holds so much, in four times as
        long; "auto" chooses.
        `preview`: the longest side of a preview, px. `max_pixels`: a larger photo is refused.
        Raises PhotoError, UsageError.
        """
        return Session(
            photo if isinstance(photo, PhotoHeader) else to_source(photo),
            self._generator,
            size=size,
            detail=detail,
            preview=preview,
            max_pixels=max_pixels,
            threads=self._threads,
        )

    def suggest(self, photo: object, x: Length, y: Length, *, count: int = 5) -> list[Suggestion]:
        """Return the `count` likeliest distinct colours of a place of a photo, or fewer, the likeliest first.

        `photo`: as for `open`. `x`, `y`: px of the upright photo, or percent such as "50%". To ask for more
        than one place, `open` the photo. Raises PhotoError, UsageError, WeightsError (see `Session.suggest`).
        """
        return self.open(photo).suggest(x, y, count=count)

    def match(
        self,
        photo: object,
        reference: object,
        *,
        size: int | None = None,
        max_pixels: int = MAX_PIXELS,
    ) -> tuple[Hint, ...]:
        """Return hints for what a photo has in common with a colour photo: none if that is too little.

        `photo`, `reference`: as for `open`. `size`, `max_pixels`: see `colorize_file`.
        Raises PhotoError, for a grey reference too; UsageError, WeightsError.
        """
        return self.open(photo, size=size, detail="fast", max_pixels=max_pixels).match(reference)

    def colorize_source(
        self,
        source: Path | bytes,
        target: Path | None,
        colors: ColorOptions,
        save: SaveOptions,
        *,
        max_pixels: int = MAX_PIXELS,
        progress: Callable[[float], None] | None = None,
    ) -> Report:
        """Colour one picture file, for those who have the options as one thing: see `colorize_file`."""
        refuse_targets(source, target, save)
        pages = read_pages(source, max_pixels=max_pixels)
        if len(pages) == 1:
            session = self.open_once(pages.first, colors, max_pixels=max_pixels)
            return session.save(target, colors, save, progress=progress)

        def save_page(page: PhotoHeader, how: PageOutput) -> Report:
            session = self.open_once(page, colors, max_pixels=max_pixels)
            return session.save(how.target, colors, how.save, progress=how.progress, big_tiff=how.big_tiff)

        return save_pages(pages, save_page, target, colors, save, progress=progress)

    def open_once(
        self, source: Source | PhotoHeader, colors: ColorOptions, *, max_pixels: int = MAX_PIXELS
    ) -> Session:
        """Open a photo that is coloured next: see `Session`. Raises PhotoError, UsageError.

        Of `colors`, `size` and `detail` count.
        """
        return Session(
            source,
            self._generator,
            size=colors.size,
            detail=colors.detail,
            max_pixels=max_pixels,
            threads=self._threads,
            keep_decoded=True,
        )

    def open_reference(
        self, photo: object, *, short: int | None = None, max_pixels: int = MAX_PIXELS
    ) -> Reference:
        """Open a colour photo once, to `match` many photos with it; see there.

        `short`: px of the short side at which the generator sees it; best as the photos: `Session.short`.
        """
        side = short or self.spec.size
        return open_reference(to_source(photo), self._generator, short=side, max_pixels=max_pixels)

    def _colorize_pixels(self, pixels: Pixels, colors: ColorOptions) -> Pixels:
        return self.open_once(pixels, colors).render(colors)

    def _generate(self, photo: Photo, look: ColorOptions) -> tuple[LuminanceInput, Prediction]:
        seen, glance = encode_photo(self._generator, photo, look)
        colors = predict_colors(glance, look, photo=photo.size)
        return seen, colors


def colorize(
    photo: T,
    *,
    strength: float = 1.0,
    vividness: float = 1.0,
    size: int | None = None,
    detail: str = "auto",
    hints: Sequence[HintLike] = (),
    overwrite: bool = False,
) -> T:
    """Colour one photo with the embedded generator, loaded once: see `Colorizer.colorize`."""
    return _default().colorize(
        photo,
        strength=strength,
        vividness=vividness,
        size=size,
        detail=detail,
        hints=hints,
        overwrite=overwrite,
    )


def _refuse_foreign(target: Path) -> None:
    """Raise PhotoError where a name that nobody gave is that of a file which Colorify did not make."""
    what = describe_foreign(target) if is_taken(target) else None
    if what is not None:
        raise PhotoError(
            f"{target}: is there, {what}, and only by its name is it replaced: "
            "colorize_file(photo, target, overwrite=True)."
        )


@cache
def _default() -> Colorizer:
    return Colorizer()
