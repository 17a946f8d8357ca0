"""How options of the command line are read: those that are more than a number or a name."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from click.shell_completion import CompletionItem

from colorify.cli.lines import print_line
from colorify.errors import UsageError
from colorify.model.devices import AUTO, DEVICE_NAMES
from colorify.options import DETAILS, FORMAT_NAMES, RANGES, parse_format

if TYPE_CHECKING:
    from colorify.hints import Hint, Length


def real_in(name: str) -> click.FloatRange:
    """Return the type of an option that takes the real numbers of a row of `options.RANGES`."""
    return click.FloatRange(RANGES[name].low, RANGES[name].high)


def whole_in(name: str) -> click.IntRange:
    """Return the type of an option that takes the whole numbers of a row of `options.RANGES`."""
    high = RANGES[name].high
    return click.IntRange(int(RANGES[name].low), None if high is None else int(high))


class FormatChoice(click.Choice[str]):
    """A format by its name, or by what files of it are called: jpg, .tif."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name of the format."""
        try:
            return parse_format(value)
        except UsageError as error:
            raise click.BadParameter(str(error), ctx, param) from error


STRENGTH: Final = click.option(
    "-s", "--strength", type=real_in("strength"), default=1.0, help="0 grey, 1 as generated, 2 twice that."
)
VIVIDNESS: Final = click.option(
    "--vividness", type=real_in("vividness"), default=1.0, help="0 cautious, 1 as trained, 2 bold."
)
SIZE: Final = click.option(
    "--size", type=whole_in("size"), help="Short side, in pixels, that the generator looks at."
)
DETAIL: Final = click.option(
    "--detail",
    type=click.Choice(DETAILS),
    default=DETAILS[0],
    help="How closely the generator looks: fast, once; fine, at two scales, in four times as long.",
)
FORMAT: Final = click.option(
    "--format", "format_", type=FormatChoice(FORMAT_NAMES), help="Format to write.  [default: as the input]"
)
# of images.formats.FORMATS, which is too heavy to load for a help text
DEFAULT_QUALITIES: Final = {"JPEG": 92, "WebP": 90, "AVIF": 75}
QUALITY: Final = click.option(
    "--quality",
    type=whole_in("quality"),
    help="Of JPEG, WebP and AVIF.  "
    f"[default: {', '.join(f'{name} {quality}' for name, quality in DEFAULT_QUALITIES.items())}]",
)
DEVICE: Final = click.option(
    "--device",
    type=click.Choice(DEVICE_NAMES),
    default=AUTO,
    help="Where the generator runs; auto: an accelerator that works, or the CPU.",
)
WEIGHTS: Final = click.option(
    "-m",
    "--weights",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Another generator: a file, or hf:OWNER/NAME[@REVISION].  [default: the embedded one]",
)
HINTS_FILE: Final = "colorify.hints_file"  # in the `meta` of a context
LENGTH: Final = r"(\d+(?:\.\d+)?%?)"
REACH: Final = r"([+-]\d+(?:\.\d+)?)"
PHOTO_HINT: Final = re.compile(rf"{LENGTH},{LENGTH},(#?[0-9a-zA-Z]+)(?:,{LENGTH})?(?:,{REACH})?")
NEUTRAL: Final = re.compile(rf"{LENGTH},{LENGTH}(?:,{LENGTH})?(?:,{REACH})?")


def read_photo_hints(
    ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]
) -> "tuple[Hint, ...]":
    """Read colours at places: each `X,Y,COLOR`, perhaps with `,RADIUS` and then `,+REACH` or `,-REACH`.

    X, Y and RADIUS: pixels of the upright photo, or percent: `50%,12.5%,#c08060,2%`.
    COLOR: see `parse_color`. REACH: 0..1, with its sign: `50%,12.5%,#c08060,+0.5`.
    """
    cure = (
        "write it like 120,80,#c08060 or 50%,30%,navy; a radius may follow: 120,80,#c08060,6, and a reach "
        "with its sign: 50%,30%,navy,+0.5"
    )
    found = []
    for text in texts:
        parts = _parts(PHOTO_HINT, text, cure, ctx, param)
        try:
            found.append(_hint(*parts))
        except UsageError as error:
            raise click.BadParameter(str(error), ctx, param) from error
    return tuple(found)


def read_neutrals(ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]) -> "tuple[Hint, ...]":
    """Read places that are grey: each `X,Y`, perhaps with a radius and a reach, as for hints."""
    from colorify.hints import Hint

    cure = "write it like 120,80 or 50%,30%; a radius may follow: 120,80,6, and a reach: 50%,30%,+0.5"
    found = []
    for text in texts:
        x, y, radius, reach = _parts(NEUTRAL, text, cure, ctx, param)
        try:
            found.append(Hint.neutral(*_place(x, y), _length(radius), float(reach or 0)))
        except UsageError as error:
            raise click.BadParameter(str(error), ctx, param) from error
    return tuple(found)


def read_hints_file(ctx: click.Context, param: click.Parameter, path: Path | None) -> "tuple[Hint, ...]":
    """Read the hints of a JSON file, and remember which it is: nothing is to be written onto it."""
    from colorify.hints import read_hint_file

    ctx.meta[HINTS_FILE] = path
    return read_hint_file(path) if path is not None else ()


def _parts(
    form: re.Pattern[str], text: str, cure: str, ctx: click.Context, param: click.Parameter
) -> tuple[str | None, ...]:
    match = form.fullmatch(text)
    if match is None:
        raise click.BadParameter(f"{text!r} is no hint; {cure}.", ctx, param)
    return match.groups()


def _hint(x: str | None, y: str | None, color: str | None, radius: str | None, reach: str | None) -> "Hint":
    from colorify.hints import Hint

    return Hint(*_place(x, y), color or "", _length(radius), float(reach or 0))


def _place(x: str | None, y: str | None) -> "tuple[Length, Length]":
    from colorify.hints import refuse_shares

    place = _length(x), _length(y)
    if all(text is not None and "." in text and not text.endswith("%") for text in (x, y)):
        refuse_shares(*map(float, place))
    return place


def _length(text: str | None) -> "Length":
    return text if text is not None and text.endswith("%") else float(text or 0)


def complete_file(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Leave it to the shell to name files."""
    return [CompletionItem(incomplete, type="file")]


def show_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    """Print the version and leave."""
    from colorify import __version__

    if wanted:
        print_line(f"colorify {__version__}")
        ctx.exit()
