"""libvips as this program wants it: no loader that nobody has fuzzed, and errors that become one line."""

import atexit
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final

import pyvips

from colorify.errors import PhotoError


def _text(pointer: Any) -> str:
    """Read a text of libvips, which may quote the bytes of a damaged file."""
    return str(pyvips.ffi.string(pointer).decode("utf-8", "replace"))


# Of the whole process: ours are called by name in any case.
pyvips.block_untrusted_set(True)
# pyvips 3.2 dies of an error text that is not UTF-8 before it has cleared it, and so do all calls after that.
pyvips.error._to_string = _text
pyvips.vimage._to_string = _text  # likewise of names of fields: keywords in a PNG are Latin-1
# What GLib itself complains of, as of a width in a damaged header, would go to stderr, where the user of a
# command and the log of a server are: it goes to Python's logging, as pyvips has it for libvips' own words.
_GLIB_DOMAINS: Final = (b"GLib", b"GLib-GObject")
_LEVELS: Final = pyvips.GLogLevelFlags.LEVEL_CRITICAL | pyvips.GLogLevelFlags.LEVEL_WARNING


def _redirect_log(domain: bytes) -> None:
    number = pyvips.glib_lib.g_log_set_handler(domain, _LEVELS, pyvips._log_handler_cb, pyvips.ffi.NULL)
    # at the end there is no Python to be called any more
    atexit.register(pyvips.glib_lib.g_log_remove_handler, domain, number)


for _domain in _GLIB_DOMAINS:
    _redirect_log(_domain)


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
    except pyvips.Error as error:
        own = f" ({first_error_line(error)})" if section.alone else ""
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
            pyvips.vips_lib.vips_error_clear()  # of what failed without a word
        _sections.add(section)
    return section


def spoil() -> None:
    """Say that libvips has failed elsewhere, so that its words may now be about another file."""
    with _lock:
        for section in _sections:
            section.alone = False


def first_error_line(error: pyvips.Error) -> str:
    """Return the first line of libvips' own words that says something, without the name it puts first."""
    lines = [line.strip().rstrip(".") for line in str(error.detail).splitlines() if line.strip()]
    words = lines[0].rpartition(": ")[2] if lines else "no reason is given"
    return "".join(letter if letter.isprintable() else "?" for letter in words)
