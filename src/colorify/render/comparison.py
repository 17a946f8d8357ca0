"""Before and after in one picture: both at once, or an animation that goes from one to the other."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.options import COMPARISON_STYLES

Pixels = NDArray[Any]

GAP_PX: Final = 8  # white, between the two of a still picture
LINE_PX: Final = 3  # white, on the edge that slides
HOLD_MS: Final = 900  # each of the two is shown so long
STEP_MS: Final = 50  # and each step between them
STEPS: Final = 24
SIDE, SLIDER, FADE = COMPARISON_STYLES


def put_side_by_side(before: Pixels, after: Pixels) -> Pixels:
    """Return both, (h, w, 3) uint8, in one: a wide picture above the other, so that neither gets small."""
    axis = 0 if before.shape[1] > before.shape[0] else 1
    shape = list(before.shape)
    shape[axis] = GAP_PX
    return np.concatenate([before, np.full(shape, 255, np.uint8), after], axis=axis)


def animate(before: Pixels, after: Pixels, style: str) -> Iterator[tuple[Pixels, int]]:
    """Yield frames, (h, w, 3) uint8, each with its ms: `before`, the way to `after`, and `after`."""
    between = slide if style == SLIDER else fade
    yield before, HOLD_MS
    for step in range(1, STEPS):
        part = step / STEPS
        yield between(before, after, part * part * (3 - 2 * part)), STEP_MS  # it starts and ends gently
    yield after, 2 * HOLD_MS


def slide(before: Pixels, after: Pixels, share: float) -> Pixels:
    """Return `after` in the left `share` of the picture, `before` in the rest, and a line between them."""
    frame, edge = before.copy(), round(share * before.shape[1])
    frame[:, :edge] = after[:, :edge]
    frame[:, max(0, edge - LINE_PX // 2) : edge + LINE_PX // 2 + 1] = 255
    return frame


def fade(before: Pixels, after: Pixels, share: float) -> Pixels:
    """Return the mean of both, of which `share` is `after`."""
    mixed = before + share * (after.astype(np.float32) - before)
    return np.rint(mixed).astype(np.uint8)
