"""Every error that Colorify shows a person.

    ColorifyError
    ├── PhotoError          one photo cannot be read, coloured or written; the others can go on
    │   └── TooLargeError   it has more pixels than are allowed
    ├── FilmError           a film cannot be read or written
    ├── UsageError          an option or argument makes no sense
    └── SetupError          this machine lacks something: an extra, a free port
        └── WeightsError    a weights file is missing, damaged or of another kind

A message says what, where, what was expected against what was found, and what to type next.
"""


class ColorifyError(Exception):
    """The root: catch it to catch all that Colorify reports on purpose."""

    exit_code = 1


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

    exit_code = 2


class SetupError(ColorifyError):
    """This machine lacks something: an extra, a usable weights file, a free port."""

    exit_code = 3


class WeightsError(SetupError):
    """A weights file is missing, damaged or of another kind."""
