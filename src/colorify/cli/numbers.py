"""Numbers that lie in their range and are none all the same: nan, infinity, and 400 digits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import click

MAX_NUMBER: Final = 10**12  # of pixels, bytes, seconds or whatever; nothing that has more is ever meant


def bound_numbers(command: click.Command) -> None:
    """Have all options of a command, and of its own commands, refuse numbers that no verb can use.

    Here and not at each of them: a range without an upper end is soon written, and nan lies in any range.
    """
    for param in command.params:
        numeric = isinstance(param.type, (click.types.FloatParamType, click.types.IntParamType))
        if numeric and not isinstance(param.callback, _Bounded):
            param.callback = _Bounded(param.callback)
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            bound_numbers(inner)


@dataclass(frozen=True)
class _Bounded:
    """Checks the number of an option before another callback gets it."""

    rest: Callable[[click.Context, click.Parameter, Any], Any] | None

    def __call__(self, ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        for number in value if isinstance(value, tuple) else (value,):
            if number is not None and not abs(number) <= MAX_NUMBER:  # nan is not less than anything
                raise click.BadParameter(
                    f"expected a number up to {MAX_NUMBER:,}, found {number}.", ctx, param
                )
        return value if self.rest is None else self.rest(ctx, param, value)
