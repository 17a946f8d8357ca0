"""Memory that is free inside this process, and could be of use to others."""

from colorify.c_library import find_function


def trim_heap() -> None:
    """Give the system back the memory of photos that have ended.

    glibc keeps it in a heap a thread, which grow for thousands of photos as they get scattered. Other C
    libraries have no such call, and no such need.
    """
    trim = find_function("malloc_trim")
    if trim is not None:
        trim(0)
