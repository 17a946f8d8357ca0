"""libvips as this program calls it: its errors become one line, and its texts need not be UTF-8.

Nothing is set for the process: a program that imports Colorify keeps its own libvips. No loader is chosen by
libvips either, some of which nobody has fuzzed: a file is opened by the one loader for its first bytes.
"""

import atexit
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Final

import pyvips

from colorify.errors import PhotoError

# pyvips 3.2 raises the second where libvips quotes bytes of a file that are no UTF-8. It has not cleared the
# text then, so that every later call would fail over it: whoever catches these calls `first_error_line`
# or `clear_error`.
VIPS_ERRORS: Final = (pyvips.Error, UnicodeDecodeError)


def clear_error() -> None:
    """Make libvips forget its words of what failed."""
    pyvips.vips_lib.vips_error_clear()


def list_fields(image: pyvips.Image) -> list[str]:
    """Return the names of a picture's fields; pyvips' own fails over keywords of a PNG, which are Latin-1."""
    array = pyvips.vips_lib.vips_image_get_fields(image.pointer)
    names: list[str] = []
    while (name := array[len(names)]) != pyvips.ffi.NULL:
        names.append(bytes(pyvips.ffi.string(name)).decode("utf-8", "replace"))
        pyvips.glib_lib.g_free(name)
    pyvips.glib_lib.g_free(array)
    return names


# What GLib itself complains of, as of a width in a damaged header, would go to stderr, where the user of a
# command and the log of a server are.
_GLIB_DOMAINS: Final = (b"GLib", b"GLib-GObject")
_LEVELS: Final = pyvips.GLogLevelFlags.LEVEL_CRITICAL | pyvips.GLogLevelFlags.LEVEL_WARNING


@cache
def redirect_glib_log() -> None:
    """Give GLib's words to Python's logging, as pyvips does with libvips' own: for the whole process.

    Called by the command and the server.
    """
    for domain in _GLIB_DOMAINS:
        number = pyvips.glib_lib.g_log_set_handler(domain, _LEVELS, pyvips._log_handler_cb, pyvips.ffi.NULL)
        # at the end there is no Python to be called any more
        atexit.register(pyvips.glib_lib.g_log_remove_handler, domain, number)


class _Section:
    """One stretch of work that may fail."""

    def __init__(self) -> None:
        self.alone = True


_lock: Final = Lock()
_sections: Final[set[_Section]] = set()  # under way, on whatever threads


@contextmanager
def translate_vips_errors(name: str, explain: Callable[[], str | None] = lambda: None) -> Iterator[None]:
    """Turn an error of libvips into one line about the file `name`.

    `explain`: what is wrong with the file by its own bytes; sentences, without the name. libvips' own words
    are used where there is none, and only if they cannot be about another file: it keeps them for the whole
    process.
    """
    section = _begin()
    try:
        yield
    except VIPS_ERRORS as error:
        words = first_error_line(error)
        own = f" ({words})" if section.alone else ""
        raise PhotoError(f"{name}: {explain() or f'damaged or cut short{own}.'}") from error
    finally:
        with _lock:
            _sections.discard(section)


def _begin() -> _Section:
    section = _Section()
    with _lock:
        for other in _sections:
            other.alone = section.alone = False
        if section.alone:
            clear_error()  # of what failed without a word
        _sections.add(section)
    return section


def spoil() -> None:
    """Say that libvips has failed elsewhere, so that its words may now be about another file."""
    with _lock:
        for section in _sections:
            section.alone = False


def first_error_line(error: pyvips.Error | UnicodeDecodeError) -> str:
    """Return the first line of libvips' own words that says something, without the name it puts first."""
    if isinstance(error, UnicodeDecodeError):
        clear_error()
        text = error.object.decode("utf-8", "replace")
    else:
        text = str(error.detail)
    lines = [line.strip().rstrip(".") for line in text.splitlines() if line.strip()]
    words = lines[0].rpartition(": ")[2] if lines else "no reason is given"
    return "".join(letter if letter.isprintable() else "?" for letter in words)
