"""What a person may choose of a photo: how its colours are to be, and how its file; checked where it is made.

`RANGES` is the one table of bounds. The command line, the HTTP API and the classes here and of films read it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from colorify.errors import UsageError

if TYPE_CHECKING:
    from colorify.hints import Hint  # which needs numpy, and this is read for a help text

FormatName = Literal["jpeg", "png", "tiff", "webp", "avif"]  # each a row of `images.formats.FORMATS`
FORMAT_NAMES: Final[tuple[FormatName, ...]] = get_args(FormatName)
FORMAT_ALIASES: Final[dict[str, FormatName]] = {"jpg": "jpeg", "jpe": "jpeg", "jfif": "jpeg", "tif": "tiff"}
PROFILES: Final = ("srgb", "keep", "p3", "adobe")  # RGB of a result; "keep": that of the photo
COMPARISON_STYLES: Final = ("side", "slider", "fade")  # both at once, or an animation between them
COMPARISON_CHOICES: Final = (*COMPARISON_STYLES, "slider.mp4", "fade.mp4")  # with a suffix: not the usual
DETAILS: Final = ("auto", "fast", "fine")  # how closely the generator looks: see `model.scale`
DEPTHS: Final = (8, 16)  # bits a sample of a result


@dataclass(frozen=True)
class Range:
    """The values that a number may take; both ends are among them."""

    low: float
    high: float | None = None  # None: there is no upper end
    unit: str = ""

    def __contains__(self, value: float) -> bool:
        return self.low <= value and (self.high is None or value <= self.high)

    def __str__(self) -> str:
        ends = f"{self.low:g} or more" if self.high is None else f"{self.low:g} to {self.high:g}"
        return f"{ends} {self.unit}".rstrip()


# by the name of a field; the comment beside a field says what its value means
RANGES: Final = {
    "strength": Range(0, 2),
    "vividness": Range(0, 2),
    "size": Range(32, 4096, "px"),
    "alternative": Range(1),
    "alternatives": Range(1, 9),
    "quality": Range(1, 100),
    "max_pixels": Range(1),
    "crf": Range(0, 51),
    "chroma_blur": Range(0, 100, "px"),
}


def check_ranges(options: Any) -> None:
    """Raise UsageError where a field of a dataclass, unless it is None, lies outside its range."""
    for field in fields(options):
        value = getattr(options, field.name)
        allowed = RANGES.get(field.name)
        if allowed is not None and value is not None and value not in allowed:
            raise UsageError(f"{field.name.replace('_', ' ')} {_spell(value)}: expected {allowed}.")


def check_choice(name: str, value: object, choices: Sequence[object]) -> None:
    """Raise UsageError where a value is none of the `choices`."""
    if value not in choices:
        raise UsageError(f"{name} {value!r}: expected one of {', '.join(map(str, choices))}.")


def parse_format(name: str) -> FormatName:
    """Return the format that is called `name` ("jpeg", "jpg", ".TIF" ...). Raises UsageError for others."""
    plain = name.lower().removeprefix(".")
    for known in FORMAT_NAMES:
        if FORMAT_ALIASES.get(plain, plain) == known:
            return known
    raise UsageError(f"format {name!r}: expected one of {', '.join(FORMAT_NAMES)}.")


@dataclass(frozen=True)
class ColorOptions:
    """How the colours of a photo are to be. Raises UsageError where a value is out of its range."""

    strength: float = 1.0  # 0 grey, 1 as generated, 2 twice that
    vividness: float = 1.0  # 0 cautious, 1 as trained, 2 bold
    size: int | None = None  # px, short side at which the generator sees the photo; None: the spec's
    hints: "tuple[Hint, ...]" = ()
    alternative: int = 1  # of the plausible colourings: 1 the likeliest
    detail: str = "auto"  # one of DETAILS

    def __post_init__(self) -> None:
        check_ranges(self)
        check_choice("detail", self.detail, DETAILS)


@dataclass(frozen=True)
class SaveOptions:
    """How the file of a photo is to be. Raises UsageError where a value is out of its range."""

    format: str | None = None  # one of FORMAT_NAMES, or an alias; None: as the target's suffix, or the source
    quality: int | None = None  # of JPEG, WebP and AVIF; 100 is lossless in the last two; None: the format's
    depth: int | None = None  # bits a sample: one of DEPTHS; None: as the source, if the format can
    profile: str = "srgb"  # one of PROFILES
    mark: bool = True  # say in the metadata that the colours were generated
    strip: bool = False  # leave the metadata of the photo out
    overwrite: bool = False  # what exists
    confidence: Path | None = None  # a grey picture to write beside it: black is unsure, white is sure
    layer: Path | None = (
        None  # the colour alone, transparent, to write beside it; or OpenRaster, with the grey
    )

    compare: Path | None = None  # before and after in one picture, to write beside it
    compare_style: str = "side"  # one of COMPARISON_STYLES

    @property
    def extra_files(self) -> "dict[str, Path]":
        """What is to be written beside the photo: the name of the field, and the file."""
        named = {"confidence": self.confidence, "layer": self.layer, "compare": self.compare}
        return {name: path for name, path in named.items() if path is not None}

    def alone(self) -> "SaveOptions":
        """Return the same with nothing written beside the photo."""
        return replace(self, confidence=None, layer=None, compare=None)

    def __post_init__(self) -> None:
        check_ranges(self)
        check_choice("profile", self.profile, PROFILES)
        check_choice("compare style", self.compare_style, COMPARISON_STYLES)
        if self.depth is not None:
            check_choice("depth", self.depth, DEPTHS)
        if self.format is not None:
            object.__setattr__(self, "format", parse_format(self.format))


def _spell(value: float) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
