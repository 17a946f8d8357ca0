"""`colorify export`: a training run as a weights file."""

from pathlib import Path

import click


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("run", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="ONNX file to write.")
@click.option("--name", default="colorify-lite0", show_default=True, help="What the file calls itself.")
@click.option("--version", default="1", show_default=True)
@click.option("--license", default="MIT", show_default=True, help="Of the weights.")
@click.option("-f", "--force", is_flag=True, help="Overwrite.")
def export(run: Path, output: Path, name: str, version: str, license: str, force: bool) -> None:
    """Write the averaged weights of RUN, a folder that `colorify train` filled, as a file for `-m`."""
    from colorify.errors import UsageError
    from colorify.training.checkpoint import CHECKPOINT, load_checkpoint
    from colorify.training.export import export_checkpoint

    if output.exists() and not force:
        raise UsageError(f"{output}: exists already. Add -f to overwrite it.")
    checkpoint = load_checkpoint(run / CHECKPOINT)
    export_checkpoint(checkpoint, output, name=name, version=version, license=license)
    click.echo(f"{run} -> {output}  ({output.stat().st_size / 1e6:.1f} MB)", err=True)
