"""Every error that Colorify shows a person.

    ColorifyError
    ├── PhotoError          one photo cannot be read, coloured or written; the others can go on
    │   └── TooLargeError   it has more pixels than are allowed
    ├── FilmError           a film cannot be read or written
    ├── UsageError          an option or argument makes no sense
    └── SetupError          this machine lacks something: an extra, a free port
        └── WeightsError    a weights file is missing, damaged or of another kind

A message says what, where, what was expected against what was found, and what to type next. The options that
it names are spelt by whoever shows it: `str` spells them for Python, `cli.wording` for the command line.
"""

import os
import re
import shlex
from collections.abc import Callable
from enum import IntEnum
from typing import ClassVar, Final

from colorify.extras import describe_extra


class ExitCode(IntEnum):
    """What a command ends with, for scripts."""

    DONE = 0
    FAILED = 1  # some inputs, or what was to be printed
    USAGE = 2
    ENVIRONMENT = 3  # an extra, a usable weights file or a free port is missing
    INTERRUPTED = 130  # 128 + SIGINT, as shells have it; for every signal, so that scripts ask for one code


# what stands in a message for an option, which each caller spells in its own way: \x1f NAME [= VALUE] \x1f
_OPTION: Final = re.compile("\x1f([a-z_]+)(?:=([^\x1f]*))?\x1f")
INSTALL: Final = "install"  # as the name: the command that installs the extra VALUE, on this machine
SpellOption = Callable[[str, str | None], str]  # name and value of an option -> how a caller writes it


def option(name: str, value: object = None) -> str:
    """Return what stands in a message for an option of `Colorizer.colorize_file` and its like."""
    return f"\x1f{name}\x1f" if value is None else f"\x1f{name}={value}\x1f"


def spell_keyword(name: str, value: str | None) -> str:
    """Write an option as a Python program does."""
    if name == INSTALL and value is not None:
        return describe_extra(value)
    if value is None:
        return name
    return f"{name}={value}" if value == "True" or value.isdigit() else f"{name}={value!r}"


def shell_word(text: str, *, windows: bool = os.name == "nt") -> str:
    """Return a name as a person types it: quoted where the shell of this system would take it apart."""
    if not windows:
        return shlex.quote(text)
    return f'"{text}"' if re.search(r"[\s&()^;,=%!]", text) else text  # no name there has a `"`


def spell_count(count: int, noun: str) -> str:
    """Return "1 photo", "2 photos"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


class ColorifyError(Exception):
    """The root: catch it to catch all that Colorify reports on purpose."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    @property
    def message(self) -> str:
        """The message, in which `option` still stands for options: for another error that quotes it."""
        return super().__str__()

    def spell(self, spell_option: SpellOption) -> str:
        """Return the message with its options as a caller spells them."""
        return _OPTION.sub(lambda found: spell_option(found[1], found[2]), self.message)

    def __str__(self) -> str:
        return self.spell(spell_keyword)


class PhotoError(ColorifyError):
    """One photo cannot be read, coloured or written."""


class TooLargeError(PhotoError):
    """A photo of `width` x `height` has more pixels than the `allowed` ones."""

    def __init__(self, message: str, width: int, height: int, allowed: int) -> None:
        super().__init__(message)
        self.width, self.height, self.allowed = width, height, allowed


class FilmError(ColorifyError):
    """A film cannot be read or written."""


class UsageError(ColorifyError):
    """An option or an argument makes no sense."""

    exit_code = ExitCode.USAGE


class SetupError(ColorifyError):
    """This machine lacks something: an extra, a usable weights file, a free port."""

    exit_code = ExitCode.ENVIRONMENT


class WeightsError(SetupError):
    """A weights file is missing, damaged or of another kind."""
