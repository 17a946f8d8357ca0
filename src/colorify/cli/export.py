"""`colorify export`: a training run as a weights file."""

from dataclasses import replace
from pathlib import Path

import click

from colorify.cli.help_page import VerbCommand
from colorify.cli.lines import print_line


@click.command(cls=VerbCommand, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="ONNX file to write.")
@click.option("--name", default="colorify-lite2", show_default=True, help="What the file calls itself.")
@click.option("--version", default="1", show_default=True)
@click.option("--license", default="MIT", show_default=True, help="Of the weights.")
@click.option(
    "--contrast",
    type=click.FloatRange(min=0),
    help="Share by which colours are moved away from their mean.  [default: the recipe's]",
)
@click.option("-f", "--force", is_flag=True, help="Overwrite.")
def export(
    runs: tuple[Path, ...],
    output: Path,
    name: str,
    version: str,
    license: str,
    contrast: float | None,
    force: bool,
) -> None:
    """Write the averaged weights of RUN, a folder that `colorify train` filled, as a file for `-m`.

    Of several runs that went on from each other, the mean of their weights is written.
    """
    from colorify.errors import UsageError
    from colorify.training.checkpoint import CHECKPOINT, average_checkpoints, load_checkpoint
    from colorify.training.export.weights_file import export_checkpoint

    if output.exists() and not force:
        raise UsageError(f"{output}: exists already. Add -f to overwrite it.")
    checkpoint = average_checkpoints([load_checkpoint(run / CHECKPOINT) for run in runs])
    if contrast is not None:
        checkpoint.recipe = replace(checkpoint.recipe, contrast=contrast)
    export_checkpoint(checkpoint, output, name=name, version=version, license=license, overwrite=force)
    print_line(f"{' + '.join(map(str, runs))} -> {output}  ({output.stat().st_size / 1e6:.1f} MB)", err=True)
