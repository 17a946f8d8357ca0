"""The verbs of the command line: a table, of which only the row that is called gets loaded."""

import os
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from colorify.cli.numbers import bound_numbers
from colorify.errors import UsageError


@dataclass(frozen=True)
class Verb:
    """Where a verb is, and its line in the help."""

    module: str
    command: str
    help: str


DEFAULT_VERB: Final = "colorize"
FILM_VERB: Final = "video"
FILM_SUFFIXES: Final = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".m2v", ".ts", ".m2ts"}
    | {".mts", ".vob", ".wmv", ".flv", ".ogv", ".3gp", ".mxf", ".dv", ".y4m"}
)
VERBS: Final = {
    DEFAULT_VERB: Verb(
        "colorify.cli.colorize", "colorize", "Colour photos; what is done when no verb is given."
    ),
    FILM_VERB: Verb("colorify.cli.video", "video", "Colour films; without a verb too."),
    "bulk": Verb("colorify.cli.bulk", "bulk", "Colour photos by the million, on a cluster too."),
    "train": Verb("colorify.cli.train", "train", "Make a generator from shards of colour photos."),
    "export": Verb("colorify.cli.export", "export", "Turn a training run into a weights file."),
    "models": Verb("colorify.cli.models", "models", "List the models that are there."),
    "evaluate": Verb("colorify.cli.evaluate", "evaluate", "Measure the colours against true ones."),
    "data": Verb("colorify.cli.data", "data", "Gather, screen and pack photos for training."),
    "serve": Verb("colorify.cli.serve", "serve", "Colour photos in the browser; also an HTTP API."),
    "help": Verb("colorify.cli.help", "help", "Say more of a verb: colorify help video."),
}
SUGGESTION_CUTOFF: Final = 0.7  # of difflib: vidoe, traing and serv are near enough, album is near to none

# as people know them from rembg; a file of such a name is ./p
ALIASES: Final = {"p": DEFAULT_VERB, "s": "serve"}


class VerbGroup(click.Group):
    """Runs the verb that the first argument names; any other first argument is input of the default verb."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the verb in front where none is given, so that `-h` is its help and lists the rest."""
        if ctx.resilient_parsing and not args:
            return super().parse_args(ctx, args)  # a shell asks which first words there are
        if args and args[0] in ALIASES:
            args = [ALIASES[args[0]], *args[1:]]
        if not args or args[0] not in VERBS:
            if not ctx.resilient_parsing:
                _refuse_typo(args)
            args = [self.choose_verb(ctx, args), *args]
        return super().parse_args(ctx, args)

    def choose_verb(self, ctx: click.Context, args: list[str]) -> str:
        """Return the verb that a command line without one means.

        Films alone go to theirs at once, so that all its options may be given. Films among photos get there
        through the default verb.
        """
        if not any(map(is_film, args)):
            return DEFAULT_VERB  # nor need the verbs be loaded to tell
        inputs = self._find_inputs(ctx, args)
        return FILM_VERB if inputs and all(map(is_film, inputs)) else DEFAULT_VERB

    def _find_inputs(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Tell inputs from options, be those of photos or of films; none where that is not possible."""
        options: dict[str, click.Parameter] = {}
        for verb in (DEFAULT_VERB, FILM_VERB):
            command = self.get_command(ctx, verb)
            params = [] if command is None else command.params
            options.update({param.opts[0]: param for param in params if isinstance(param, click.Option)})
        either = click.Command("either", params=[click.Argument(["inputs"], nargs=-1), *options.values()])
        own = click.Context(either, help_option_names=ctx.help_option_names)
        try:
            values, _, _ = either.make_parser(own).parse_args(list(args))
        except click.UsageError:
            return []  # the verb will say what is wrong
        return [*values["inputs"]]

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return what the first word may be: a verb, an option for photos, or a file."""
        default = self.get_command(ctx, DEFAULT_VERB)
        assert default is not None
        own = click.Context(default, parent=ctx, info_name=DEFAULT_VERB, resilient_parsing=True)
        options = default.shell_complete(own, incomplete) if incomplete.startswith("-") else []
        return [*super().shell_complete(ctx, incomplete), *options, CompletionItem(incomplete, type="file")]

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _load_verb(cmd_name) if cmd_name in VERBS else None


@cache
def _load_verb(name: str) -> click.Command:
    """Load a verb, once, and have its process set up before it runs; a help text does without."""
    command: click.Command = getattr(import_module(VERBS[name].module), VERBS[name].command)
    bound_numbers(command)
    run = command.callback

    def run_prepared(*arguments: Any, **options: Any) -> Any:
        from colorify.images.vips import redirect_glib_log

        redirect_glib_log()
        return None if run is None else run(*arguments, **options)

    command.callback = run_prepared
    return command


def suggest_verb(word: str) -> str:
    """Return a question, whether a verb was meant that is spelt nearly so; or nothing."""
    near = get_close_matches(word.lower(), VERBS, n=1, cutoff=SUGGESTION_CUTOFF)
    return f"; did you mean {near[0]}?" if near else ""


def _refuse_typo(args: list[str]) -> None:
    """Raise UsageError where the first word is no file and nearly a verb: it is not to be run as a photo."""
    if args and args[0].isalpha() and not os.path.lexists(args[0]) and (question := suggest_verb(args[0])):
        raise UsageError(f"{args[0]}: no file, no folder and no verb is called so{question}")


def is_film(text: str) -> bool:
    """Whether an input is a film: by its name, as no file is opened to find out what verb is meant."""
    return is_film_name(text) and not Path(text).is_dir()


def is_film_name(text: str) -> bool:
    """Whether it is what a film would be called."""
    return (
        not text.startswith("-")
        and not text.endswith(("/", os.sep))
        and Path(text).suffix.lower() in FILM_SUFFIXES
    )
