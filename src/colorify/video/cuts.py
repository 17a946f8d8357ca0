"""Where one shot ends and another begins."""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from colorify.video.optical_flow import Motion, warp

Grey = NDArray[Any]  # (h, w) uint8

# of a product: what is left after motion is taken out, over the contrast of the frame, times the share of it
# that has no believable counterpart. Measured: cuts between photographs 0.64 and more, a flash of 1.5 times
# the light up to 0.16, motion up to 0.02
UNEXPLAINED: Final = 0.19
FLAT: Final = 4.0  # of 255: contrast of a frame that shows nothing, such as black leader


def is_cut(earlier: Grey, later: Grey, motion: Motion) -> bool:
    """Tell whether a cut lies between two neighbouring frames, (h, w) uint8.

    A cut is where motion explains the later frame neither by its brightness nor by its geometry. Exposure
    does not count, so that a flash, a fade or the flicker of an old camera is no cut.
    """
    before, now = _leveled(earlier), _leveled(later)
    if before is None or now is None:
        return (before is None) != (now is None)
    residue = float(np.abs(warp(before, motion.backward) - now).mean())
    lost = 1.0 - float((motion.seen_before > 0.1).mean())
    return residue * lost > UNEXPLAINED


def _leveled(frame: Grey) -> NDArray[np.float32] | None:
    """Return a frame with its exposure taken out, mean 0 and spread 1; None if it shows nothing."""
    smooth = cv2.blur(frame, (3, 3))
    if float(smooth.std()) < FLAT:
        return None
    picture = cv2.equalizeHist(smooth).astype(np.float32)
    return np.asarray((picture - picture.mean()) / picture.std())
