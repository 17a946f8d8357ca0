"""At which scale the generator looks at a photo, and how two looks become one.

A generator that looks at 320 px of the short side sees little of a face in a crowd; at half as much again it
sees the face, and less of what surrounds it, so that a backdrop or a coat may become any colour. So `fine`
looks at both scales. Their colours are averaged; but where they differ as skin does from scarlet, one of the
two is wrong, and the calmer is taken: a wrong grey is seen less than a wrong red.

A photo that holds nothing between the two scales, as it is small, blurred or enlarged, is looked at once.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from colorify.images.photo import Photo
from colorify.model.generator import EncodedPhoto, Generator, Prediction
from colorify.model.preprocess import LuminanceInput, reduce_to_scales, reduced_size
from colorify.options import ColorOptions
from colorify.render.upsample import interpolation_taps, upsample_rows

FloatArray = NDArray[np.float32]

AUTO_DETAIL: Final = "fast"  # what "auto" stands for
FINE_RATIO: Final = 1.6  # of the short sides of both looks: 512 px to 320
MIN_SIDE_SHARE: Final = 0.75  # of the fine short side, that a photo must have
# What a photo loses when it is reduced by FINE_RATIO and enlarged again, as a share of what it then loses
# when that is done once more. Of 49 photos of 394 to 700 px all lose 0.5 or more, of 28 soft prints 21;
# photos enlarged from 256 px lose 0.42 to 0.51.
MIN_DETAIL_SHARE: Final = 0.5
# Lab units by which two colours differ that are averaged, and from which on the calmer is taken
SAME_COLOR, OTHER_COLOR = 10.0, 30.0
CONTRAST_GAIN: Final = 1.4  # times the contrast of one look: means of two are paler


class TwoScalePhoto(EncodedPhoto):
    """One L before a generator that looks at it twice. Its distribution and features are the fine look's."""

    def __init__(self, generator: Generator, coarse: FloatArray, fine: FloatArray) -> None:
        """`coarse`, `fine`: (H, W) float32, 0..100, the L of one photo at two scales."""
        super().__init__(generator, fine)
        self._coarse = generator.encode(coarse)

    @property
    def contrast(self) -> float:
        """Share by which colours are to be moved away from their mean."""
        return CONTRAST_GAIN * super().contrast

    @property
    def nbytes(self) -> int:
        """Memory that it holds, in bytes."""
        return super().nbytes + self._coarse.nbytes

    def predict(self, *, hints: FloatArray | None = None, vividness: float = 1.0) -> Prediction:
        """Generate the colours of both looks, and bring them together: see `EncodedPhoto.predict`."""
        fine = super().predict(hints=hints, vividness=vividness)
        ratios = tuple(small / large for small, large in zip(self._coarse.L.shape, self.L.shape, strict=True))
        fewer = None if hints is None else reduce_hints(hints, self._coarse.cells, ratios)
        coarse = self._coarse.predict(hints=fewer, vividness=vividness)
        planes = np.concatenate([coarse.ab, coarse.confidence[:, :, None]], axis=2)
        large = enlarge_cells(planes, fine.confidence.shape, ratios)
        ab = fuse_colors(large[:, :, :2], fine.ab)
        confidence = np.asarray((large[:, :, 2] + fine.confidence) / 2, np.float32)
        return Prediction(ab=ab, confidence=confidence)


def encode_photo(
    generator: Generator, photo: Photo, options: ColorOptions
) -> tuple[LuminanceInput, EncodedPhoto]:
    """Look at a photo at the scale, or the scales, that it is worth.

    Returns what is seen of it, at the finer scale, and the photo before the generator.
    Raises PhotoError, UsageError.
    """
    coarse = options.size or generator.spec.size
    fine = fine_side(coarse)
    detail = AUTO_DETAIL if options.detail == "auto" else options.detail
    # a regression, which has no bins, is never unsure: there would be nothing to choose by
    twice = detail == "fine" and len(generator.centers) and min(photo.size) >= MIN_SIDE_SHARE * fine
    generator.check_memory(reduced_size(photo.size, fine if twice else coarse))
    if twice:
        luminance, coarser, coarsest = reduce_to_scales(photo, (fine, coarse, round(coarse / FINE_RATIO)))
        if holds_detail(luminance.L, coarser.L, coarsest.L):
            return luminance, TwoScalePhoto(generator, coarser.L, luminance.L)
        return coarser, generator.encode(coarser.L)
    (luminance,) = reduce_to_scales(photo, (coarse,))
    return luminance, generator.encode(luminance.L)


def fine_side(short: int) -> int:
    """Return the short side of the fine look, px, beside that of the coarse one."""
    return round(short * FINE_RATIO)


def holds_detail(fine: FloatArray, coarse: FloatArray, coarsest: FloatArray) -> bool:
    """Whether a photo holds something between two scales. L at these and at one smaller by as much again."""
    return _loss(fine, coarse) >= MIN_DETAIL_SHARE * _loss(coarse, coarsest)


def fuse_colors(coarse: FloatArray, fine: FloatArray) -> FloatArray:
    """Return the colours of two looks brought together: (h, w, 2), as both."""
    mean = (coarse + fine) / 2
    calmer = np.where((_chroma(coarse) < _chroma(fine))[:, :, None], coarse, fine)
    other = np.clip((_chroma(fine - coarse) - SAME_COLOR) / (OTHER_COLOR - SAME_COLOR), 0, 1)
    return np.asarray(mean + other[:, :, None] * (calmer - mean), np.float32)


def enlarge_cells(planes: FloatArray, shape: tuple[int, ...], ratios: tuple[float, ...]) -> FloatArray:
    """Enlarge (h, w, n) bilinearly to `shape`; `ratios`: of a side here and there, down and across."""
    taps = [
        interpolation_taps(size, source, ratio)
        for size, source, ratio in zip(shape, planes.shape[:2], ratios, strict=True)
    ]
    return upsample_rows(planes.transpose(0, 2, 1), taps[0], taps[1], 0, shape[0]).transpose(1, 2, 0)


def reduce_hints(hints: FloatArray, shape: tuple[int, int], ratios: tuple[float, ...]) -> FloatArray:
    """Draw the hints of one grid of cells, (h, w, 3), on a coarser one of `shape`: none is lost."""
    result = np.zeros((*shape, 3), np.float32)
    rows, columns = np.nonzero(hints[:, :, 2])
    down, across = (
        np.minimum(((places + 0.5) * ratio).astype(np.intp), size - 1)
        for places, ratio, size in zip((rows, columns), ratios, shape, strict=True)
    )
    result[down, across] = hints[rows, columns]
    return result


def _loss(L: FloatArray, reduced: FloatArray) -> float:
    """How far L, (H, W), differs from the same when it has been reduced: root mean square."""
    ratios = tuple(small / large for small, large in zip(reduced.shape, L.shape, strict=True))
    again = enlarge_cells(reduced[:, :, None], L.shape, ratios)[:, :, 0]
    return float(np.sqrt(((L - again) ** 2).mean()))


def _chroma(ab: FloatArray) -> FloatArray:
    return np.asarray(np.hypot(ab[:, :, 0], ab[:, :, 1]))
