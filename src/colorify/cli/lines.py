"""Lines of text for a person: each stays one line, whatever file names hold."""

import json
import unicodedata
from collections.abc import Mapping
from typing import Final

import click

from colorify.cli.progress import above_bar

_BREAKING: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, halves of characters, separators of lines
# marks of the direction of text: with one of them "gpj.exe" is read as "exe.jpg"
_TURNING: Final = frozenset(map(chr, (0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))))


def print_line(text: str, *, err: bool = False) -> None:
    """Print one line on stdout, or on stderr (`err`).

    A file name may hold line feeds, escapes of a terminal and what turns the direction of text: they are
    spelt as Python spells them, so that a line of ours cannot be split, coloured or hidden. All that the
    command says goes through here, but for JSON, which spells them itself.
    """
    with above_bar():
        click.echo(spell_line(text), err=err)


def spell_line(text: str) -> str:
    """Return a text as one line, with what would split or turn it spelt out."""
    return "".join(map(_spelt, text))


def print_json(row: Mapping[str, object]) -> None:
    """Print one JSON object on stdout, on a line."""
    with above_bar():
        click.echo(json.dumps(row))


def _spelt(char: str) -> str:
    if char in _TURNING or unicodedata.category(char) in _BREAKING:
        return ascii(char)[1:-1]
    return char
