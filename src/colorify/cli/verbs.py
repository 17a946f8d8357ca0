"""The verbs of the command line: a table, of which only the row that is called gets loaded."""

from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from pathlib import PurePath
from typing import Final

import click


@dataclass(frozen=True)
class Verb:
    """Where a verb is, and its line in the help."""

    module: str
    command: str
    help: str


DEFAULT: Final = "colorize"
FILM: Final = "video"
FILM_SUFFIXES: Final = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".m2v", ".ts", ".m2ts"}
    | {".mts", ".vob", ".wmv", ".flv", ".ogv", ".3gp", ".mxf", ".dv", ".y4m"}
)
VERBS: Final = {
    DEFAULT: Verb("colorify.cli.colorize", "colorize", "Colour photos; what is done when no verb is given."),
    FILM: Verb("colorify.cli.video", "video", "Colour films; without a verb too."),
    "train": Verb("colorify.cli.train", "train", "Make a generator from shards of colour photos."),
    "export": Verb("colorify.cli.export", "export", "Turn a training run into a weights file."),
    "evaluate": Verb("colorify.cli.evaluate", "evaluate", "Measure the colours against true ones."),
    "data": Verb("colorify.cli.data", "data", "Gather, screen and pack photos for training."),
    "serve": Verb("colorify.cli.serve", "serve", "Colour photos in the browser; also an HTTP API."),
}


class Verbs(click.Group):
    """Runs the verb that the first argument names; any other first argument is input of the default verb."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default verb in front where none is given, so that `-h` is its help and lists the rest."""
        if not args or args[0] not in VERBS:
            args = [FILM if _names_film(args) else DEFAULT, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        verb = VERBS.get(cmd_name)
        if verb is None:
            return None
        command: click.Command = getattr(import_module(verb.module), verb.command)
        return command


def _names_film(args: list[str]) -> bool:
    """Whether an argument, other than the value of -o, is the name of a film."""
    named = [arg for before, arg in pairwise(["", *args]) if before not in ("-o", "--output")]
    return any(PurePath(arg).suffix.lower() in FILM_SUFFIXES for arg in named if not arg.startswith("-"))
