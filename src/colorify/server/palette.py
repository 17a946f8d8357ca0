"""Colours to choose from at a point of a photo.

The generator's contract has a mean colour and a certainty, no list of alternatives. Two things can be asked
of it all the same: what it makes of the point from cautious to bold, as the mean moves towards the likeliest
colour; and what it makes of other places of the same photo that are about as bright, such as other clothes.
No probability is given, since none is known.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from colorify.color import lab_to_rgb
from colorify.colorizer import Colorizer
from colorify.server.studio import Sitting
from colorify.server.wishes import Suggestion, Suggestions

FloatArray = NDArray[np.float32]

BOLDNESS: Final = (1.0, 0.0, 2.0)  # values of vividness; the default first
AS_BRIGHT: Final = 12.0  # L; how far another place may differ
DIFFERENT: Final = 8.0  # distance in ab at which two colours are worth a choice
MOST: Final = 5


def suggest(sitting: Sitting, x: float, y: float, colorizer: Colorizer) -> Suggestions:
    """Suggest colours for the point `x`, `y` of the full photo, px; it must lie inside."""
    made = [sitting.made(colorizer, vividness, ()) for vividness in BOLDNESS]
    seen, colors = made[0]
    h, w, _ = colors.ab.shape
    column = min(w - 1, int(x / sitting.photo.size[0] * w))
    row = min(h - 1, int(y / sitting.photo.size[1] * h))
    L = _shrunk(seen.L, h, w, colorizer.spec.stride)
    here = [each.ab[row, column] for _, each in made]
    near = np.abs(L - L[row, column]) < AS_BRIGHT
    chosen = _different(
        [(ab, "here") for ab in here] + [(ab, "elsewhere") for ab in _spread(colors.ab[near])]
    )
    suggestions = [
        Suggestion(color=_hex(float(L[row, column]), ab), origin="here" if origin == "here" else "elsewhere")
        for ab, origin in chosen[:MOST]
    ]
    return Suggestions(
        suggestions=suggestions,
        confidence=float(colors.confidence[row, column].clip(0, 1)),
        lightness=float(L[row, column]),
    )


def _spread(ab: FloatArray) -> list[FloatArray]:
    """Pick colours that are far from each other, the most vivid first: `ab` is (n, 2)."""
    if len(ab) == 0:
        return []
    picked = [ab[np.argmax(np.hypot(ab[:, 0], ab[:, 1]))]]
    distance = np.full(len(ab), np.inf)
    for _ in range(MOST):
        distance = np.minimum(distance, np.hypot(*(ab - picked[-1]).T))
        if distance.max() < DIFFERENT:
            break
        picked.append(ab[np.argmax(distance)])
    return picked


def _different(colors: list[tuple[FloatArray, str]]) -> list[tuple[FloatArray, str]]:
    kept: list[tuple[FloatArray, str]] = []
    for ab, origin in colors:
        if all(np.hypot(*(ab - other)) >= DIFFERENT for other, _ in kept):
            kept.append((ab, origin))
    return kept


def _shrunk(L: FloatArray, h: int, w: int, stride: int) -> FloatArray:
    """Average L over the generator's cells."""
    padded = np.pad(L, ((0, h * stride - L.shape[0]), (0, w * stride - L.shape[1])), mode="edge")
    return np.asarray(padded.reshape(h, stride, w, stride).mean(axis=(1, 3)), dtype=np.float32)


def _hex(L: float, ab: FloatArray) -> str:
    rgb = lab_to_rgb(np.array([L, ab[0], ab[1]], np.float32))
    return "#" + "".join(f"{round(float(value) * 255):02x}" for value in rgb)
