"""`colorify models`: which models are there."""

from dataclasses import asdict
from pathlib import Path

import click

from colorify.cli.help_page import VerbCommand
from colorify.cli.lines import print_json, print_line
from colorify.cli.wording import describe_error
from colorify.errors import ColorifyError, ExitCode


@click.command(cls=VerbCommand)
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a model.")
def models(files: tuple[Path, ...], as_json: bool) -> int:
    """List the embedded model, those that were loaded from the Hub, and FILES.

    Each comes with its licence, size and digest, and with what `-m` takes. A FILE may be
    hf:OWNER/NAME[@REVISION], which is loaded if it is not there yet.
    """
    from colorify.model.registry import list_models

    code = ExitCode.DONE
    for entry in list_models(files):
        if isinstance(entry, ColorifyError):
            print_line(f"error: {describe_error(entry)}", err=True)
            code = ExitCode.FAILED
        elif as_json:
            print_json(asdict(entry))
        else:
            said = f"{entry.name} {entry.version}  {entry.license}  {entry.bytes / 1e6:.1f} MB"
            print_line(f"{said}  sha256:{entry.sha256}  {entry.weights}")
    return code
