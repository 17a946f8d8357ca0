"""Colourise photos whose colours are known, as a user would, and score what comes out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from colorify.color import lab_to_rgb
from colorify.colorizer import Colorizer
from colorify.errors import PhotoError, UsageError
from colorify.evaluation.coverage import Coverage, measure_coverage
from colorify.evaluation.metrics import Scores, score
from colorify.hints import Hint
from colorify.images.output_names import WRITABLE_SUFFIXES
from colorify.images.photo import open_photo
from colorify.model.preprocess import is_colored
from colorify.pixels import pixels_to_lab, to_hex, to_rgb8

Pixels = NDArray[np.uint8]

COMPARED_PX: Final = 256  # px; the size at which the papers compare, aspect squashed
HINT_RADIUS: Final = 3.5  # px of COMPARED_PX: patches of 7, as Zhang et al. 2017 reveal
# dB of PSNR by number of hints, on ImageNet: Zhang et al. 2017, "Real-time user-guided image colorization"
PUBLISHED: Final = {0: 24.43, 1: 25.37, 2: 26.20, 5: 27.39, 10: 28.42, 50: 30.42}


@dataclass(frozen=True)
class ScoredPhoto:
    """One photo, beside what the colorizer made of its L."""

    path: Path
    truth: Pixels  # (COMPARED_PX, COMPARED_PX, 3)
    gray: Pixels
    colored: Pixels
    scores: Scores
    coverage: Coverage


class GrayTruthError(PhotoError):
    """A photo in black and white has no colours that a result could be compared with."""


@dataclass(frozen=True)
class LeftOut:
    """A photo that was not measured, and why."""

    path: Path
    error: PhotoError

    @property
    def is_gray(self) -> bool:
        """Whether the photo can be read, and is in black and white."""
        return isinstance(self.error, GrayTruthError)


def find_photos(folder: Path) -> list[Path]:
    """List the photos below `folder`, but hidden ones. Raises UsageError if there is none."""
    paths = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in WRITABLE_SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    if not paths:
        raise UsageError(f"{folder}: no photos in there. Give a folder of colour photos.")
    return paths


def evaluate(
    colorizer: Colorizer,
    paths: Sequence[Path],
    *,
    hints: int = 0,
    vividness: float = 1.0,
    size: int | None = None,
    detail: str = "auto",
    seed: int = 1,
    leave_out: Callable[[LeftOut], None] | None = None,
) -> Iterator[ScoredPhoto]:
    """Colourise every photo and score it. `hints`: how many true colours to give, at random places.

    `leave_out` is told each photo that cannot be read or is in black and white; without it, PhotoError is
    raised there.
    """
    number = 0  # of the photo among those that are measured: one left out changes no hint of the others
    for path in paths:
        try:
            pixels, truth = _read_truth(path)
        except PhotoError as error:
            if leave_out is None:
                raise
            leave_out(LeftOut(path, error))
            continue
        width, height = pixels.shape[1], pixels.shape[0]
        true_hints = reveal_hints(truth, (width, height), hints, np.random.default_rng([seed, number]))
        colored = colorizer.colorize(pixels, vividness=vividness, size=size, detail=detail, hints=true_hints)
        small = _reduce(colored)
        yield ScoredPhoto(
            path, truth, _without_color(truth), small, score(truth, small), measure_coverage(truth, small)
        )
        number += 1


def _read_truth(path: Path) -> tuple[Pixels, Pixels]:
    """Return a colour photo, and the same as it is compared. Raises PhotoError, GrayTruthError."""
    photo = open_photo(path)
    pixels = to_rgb8(photo.rows()(0, photo.size[1]))
    truth = _reduce(pixels)
    if not is_colored(pixels_to_lab(truth)):
        raise GrayTruthError(f"{path}: a photo in black and white has no true colours to compare with.")
    return pixels, truth


def reveal_hints(truth: Pixels, size: tuple[int, int], count: int, rng: np.random.Generator) -> list[Hint]:
    """Draw hints as Zhang et al. 2017 do: the mean colour of small patches, placed at random.

    `truth`: (COMPARED_PX, COMPARED_PX, 3); `size`: width and height of the photo, px.
    """
    hints = []
    scale = np.array(size) / COMPARED_PX
    for _ in range(count):
        x, y = np.clip(rng.normal(0.5, 0.25, 2), 0, 0.999) * COMPARED_PX
        reach = int(HINT_RADIUS)
        top, left = max(0, int(y) - reach), max(0, int(x) - reach)
        patch = truth[top : int(y) + reach + 1, left : int(x) + reach + 1].reshape(-1, 3)
        color = to_hex(patch.mean(0) / 255)
        hints.append(Hint(x * scale[0], y * scale[1], color, HINT_RADIUS * float(scale.min())))
    return hints


def _without_color(pixels: Pixels) -> Pixels:
    lab = pixels_to_lab(pixels)
    lab[..., 1:] = 0
    gray: Pixels = np.rint(lab_to_rgb(lab) * 255).astype(np.uint8)
    return gray


def _reduce(pixels: Pixels) -> Pixels:
    return to_rgb8(open_photo(pixels).shrink(COMPARED_PX, COMPARED_PX))
