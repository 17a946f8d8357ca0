"""What Ctrl-C, `kill` and a closed terminal do to the command wherever no verb listens by `stopping`.

Python's own answers do not suit a command: SIGTERM kills it between two instructions, and the
KeyboardInterrupt of Ctrl-C, raised while numpy or PyTorch are being imported, comes out as a traceback of
theirs.
"""

import _thread
import atexit
import os
import signal
import time
from collections.abc import Iterator
from itertools import pairwise, takewhile
from types import FrameType
from typing import Final

from colorify.cli.signals import SIGNALS
from colorify.errors import ExitCode

_IMPORT: Final = "<frozen importlib"  # begins the file name of the code that imports
_HERE: Final = "colorify.cli"
_PAUSE: Final = 0.02  # s after which a signal is heard again that came at a bad moment


class Interruption:
    """From `begin` on a signal ends the process with INTERRUPTED, from `end` on with the code given there.

    While a verb is at its work, the first signal is a KeyboardInterrupt, so that what is half done is cleared
    away; where the work happens to be importing something, once that is imported. Before, and while a verb
    loads its modules, nothing is half done: the process ends at once. So it does on a second signal.
    """

    def __init__(self) -> None:
        self._code: int = ExitCode.INTERRUPTED
        self._leaving = False

    def begin(self) -> None:
        """Take over the signals of the process, but those that it was started to ignore, as by `nohup`."""
        atexit.register(_ignore)  # the first to be registered is the last to be called
        for number in SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._heed)
        if hasattr(os, "register_at_fork"):  # a forked worker is ended by a signal as any other process is
            os.register_at_fork(after_in_child=_restore)

    def end(self, code: int) -> None:
        """Note that the work is over: a signal that comes during the tidying up ends that, not the result."""
        self._code, self._leaving = code, True

    def _heed(self, number: int, frame: FrameType | None) -> None:
        work = _work(frame)
        if self._leaving or work is None:
            os._exit(self._code)
        if any(map(_imports, work)):
            _thread.start_new_thread(_repeat, (number, _thread.get_ident()))
            return
        self._leaving = True
        raise KeyboardInterrupt


def _work(frame: FrameType | None) -> list[FrameType] | None:
    """Return the frames of the verb that is at work, innermost first; None where none has begun."""
    frames = list(_outwards(frame))
    work = list(takewhile(lambda frame: not _calls_verb(frame), frames))
    loads = any(_imports(inner) and _module(outer).startswith(_HERE) for inner, outer in pairwise(work))
    return None if loads or len(work) == len(frames) else work


def _repeat(number: int, thread: int) -> None:
    """Send the signal again, and really: a thread that sleeps by then must wake up."""
    time.sleep(_PAUSE)
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(thread, number)
    else:
        _thread.interrupt_main(signal.Signals(number))


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _calls_verb(frame: FrameType) -> bool:
    return _module(frame) == "click.core" and frame.f_code.co_qualname == "Context.invoke"


def _imports(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(_IMPORT)


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _ignore() -> None:
    _set(signal.SIG_IGN)


def _restore() -> None:
    _set(signal.SIG_DFL)


def _set(handler: signal.Handlers) -> None:
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)
