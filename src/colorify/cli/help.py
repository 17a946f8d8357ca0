"""`colorify help [VERB]`: what `colorify VERB -h` says."""

import click

from colorify.cli.help_page import VerbCommand


@click.command(cls=VerbCommand, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("verb", nargs=-1)
@click.pass_context
def help(ctx: click.Context, verb: tuple[str, ...]) -> None:
    """Say what a verb does and which options it has: colorify help video."""
    from colorify.cli.command_table import DEFAULT_VERB, VERBS, suggest_verb
    from colorify.errors import UsageError

    first, *rest = verb or (DEFAULT_VERB,)
    if first not in VERBS:
        known = ", ".join(VERBS)
        raise UsageError(f"{first}: no verb is called so{suggest_verb(first)} (there are {known})")
    assert ctx.parent is not None
    ctx.parent.command.main([first, *rest, "-h"], prog_name="colorify", standalone_mode=False)
