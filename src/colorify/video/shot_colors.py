"""A thing keeps its colour for as long as a shot shows it: looks are brought to the colours of their shot.

The generator may take a shirt for red in one frame and for blue a second later. A mean of both is violet, and
one that forgets turns from the one to the other. So only the shapes of a new look are believed. How far the
colours that were carried to the frame are from those of the look is smoothed along the edges that the look
sees, by L and its own ab (`guided_filter`), and added:

    shift = smooth(share * (shot - look)) / smooth(share)
    ab    = look + shift

A whole thing gets one shift, which gives it the colour that it had; where the motion has smeared colours
across an edge, the shift has no such edge and the smear goes. What has just come into view is not known, and
keeps the colour that the look gave it, unless it is part of a thing nearby that is known. A look that is much
surer than all before is followed by that much.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from colorify.video.guided_filter import filter_guided
from colorify.video.weighted_colors import WeightedColors

FloatArray = NDArray[np.float32]

RADIUS_CELLS: Final = 8  # of the window in which a thing is taken to have one shift
EPSILON_LAB_SQUARED: Final = 16.0  # Lab squared; less than its root, 4, is no edge
# of the confidence of a look: with so much weight what was carried and the look count the same
TRUSTED_SHARE: Final = 0.15
KNOWN_SHARE: Final = 0.5  # of a thing that has to be known for all of it to get its shift


def align_look(
    shot: WeightedColors,
    look: WeightedColors,
    L: FloatArray,
    *,
    hinted_cells: NDArray[np.bool_] | None = None,
) -> WeightedColors:
    """Return what a look says of a frame in the colours that were carried there; its weight stays.

    `L`: (h, w), 0..100, of its cells. `hinted_cells`: (h, w), where a person says the colour, which stays.
    """
    trust, doubt = np.square(shot.weight), np.square(np.float32(TRUSTED_SHARE) * look.weight)
    share = trust / (trust + doubt)
    difference = (shot.ab - look.ab) * share[:, :, None]
    smooth = filter_guided(
        np.stack([difference[:, :, 0], difference[:, :, 1], share]),
        np.stack([L, look.ab[:, :, 0], look.ab[:, :, 1]]),
        radius=RADIUS_CELLS,
        epsilon=EPSILON_LAB_SQUARED,
    )
    shift = smooth[:2] / np.maximum(smooth[2], np.float32(KNOWN_SHARE))
    if hinted_cells is not None:
        shift[:, hinted_cells] = 0
    return WeightedColors(np.asarray(look.ab + shift.transpose(1, 2, 0), np.float32), look.weight)
