"""`colorify export`: a training run as a weights file."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypedDict

import click
from click.core import ParameterSource

from colorify.cli.help_page import VerbCommand
from colorify.cli.lines import print_line
from colorify.errors import UsageError


class Labels(TypedDict):
    """What a weights file calls itself."""

    name: str
    version: str
    license: str


# what `colorify train` writes, too: the two make the same file of a run
OWN: Final = Labels(name="own", version="1", license="its maker's")


# options that say what the file that is written is like
CHANGES: Final = (*OWN, "contrast", "tilt", "follows_hints")


@click.command(cls=VerbCommand, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="ONNX file to write.")
@click.option(
    "--hub",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="In place of -o: a folder to upload to the Hugging Face Hub; RUN may be a weights file.",
)
@click.option("--name", default=OWN["name"], show_default=True, help="What the file calls itself.")
@click.option("--version", default=OWN["version"], show_default=True)
@click.option("--license", default=OWN["license"], show_default=True, help="Of the weights.")
@click.option(
    "--contrast",
    type=click.FloatRange(min=0),
    help="Share by which colours are moved away from their mean.  [default: the recipe's]",
)
@click.option(
    "--tilt",
    type=float,
    help="Logits that a Lab unit of chroma adds to a colour; below 0: calmer.  [default: the recipe's]",
)
@click.option(
    "--follows-hints/--no-follows-hints",
    default=None,
    help="Whether it is given hints; else they are only propagated: faster.  [default: the recipe's]",
)
@click.option("-f", "--force", is_flag=True, help="Overwrite.")
@click.pass_context
def export(
    ctx: click.Context,
    runs: tuple[Path, ...],
    output: Path | None,
    hub: Path | None,
    name: str,
    version: str,
    license: str,
    contrast: float | None,
    tilt: float | None,
    follows_hints: bool | None,
    force: bool,
) -> None:
    """Write the averaged weights of RUN, a folder that `colorify train` filled, as a file for `-m`.

    Of several that went on from each other, the mean of their weights is written; `shipped` and a weights
    file may be among them.
    """
    from colorify.training.export.hub_repository import WEIGHTS, refuse_repository, write_repository

    if (output is None) == (hub is None):
        raise UsageError("expected either -o FILE or --hub FOLDER.")
    if output is not None and output.exists() and not force:
        raise UsageError(f"{output}: exists already. Add -f to overwrite it.")
    weights = runs[0] if hub is not None and len(runs) == 1 and runs[0].is_file() else None
    if weights is not None:
        _refuse_changes(ctx, weights)
    if hub is not None:
        refuse_repository(hub, overwrite=force)
    target = output if hub is None else hub / WEIGHTS
    assert target is not None
    if weights is None:
        said = {"contrast": contrast, "tilt": tilt, "follows_hints": follows_hints}
        changes = {entry: value for entry, value in said.items() if value is not None}
        labels = Labels(name=name, version=version, license=license)
        weights = _export_runs(runs, target, labels, changes, force=force)
    if hub is not None:
        write_repository(weights, hub, overwrite=force)
        print_line(f"{hub}: type `hf upload OWNER/NAME {hub}` to publish it.", err=True)
    print_line(f"{' + '.join(map(str, runs))} -> {target}  ({target.stat().st_size / 1e6:.1f} MB)", err=True)


def _refuse_changes(ctx: click.Context, weights: Path) -> None:
    """Refuse the options that say what a weights file is like, where there is one already."""
    typed = [
        max((*option.opts, *option.secondary_opts) if ctx.params[name] is False else option.opts, key=len)
        for option in ctx.command.params
        if (name := option.name) in CHANGES and ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    if typed:
        raise UsageError(
            f"{weights}: a weights file says this of itself, and is laid out as it is: leave out "
            f"{', '.join(typed)}, or give the folder of the run."
        )


def say_export(target: Path) -> None:
    """Say that an export begins: on a busy machine it takes minutes."""
    print_line(f"writing {target} ...", err=True)


def _export_runs(
    runs: tuple[Path, ...], target: Path, labels: Labels, changes: dict[str, Any], *, force: bool
) -> Path:
    """Write the mean of the weights of some runs to `target`, and return that. `changes`: to the recipe."""
    from colorify.training.export.weights_file import export_checkpoint
    from colorify.training.weight_mean import load_mean

    checkpoint = load_mean(runs)
    checkpoint.recipe = replace(checkpoint.recipe, **changes)
    say_export(target)
    export_checkpoint(checkpoint, target, **labels, overwrite=force)
    return target
