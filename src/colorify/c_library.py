"""Functions of the C library that Python has no name for."""

import ctypes
from typing import Any


def find_function(name: str) -> Any:
    """Return a function of this process's C library; None where there is none of that name.

    Windows has no library of the whole process, and none of the functions that are asked for here.
    """
    try:
        library = ctypes.CDLL(None, use_errno=True)
    except TypeError:
        return None
    return getattr(library, name, None)
