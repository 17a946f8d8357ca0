"""What damages of old photographs cost the generator: hard prints, frames, glow, half-tone screens and more.

python bench/damages.py photos                      # colour photos, folder by folder; a minute or two for 50
python bench/damages.py photos -m OLD.onnx -m NEW.onnx --every 4

The L of a photo, squashed to 320 x 320 px, is damaged in each way, and the generator makes ab of it. That is
compared with the true ab at the generator's own scale, the mean over a cell of stride x stride px, where
no frame or mask covers any of the cell:

    PSNR     of ab, in dB below a peak of 220 (a and b of -110 to 110); the mean of all photos
    lost     how many dB less that is than from the undamaged L, in the same cells
    chroma   the mean of sqrt(a² + b²) that the generator makes, in Lab units

The damages are those of runs 15 and 16 in research/training-log.md: whoever changes one here makes its
figures another measure. They have no chance in them, and every photo gets the same.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from colorify.evaluation.scoring import find_photos
from colorify.images.photo import open_photo
from colorify.model.generator import Generator
from colorify.pixels import pixels_to_lab, to_rgb8

FloatArray = NDArray[np.float32]
Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Change = Callable[[FloatArray], NDArray[np.floating[Any]]]  # L to L, (SIDE_PX, SIDE_PX), 0..100

SIDE_PX: Final = 320  # px
PEAK: Final = 220  # Lab units
CODES: Final = 2.55  # 8-bit codes a unit of L, for Pillow

Y, X = np.mgrid[0:SIDE_PX, 0:SIDE_PX] / (SIDE_PX - 1) * 2 - 1  # -1..1, from edge to edge
NOTHING: Final[Mask] = np.zeros((SIDE_PX, SIDE_PX), np.bool_)
FRAME: Final[Mask] = (abs(X) > 0.82) | (abs(Y) > 0.82)  # 9 % of the side at each edge
OVAL: Final[Mask] = X * X + Y * Y > 0.9  # outside a circle, which squashing made of an oval

LIGHTS: Final = 80  # L from which glow spreads
GLOWS: Final = (12, 30)  # px
SMALL: Final = 90  # px a side
WEAVE: Final = 300  # radians from the middle to an edge: threads of 1.7 px
DOTS: Final = 4  # px, the period of the screen
COS_45: Final = 0.7071  # the screen is turned by 45 degrees


@dataclass(frozen=True)
class Damage:
    """One way in which an old photograph differs from a new one."""

    change: Change
    # (SIDE_PX, SIDE_PX): where the picture is not to be seen, and ab is not compared
    covered: Mask = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True)
class Score:
    """What the generator made of one damaged photo, where that is not covered."""

    psnr: float  # dB, of ab
    undamaged: float  # dB, in the same cells
    chroma: float  # Lab units, mean


def untouched(L: FloatArray) -> FloatArray:
    return L


def printed(L: FloatArray, *, black: float, white: float) -> FloatArray:
    """Print hard: L of `black` and below becomes 0, of `white` and above 100."""
    return ((L - black) / (white - black) * 100).clip(0, 100)


def mount(covered: Mask, grey: float) -> Damage:
    """Cover a part of the picture with an L of `grey`."""
    return Damage(lambda L: np.where(covered, grey, L), covered)


def glow(L: FloatArray) -> FloatArray:
    """Let lights shine over what is around them."""
    lights = np.where(L > LIGHTS, L, np.float32(0))
    return np.clip(L + np.float32(0.5) * sum(blurred(lights, radius) for radius in GLOWS), 0, 100)


def enlarged(L: FloatArray) -> FloatArray:
    """Enlarge from SMALL px a side."""
    small = as_image(L).resize((SMALL, SMALL), Image.Resampling.BICUBIC)
    return as_plane(small.resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC))


def sharpened(L: FloatArray) -> FloatArray:
    """Sharpen to excess, by an unsharp mask of 200 % and 2 px."""
    return np.clip(L + 2 * (L - blurred(L, 2)), 0, 100)


def woven(L: FloatArray) -> Array:
    """Print on canvas or silk paper: a chequered weave, 6 of L up and down."""
    weave: Array = np.sign(np.sin(X * WEAVE) * np.sin(Y * WEAVE))
    return (L + 6 * weave).clip(0, 100)


def screened(L: FloatArray) -> FloatArray:
    """Print as newspapers do, in dots of black and white; scanned a little softly."""
    u, v = ((X + sign * Y) * SIDE_PX / 2 * COS_45 for sign in (1, -1))
    threshold = 50 + 50 * np.sin(u * 2 * np.pi / DOTS) * np.sin(v * 2 * np.pi / DOTS)
    return blurred(np.where(threshold < L, np.float32(100), np.float32(0)), 0.8)


def blurred(L: FloatArray, radius: float) -> FloatArray:
    """Blur by a Gaussian of `radius` px, as Pillow does in 8 bits."""
    return as_plane(as_image(L).filter(ImageFilter.GaussianBlur(radius)))


def as_image(L: FloatArray) -> Image.Image:
    return Image.fromarray((L * CODES).clip(0, 255).astype(np.uint8))


def as_plane(image: Image.Image) -> FloatArray:
    return np.asarray(image).astype(np.float32) / np.float32(CODES)


AS_IT_IS: Final = "as it is"
DAMAGES: Final[Mapping[str, Damage]] = {
    AS_IT_IS: Damage(untouched),
    "hard": Damage(partial(printed, black=25, white=75)),
    "harder": Damage(partial(printed, black=35, white=65)),
    "black frame": mount(FRAME, 2),
    "white frame": mount(FRAME, 97),
    "oval mask, white": mount(OVAL, 92),
    "oval mask, black": mount(OVAL, 6),
    "glow": Damage(glow),
    f"{SMALL} px enlarged": Damage(enlarged),
    "oversharp": Damage(sharpened),
    "canvas": Damage(woven),
    "halftone": Damage(screened),
    "dark (L x 0.35)": Damage(lambda L: L * 0.35),
    "pale (L / 2 + 50)": Damage(lambda L: np.clip(L / 2 + 50, 0, 100)),
}
FOLDER: Final = click.Path(path_type=Path, exists=True, file_okay=False)
FILE: Final = click.Path(path_type=Path)


@click.command()
@click.argument("folders", nargs=-1, required=True, type=FOLDER)
@click.option("-m", "--weights", multiple=True, type=FILE, help="To be compared. Default: the embedded ones.")
@click.option("--every", default=1, show_default=True, type=click.IntRange(min=1), help="Every Nth photo.")
def main(folders: Sequence[Path], weights: Sequence[Path], every: int) -> None:
    """Print what each damage costs each of the weights files."""
    generators = [Generator(path) for path in weights or (None,)]
    paths = [path for folder in folders for path in find_photos(folder)][::every]
    scores: list[list[dict[str, Score]]] = [[] for _ in generators]
    chroma: list[list[float]] = [[] for _ in generators]  # of the truth
    for path in paths:
        lab = read(path)
        for number, generator in enumerate(generators):
            truth = cells(lab[:, :, 1:], generator.spec.stride).mean(axis=(1, 3))
            chroma[number].append(mean_chroma(truth))
            scores[number].append(dict(measured(generator, lab[:, :, 0], truth)))
    print(f"{len(paths)} photos of {SIDE_PX} x {SIDE_PX} px")
    for number, generator in enumerate(generators, 1):
        print(f"{number}: {generator.spec.name} {generator.spec.version}, {generator.path}")
    print_table(scores, chroma)


def read(path: Path) -> FloatArray:
    """Open a photo, squashed to a square, as Lab. By Lanczos, as the figures of the runs have it."""
    photo = open_photo(path)
    whole = Image.fromarray(to_rgb8(photo.rows()(0, photo.size[1])))
    squashed = np.asarray(whole.resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS))
    return pixels_to_lab(squashed)


def measured(generator: Generator, L: FloatArray, truth: FloatArray) -> Iterator[tuple[str, Score]]:
    """Score each damage of one photo. `truth`: ab, (h, w, 2), of the generator's cells."""
    made = {name: generator(damage.change(L).astype(np.float32)).ab for name, damage in DAMAGES.items()}
    for name, damage in DAMAGES.items():
        seen = cells(~damage.covered, generator.spec.stride).all(axis=(1, 3))
        ab, undamaged, true = made[name][seen], made[AS_IT_IS][seen], truth[seen]
        yield name, Score(psnr(ab, true), psnr(undamaged, true), mean_chroma(ab))


