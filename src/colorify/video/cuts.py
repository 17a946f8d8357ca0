"""Where one shot ends and another begins."""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from colorify.video.optical_flow import FIELD_STEP, Motion, warp

Grey = NDArray[Any]  # (h, w) uint8

# of a product: what is left after motion is taken out, over the contrast of the frame, times the share of it
# that has no believable counterpart. Measured: cuts between photographs 0.64 and more, a flash of 1.5 times
# the light up to 0.16, motion up to 0.02
UNEXPLAINED: Final = 0.19
MIN_LOST: Final = 0.04  # of the frame; with less the rest cannot come to UNEXPLAINED, and is not computed
FLAT: Final = 4.0  # of 255: contrast of a frame that shows nothing, such as black leader


def is_cut(earlier: Grey, later: Grey, motion: Motion) -> bool:
    """Tell whether a cut lies between two neighbouring frames, (h, w) uint8.

    A cut is where motion explains the later frame neither by its brightness nor by its geometry. Exposure
    does not count, so that a flash, a fade or the flicker of an old camera is no cut.
    """
    before, now = (cv2.blur(frame, (3, 3)) for frame in (earlier, later))
    shows_before, shows_now = (_contrast(frame) >= FLAT for frame in (before, now))
    if not (shows_before and shows_now):
        return shows_before != shows_now
    lost = 1.0 - float((motion.seen_before > 0.1).mean())
    if lost < MIN_LOST:
        return False
    larger = cv2.resize(motion.backward, later.shape[::-1], interpolation=cv2.INTER_LINEAR)
    flow = np.asarray(FIELD_STEP * larger, np.float32)
    residue = float(np.abs(warp(_leveled(before), flow) - _leveled(now)).mean())
    return residue * lost > UNEXPLAINED


def _contrast(frame: Grey) -> float:
    """Return the standard deviation of a frame; `numpy.std` takes five times as long."""
    return float(cv2.meanStdDev(frame)[1][0, 0])


def _leveled(smooth: Grey) -> NDArray[np.float32]:
    """Return a frame with its exposure taken out, mean 0 and spread 1."""
    picture = cv2.equalizeHist(smooth).astype(np.float32)
    return np.asarray((picture - picture.mean()) / picture.std())
