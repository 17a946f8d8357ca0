"""Colorify turns black-and-white photographs into colour ones, and leaves the photograph itself untouched.

from colorify import Colorizer, colorize

colorize("grandma.jpg")                     # writes grandma-color.jpg, returns its path
Colorizer(threads=2).colorize(pixels)       # numpy array in, numpy array out
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from colorify.colorizer import Colorizer, colorize
    from colorify.errors import ColorifyError
    from colorify.hints import Hint
    from colorify.model.suggestions import Suggestion
    from colorify.result import Report

__version__ = "0.1.0"
__all__ = ["ColorifyError", "Colorizer", "Hint", "Report", "Suggestion", "__version__", "colorize"]

# Loaded when they are first used: libvips and ONNX Runtime take 20 times longer than all else.
_HOMES = {
    "ColorifyError": "colorify.errors",
    "Colorizer": "colorify.colorizer",
    "Hint": "colorify.hints",
    "Report": "colorify.result",
    "Suggestion": "colorify.model.suggestions",
    "colorize": "colorify.colorizer",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
