"""Errors of the library in the words of the command line: its options are spelt as they are typed."""

from typing import Final

from colorify.errors import INSTALL, ColorifyError
from colorify.extras import describe_extra

# what is not here is --NAME
_FLAGS: Final = {"overwrite": "--force", "weights": "-m", "alternative": "--alternatives"}


def describe_error(error: ColorifyError) -> str:
    """Return the message of an error, as who typed a command line reads it."""
    return error.spell(_spell_flag)


def _spell_flag(name: str, value: str | None) -> str:
    if name == INSTALL and value is not None:
        return describe_extra(value)
    flag = _FLAGS.get(name, f"--{name.replace('_', '-')}")
    return flag if value in (None, "True") else f"{flag} {value}"
