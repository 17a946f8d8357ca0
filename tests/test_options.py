"""What a person may choose: the same bounds wherever it is chosen, each value checked where it is made."""

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import click
import pytest
from pydantic import ValidationError

from colorify.batch.coloring import BatchOptions
from colorify.cli.command_table import VERBS, VerbGroup
from colorify.errors import UsageError
from colorify.hints import Hint
from colorify.images.formats import FORMATS, format_named
from colorify.options import (
    FORMAT_NAMES,
    RANGES,
    ColorOptions,
    Range,
    SaveOptions,
    parse_format,
)
from colorify.server.schemas import FormRequest, RenderRequest
from colorify.video.film_options import FilmOptions

CLASSES = (ColorOptions, SaveOptions, BatchOptions, FilmOptions)
VERBS_OF_COLOR = ("colorize", "video", "evaluate")


def beyond(allowed: Range) -> list[float]:
    """Numbers just outside a range, and no number."""
    return [allowed.low - 1, float("nan"), *([] if allowed.high is None else [allowed.high + 1])]


def ends(allowed: Range) -> list[float]:
    return [allowed.low, *([] if allowed.high is None else [allowed.high])]


def of_classes() -> Iterator[tuple[str, Callable[..., object]]]:
    for kind in CLASSES:
        yield from ((field.name, kind) for field in fields(kind) if field.name in RANGES)


def of_commands() -> Iterator[tuple[str, click.Option]]:
    group = VerbGroup()
    for verb in VERBS_OF_COLOR:
        command = group.get_command(click.Context(group), verb)
        assert command is not None
        for param in command.params:
            if isinstance(param, click.Option) and param.name in RANGES:
                yield f"{verb} {param.name}", param


@pytest.mark.parametrize(("name", "kind"), [*of_classes()])
def test_a_class_refuses_what_its_row_does_not_allow(name: str, kind: Callable[..., object]) -> None:
    for value in ends(RANGES[name]):
        kind(**{name: value})
    for value in beyond(RANGES[name]):
        with pytest.raises(UsageError, match=rf"^{name.replace('_', ' ')} .*: expected {RANGES[name]}\.$"):
            kind(**{name: value})


@pytest.mark.parametrize(("words", "option"), [*of_commands()], ids=str)
def test_the_command_line_has_the_bounds_of_the_row(words: str, option: click.Option) -> None:
    allowed = RANGES[words.split()[1]]
    bounds: Any = option.type
    assert (bounds.min, bounds.max) == (allowed.low, allowed.high)


@pytest.mark.parametrize("name", [name for name in RANGES if name in RenderRequest.model_fields])
def test_the_http_api_has_the_bounds_of_the_row(name: str) -> None:
    for value in beyond(RANGES[name]):
        with pytest.raises(ValidationError):
            FormRequest.model_validate({name: str(value)})
    FormRequest.model_validate({name: str(RANGES[name].low)})


def test_every_row_is_asked_for_somewhere() -> None:
    assert {name for name, _ in of_classes()} == set(RANGES)
    assert {words.split()[1] for words, _ in of_commands()} >= set(RANGES) - {"alternative"}
    assert {"strength", "vividness", "alternative", "quality"} <= set(RenderRequest.model_fields)


@pytest.mark.parametrize(
    "wrong", [{"profile": "cmyk"}, {"depth": 12}, {"format": "bmp"}, {"format": ""}, {"quality": 0}]
)
def test_a_file_as_it_cannot_be_is_refused_where_it_is_asked_for(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(UsageError, match=name):
        SaveOptions(**wrong)


def test_a_format_goes_by_its_name_and_by_the_suffixes_of_its_files() -> None:
    assert tuple(row.name for row in FORMATS) == FORMAT_NAMES
    for row in FORMATS:
        for name in (row.name, row.name.upper(), *row.suffixes, *(suffix[1:] for suffix in row.suffixes)):
            assert parse_format(name) == row.name
            assert format_named(name) is row
            assert SaveOptions(format=name).format == row.name


def test_a_film_has_no_hints_without_a_time() -> None:
    for colors in (ColorOptions(hints=(Hint(1, 1, "#102030"),)), ColorOptions(alternative=2)):
        with pytest.raises(UsageError, match="hints"):
            FilmOptions(colors)


def test_all_verbs_of_color_are_there() -> None:
    assert set(VERBS_OF_COLOR) <= set(VERBS)
