"""Memory that is free inside this process, and could be of use to others."""

import ctypes


def trim_heap() -> None:
    """Give the system back the memory of photos that have ended.

    glibc keeps it in a heap a thread, which grow for thousands of photos as they get scattered. Other C
    libraries have no such call, and no such need.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