def cells(plane: NDArray[Any], stride: int) -> NDArray[Any]:
    """Part (SIDE_PX, SIDE_PX, ...) into cells: (h, stride, w, stride, ...)."""
    count = SIDE_PX // stride
    return plane.reshape(count, stride, count, stride, *plane.shape[2:])


def psnr(ab: FloatArray, truth: FloatArray) -> float:
    error = float(np.mean((ab.astype(np.float64) - truth) ** 2))
    return float(10 * np.log10(PEAK**2 / max(error, 1e-9)))


def mean_chroma(ab: FloatArray) -> float:
    return float(np.linalg.norm(ab, axis=-1).mean())


def print_table(scores: list[list[dict[str, Score]]], chroma: list[list[float]]) -> None:
    """Print a row a damage: three columns for each of the weights; at the end the chroma of the truth."""
    print(f"\n{'':17}", *(f"{f'{n}: PSNR':>10} {'lost':>6} {'chroma':>7}" for n in range(1, len(scores) + 1)))
    for name in DAMAGES:
        print(f"{name:17}", *(columns([photo[name] for photo in photos]) for photos in scores))
    print(f"{'truth, all of it':17}", *(f"{np.mean(values):25.1f}" for values in chroma))


def columns(scores: list[Score]) -> str:
    """Spell the means of all photos."""
    made, undamaged, chroma = np.mean([[row.psnr, row.undamaged, row.chroma] for row in scores], axis=0)
    return f"{made:10.2f} {undamaged - made:6.2f} {chroma:7.1f}"


if __name__ == "__main__":
    main()
