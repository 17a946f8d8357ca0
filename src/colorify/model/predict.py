"""The generator's colours, and over them those that a person asked for.

A generator may follow hints well or badly; a person's word counts whatever it does. So the hints are given
to it, and afterwards ab becomes the hint's where the hint is, and spreads from there over what it belongs to:
see `spread`. This happens at the generator's scale, before ab is brought to the photo's along its edges.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from colorify.errors import PhotoError
from colorify.hints import Hint, draw_hints, number_hints
from colorify.model.alternatives import alternative_colors
from colorify.model.bilateral_grid import Nearby
from colorify.model.generator import Colors, Glance
from colorify.model.hint_propagation import spread
from colorify.model.postprocess import contrasted, faded, settled
from colorify.options import Look

FloatArray = NDArray[np.float32]

# cells by which a hint is larger than its region: a pixel's ab is interpolated between cells less than 1 away
MARGIN: Final = 1.0


def guided_colors(glance: Glance, look: Look, *, photo: tuple[int, int]) -> Colors:
    """Generate the colours of a photo, in the alternative that is wanted, and honour the hints.

    See `colorings`. Raises PhotoError for an alternative that there is not.
    """
    found = 0
    for colors in colorings(glance, look, photo=photo):
        found += 1
        if found == look.alternative:
            return colors
    raise PhotoError(
        f"alternative {look.alternative}: the generator knows {found} clearly different plausible "
        f"colourings of this photo. Ask for --alternatives {found}."
    )


def colorings(glance: Glance, look: Look, *, photo: tuple[int, int]) -> Iterator[Colors]:
    """Yield the plausible colourings of a photo with the hints of a look, each made when it is asked for.

    `glance`: at the photo. `photo`: (width, height) of the upright photo, px, in which the hints are placed.
    The confidence stays the generator's.
    Raises UsageError for a hint outside the photo or without a colour, WeightsError after the first colouring
    of a regression.
    """
    height, width = glance.L.shape
    generator = glance.generator
    stride = generator.spec.stride
    small = width, height
    given = draw_hints(look.hints, photo=photo, small=small, stride=stride)
    colors = glance.colors(hints=given, vividness=look.vividness)
    h, w, _ = colors.ab.shape
    L = cell_means(glance.L, h, w, stride)
    nearby = Nearby(L)
    numbers = number_hints(look.hints, photo=photo, small=small, stride=stride, margin=MARGIN)

    def guided(ab: FloatArray) -> Colors:
        ab = contrasted(ab, generator.spec.contrast * look.vividness)
        ab = settled(ab, colors.confidence, nearby)
        return Colors(ab=_honored(glance, ab, L, look.hints, numbers), confidence=colors.confidence)

    ordinary = faded(colors.ab, colors.confidence, L, nearby)
    yield guided(ordinary)
    likely = glance.distribution(hints=given, vividness=look.vividness)
    others = alternative_colors(ordinary, likely, L, temperature=generator.spec.temperature)
    for ab in islice(others, 1, None):  # the first is the ordinary one; in others what is new does not fade
        yield guided(ab)


def _honored(
    glance: Glance, ab: FloatArray, L: FloatArray, hints: Sequence[Hint], numbers: NDArray[np.intp]
) -> FloatArray:
    """Give each hint its own; `L`: of the cells; `numbers`: (h, w), as by `number_hints`."""
    left = np.unique(numbers[numbers >= 0])  # others are covered
    if not len(left):
        return ab
    wanted = np.array([hints[number].ab for number in left], np.float32)
    return spread(ab, numbers == left[:, None, None], wanted, L, glance.roots())


def cell_means(L: FloatArray, h: int, w: int, stride: int) -> FloatArray:
    """Average L, (H, W), over cells of `stride` px: (h, w)."""
    padded = np.pad(L, ((0, h * stride - L.shape[0]), (0, w * stride - L.shape[1])), mode="edge")
    return np.asarray(padded.reshape(h, stride, w, stride).mean(axis=(1, 3)), dtype=np.float32)
