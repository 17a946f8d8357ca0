"""Ctrl-C, `kill` and a closed terminal: the first asks to stop between two steps; the second acts.

The one way to stop, of photos and films alike: work asks what `stop_on_signals` gives between two of
its steps, leaves everything whole, and the exit code is 130, whichever signal it was.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

# a closed terminal is no signal on Windows, and Ctrl-Break is one only there
SIGNALS: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)


@contextmanager
def stop_on_signals() -> Iterator[Callable[[], bool]]:
    """Yield a function that says whether a signal has asked to stop; a second signal acts as it always does.

    Signals that the caller's caller ignores, as `nohup` does, stay ignored.
    """
    requested = False

    def request_stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal requested
        requested = True
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    before = {number: handler for number, handler in handlers.items() if handler != signal.SIG_IGN}
    for number in before:
        signal.signal(number, request_stop)
    try:
        yield lambda: requested
    finally:
        restore()
