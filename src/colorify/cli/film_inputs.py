"""Films that are named among photos, as by `colorify *`: each goes to its verb."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from click.core import ParameterSource

from colorify.cli.command_table import is_film, is_film_name
from colorify.errors import UsageError, shell_word

if TYPE_CHECKING:
    from colorify.batch.inputs import Refusal

# what means the same for films
SHARED_OPTIONS: Final = (
    "strength",
    "vividness",
    "size",
    "weights",
    "device",
    "force",
    "no_mark",
    "report",
    "as_json",
    "quiet",
)
# What a film would not obey, and whoever typed it expects to be obeyed. The others choose how a photo is
# written, and there are photos.
PHOTO_OPTIONS: Final = {
    "output": "-o",
    "hints": "--hint",
    "neutrals": "--neutral",
    "kept_hints": "--hints",
    "reference": "--reference",
    "alternatives": "--alternatives",
    "confidence": "--confidence",
    "layer": "--layer",
    "compare": "--compare",
    "strip": "--strip",
    "detail": "--detail",
    "dry_run": "--dry-run",
}


def find_films(inputs: tuple[str, ...]) -> tuple[str, ...]:
    """Find the films among inputs: beside photos, not those that `--compare` made, which go to these.

    There they are passed over, as among films alone. Who names one by itself is told why nothing happens.
    """
    films = tuple(filter(is_film, inputs))
    if not films or len(films) == len(inputs):
        return films
    from colorify.batch.own_results import is_own_clip, remember_stems

    stems = remember_stems()
    return tuple(film for film in films if not is_own_clip(Path(film), stems))


def color_films(ctx: click.Context, films: tuple[str, ...]) -> int:
    """Colour films with the options that `colorify` was given for photos; return the exit code."""
    from colorify.cli.video import video

    code = ctx.invoke(
        video, films=tuple(map(Path, films)), **{option: ctx.params[option] for option in SHARED_OPTIONS}
    )
    return int(code)


def refuse_films(ctx: click.Context, films: tuple[str, ...]) -> "tuple[Refusal, ...]":
    """Refuse films where an option was given that is not for them, and say what to type for each."""
    from colorify.batch.inputs import Refusal

    given = [
        option
        for name, option in PHOTO_OPTIONS.items()
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    if not given:
        return ()
    options = " and ".join(given)
    return tuple(
        Refusal(
            film,
            f"{film}: is a film, and {options} here is for photos. Type: colorify video {shell_word(film)}",
        )
        for film in films
    )


def refuse_film_target(inputs: tuple[str, ...], output: str | None) -> None:
    """Raise UsageError where `output`, for several photos, is called as a film would be."""
    if output is None or not is_film_name(output) or Path(output).is_dir():
        return
    [first, *others] = inputs
    if not others and Path(first).is_dir():
        words = f"colorify video {shell_word(first)} -o {shell_word(output)}"
        raise UsageError(
            f"-o {output} is the name of a film. For a folder of photos end it in / (-o {output}/); "
            f"to make a film of these pictures, type: {words}"
        )
    if others:
        raise UsageError(f"-o {output} is the name of a film; for several photos give a folder.")
