"""What the server writes to stderr: a line a thing, which no client can break, colour or repeat at will."""

import logging
import time
from collections.abc import Callable
from typing import Any, Final

from colorify.server.plain_text import escape_unprintable

REPEAT_SECONDS: Final = 10.0  # in which a thing is said once
TRACEBACK_PREFIX: Final = (
    "  | "  # before each line of a traceback, so that none can pass for a line of the log
)


class PlainFormatter(logging.Formatter):
    """Time, level, and a message in which line breaks and terminal escapes are written out."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, and those of a traceback behind a bar."""
        lines = [
            f"{self.formatTime(record)} {record.levelname} {escape_unprintable(record.getMessage().strip())}"
        ]
        if record.exc_info:
            lines += [
                TRACEBACK_PREFIX + escape_unprintable(line)
                for line in self.formatException(record.exc_info).split("\n")
            ]
        return "\n".join(lines)


class RepeatFilter(logging.Filter):
    """Lets what one place of the code says for one reason through once in a while, and counts the rest.

    A client that causes an error causes it as often as it likes; that must not fill a disk.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[tuple[object, ...], tuple[float, int]] = {}  # bounded by the lines of the code

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether to write it, and how many like it were not written."""
        place = _place(record)
        last, left_out = self._said.get(place, (-REPEAT_SECONDS, 0))
        now = self._clock()
        if now - last < REPEAT_SECONDS:
            self._said[place] = (last, left_out + 1)
            return False
        self._said[place] = (now, 0)
        if left_out:
            record.msg, record.args = f"{record.getMessage().strip()} ({left_out} more not written)", ()
        return True


def _place(record: logging.LogRecord) -> tuple[object, ...]:
    """Return where it is said, and where the error that it is about arose."""
    kind, _, trace = record.exc_info or (None, None, None)
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    arose = () if trace is None else (trace.tb_frame.f_code.co_filename, trace.tb_lineno)
    return (record.pathname, record.lineno, kind, *arose)


# of the forms and files of strangers they say much, about each again, and in their words
QUIET_LOGGERS: Final = ("python_multipart", "multipart", "pyvips")
QUIET_LEVEL: Final = logging.CRITICAL + 1  # GLib calls a width in a damaged header critical
CONFIG: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": PlainFormatter}},
    "filters": {"seldom": {"()": RepeatFilter}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["seldom"]},
    },
    "loggers": {name: {"level": QUIET_LEVEL} for name in QUIET_LOGGERS},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
