"""Root without the power to pass over file modes, so that what they forbid can be tested as root too."""

import ctypes
import os
import subprocess
import sys
from typing import Final

import pytest

# linux/prctl.h and linux/capability.h
_DROP_FROM_BOUNDS: Final = 24  # PR_CAPBSET_DROP; what is dropped is gone at the next exec
_POWERS: Final = (1, 2, 3)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER


def drop_power() -> None:
    """Give it up: for `preexec_fn` of subprocess. Whoever is not root has none."""
    if os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    for power in _POWERS:
        if libc.prctl(_DROP_FROM_BOUNDS, power, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def _can_drop_power() -> bool:
    if sys.platform != "linux":
        return os.geteuid() != 0
    try:
        subprocess.run([sys.executable, "-c", ""], check=True, preexec_fn=drop_power)
    except subprocess.SubprocessError:
        return False
    return True


NEEDS_MODES = pytest.mark.skipif(
    not _can_drop_power(), reason="no file mode stops root, and its powers cannot be dropped here"
)
