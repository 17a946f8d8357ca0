"""stdout and stderr that write all they are given, or say so.

Python's own leave off in the middle without a word where they are unbuffered (PYTHONUNBUFFERED=1), are None
where they are closed (`>&-`), and otherwise raise an OSError that does not say what could not be written.
"""

import errno
import io
import os
import select
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TextIO

from colorify.errors import ColorifyError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_STREAMS: Final = (0, 1, 2)  # descriptors of stdin, stdout and stderr


class OutputError(ColorifyError):
    """Stdout cannot be written."""

    def __init__(self, error: OSError) -> None:
        reason = "it is closed" if error.errno == errno.EBADF else error.strerror or error
        super().__init__(f"stdout: cannot be written ({reason}). Send it elsewhere, or make room for it.")
        # its reader has gone, as in `colorify --json album | head`, and so there is nobody to be told
        self.is_unwanted = error.errno == errno.EPIPE


class WholeWriter(io.RawIOBase):
    """Writes all that it is given; where it cannot, it raises once, if told to, and drops the rest."""

    def __init__(self, raw: io.RawIOBase | None, *, raises: bool) -> None:
        """Write to `raw`; None: to nothing, as it was closed before the process began."""
        self._raw = raw
        self._raises = raises
        self.error: OSError | None = None

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the descriptor, where there is one."""
        return super().fileno() if self._raw is None else self._raw.fileno()

    def isatty(self) -> bool:
        """Say whether it is a terminal."""
        return self._raw is not None and self._raw.isatty()

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write all of it, and return its size."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        try:
            while rest and self.error is None:
                rest = rest[self._write_some(rest) :]
        except OSError as error:
            self.error = error
            if self._raises:
                raise OutputError(error) from error
        return size

    def _write_some(self, data: memoryview) -> int:
        if self._raw is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        written = self._raw.write(data)
        if written is None:  # a pipe that its other end made non-blocking, and that is full
            select.select([], [self._raw], [])
        return written or 0


def check_streams() -> Callable[[], bool]:
    """Put a WholeWriter below sys.stdout and sys.stderr; return what says whether one of them lost anything.

    What cannot be said on stderr does not stop the work; that it was not said shows in the exit code. Who
    closes stderr (`2>&-`) wants to hear nothing, and nothing is lost.
    """
    _fill_descriptors()
    out = WholeWriter(_raw(sys.stdout), raises=True)
    err = WholeWriter(_raw(sys.stderr), raises=False)
    muted = sys.stderr is None
    sys.stdout, sys.stderr = _text(out, sys.stdout), _text(err, sys.stderr)
    return lambda: bool(out.error or (err.error and not muted))


def flush() -> None:
    """Write what stdout still holds; raises OutputError."""
    if sys.stdout is not None:
        sys.stdout.flush()


def _fill_descriptors() -> None:
    """Open those that are closed, on nothing: else the next file would get the number, and their lines."""
    for descriptor in _STREAMS:
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def _raw(stream: TextIO | None) -> io.RawIOBase | None:
    if stream is None:
        return None
    buffer: Any = stream.buffer
    raw: io.RawIOBase = getattr(buffer, "raw", buffer)  # unbuffered, it is one already
    return raw


def _text(writer: WholeWriter, like: TextIO | None) -> io.TextIOWrapper:
    """Return a text stream over `writer`, as `like` is; what its encoding does not know is spelt out."""
    encoding = "utf-8" if like is None else like.encoding
    errors = "backslashreplace" if like is None or like.errors == "strict" else like.errors
    return io.TextIOWrapper(io.BufferedWriter(writer), encoding=encoding, errors=errors, line_buffering=True)
