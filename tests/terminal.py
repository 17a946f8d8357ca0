"""A terminal as a person sees it: the lines on its screen, now and at the end."""

import os
import re
import subprocess
import termios
from collections.abc import Iterator
from contextlib import suppress

import pyte

from waiting import PATIENCE

COLUMNS, LINES = 100, 40


def watch_screen(*words: str, code: int = 0, sized: bool = True) -> Iterator[list[str]]:
    """Run a command whose stdout and stderr are one terminal; yield the lines on it as they change.

    `sized`: the terminal says how large it is; some in containers do not.
    """
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    ours, theirs = os.openpty()
    if sized:
        termios.tcsetwinsize(ours, (LINES, COLUMNS))
    environment = {**os.environ, "TERM": "xterm"}
    with subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        with suppress(OSError):  # Linux, at the end of a terminal
            while read := os.read(ours, 10_000):
                for part in re.split(rb"(?=[\r\n])", read):
                    stream.feed(part)
                    yield _lines(screen)
        os.close(ours)
        assert process.wait(timeout=PATIENCE) == code, _lines(screen)


def last_screen(*words: str, code: int = 0) -> list[str]:
    """Run a command on a terminal; return the lines that stay."""
    *_, lines = watch_screen(*words, code=code)
    return lines


def _lines(screen: pyte.Screen) -> list[str]:
    return [line.rstrip() for line in screen.display if line.strip()]
