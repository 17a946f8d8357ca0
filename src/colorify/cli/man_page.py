"""The page of `man colorify`, made from the verbs: python -m colorify.cli.man_page > man/colorify.1"""

import sys
from collections.abc import Iterator
from typing import Final

import click

from colorify import __version__
from colorify.cli.command import group
from colorify.cli.help_page import EXAMPLES, group_options, spell_command

EXIT_CODES: Final = {
    "0": "done",
    "1": "some inputs failed, or what goes to stdout or stderr could not be written",
    "2": "the command makes no sense",
    "3": "something is missing on this machine",
    "130": "interrupted",
}


def make_man_page() -> str:
    """Return the page in the language of man(7)."""
    top = click.Context(group, info_name="colorify", **group.context_settings)
    default, *others = list_contexts(top)
    lines = [
        f'.TH COLORIFY 1 "" "Colorify {__version__}"',
        *(".SH NAME", r"colorify \- turns black\-and\-white photographs and films into colour ones"),
        *(".SH SYNOPSIS", ".B colorify", "[OPTIONS] INPUT...", ".br", ".B colorify", "VERB [OPTIONS] ..."),
        *(".SH DESCRIPTION", *_paragraphs(default), *_options(default, ".SH")),
        *(".SH VERBS", *(line for ctx in others for line in _verb(ctx))),
        *(".SH EXIT STATUS", *(line for code, why in EXIT_CODES.items() for line in (".TP", code, why))),
        *(".SH EXAMPLES", *_examples(default)),
    ]
    return "\n".join(lines) + "\n"


def list_contexts(top: click.Context) -> Iterator[click.Context]:
    """Make a context of each verb, the default one first, and of the commands that a verb has."""
    for name in group.list_commands(top):
        command = group.get_command(top, name)
        assert command is not None
        ctx = click.Context(command, info_name=name, parent=top)
        yield ctx
        if isinstance(command, click.Group):
            inner = command.commands.items()
            yield from (click.Context(each, info_name=word, parent=ctx) for word, each in inner)


def _verb(ctx: click.Context) -> Iterator[str]:
    usage = " ".join(ctx.command.collect_usage_pieces(ctx))
    yield f".SS {_escape(f'colorify {spell_command(ctx)} {usage}')}"
    yield from _paragraphs(ctx)
    yield from _options(ctx, None)
    yield from _examples(ctx)


def _paragraphs(ctx: click.Context) -> Iterator[str]:
    for paragraph in (ctx.command.help or "").strip().split("\n\n"):
        yield ".PP"
        yield _escape(" ".join(paragraph.split()))


def _options(ctx: click.Context, heading: str | None) -> Iterator[str]:
    for title, rows in group_options(ctx).items():
        if heading is not None:
            yield f"{heading} {title.upper()}"
        for names, what in rows:
            yield from (".TP", rf"\fB{_escape(names)}\fR", _escape(what))


def _examples(ctx: click.Context) -> Iterator[str]:
    yield from (".PP", ".nf")
    yield from map(_escape, EXAMPLES[spell_command(ctx)])
    yield ".fi"


def _escape(text: str) -> str:
    """Spell what roff would take for itself."""
    plain = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{plain}" if plain.startswith((".", "'")) else plain


if __name__ == "__main__":
    sys.stdout.write(make_man_page())
