"""A measure of work that no machine and no load changes."""

import sys
from collections.abc import Callable


def calls(work: Callable[[], object]) -> int:
    """Count the calls of functions, Python's and C's, in this thread."""
    count = 0

    def see(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(see)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count
