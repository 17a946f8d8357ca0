"""libvips as this program wants it: no loader that nobody has fuzzed, and errors that become one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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


@contextmanager
def reported(name: str) -> Iterator[None]:
    """Turn an error of libvips into one line about the file `name`."""
    try:
        yield
    except pyvips.Error as error:
        raise PhotoError(f"{name}: damaged or cut short ({reason(error)}).") from error


def reason(error: pyvips.Error) -> str:
    """Return the first line of libvips' own words that says something, without the name it puts first."""
    lines = [line.strip().rstrip(".") for line in str(error.detail).splitlines() if line.strip()]
    words = lines[0].rpartition(": ")[2] if lines else "no reason is given"
    return "".join(letter if letter.isprintable() else "?" for letter in words)
