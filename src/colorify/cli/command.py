"""One command line: the verb is found and run, and an error becomes a line and an exit code."""

from typing import Final

import click

from colorify.cli.interruption import INTERRUPTED
from colorify.cli.output import OutputError, flush
from colorify.cli.verbs import Verbs
from colorify.errors import ColorifyError, SetupError, UsageError

# what a verb may find missing -> the extra that brings it
EXTRAS: Final = {
    **dict.fromkeys(("torch", "onnx", "onnxscript", "fsspec"), "train"),
    **dict.fromkeys(("av", "cv2"), "video"),
    **dict.fromkeys(("fastapi", "uvicorn", "multipart", "python_multipart"), "server"),
    **dict.fromkeys(("scrapy", "pyarrow"), "crawl"),
}

group = Verbs(
    name="colorify", add_help_option=False, context_settings={"help_option_names": ["-h", "--help"]}
)


def run_command(arguments: list[str]) -> int:
    """Run one command line, report errors on stderr, and return the exit code."""
    try:
        result = group.main(arguments, prog_name="colorify", standalone_mode=False)
        flush()
    except click.ClickException as error:
        return _fail(UsageError(f"{error.format_message()} (colorify -h lists what can be given)"))
    except click.Abort:
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except ModuleNotFoundError as error:
        missing = _missing_extra(error)
        if missing is None:
            raise
        return _fail(missing)
    except OutputError as error:
        return error.exit_code if error.is_unwanted else _fail(error)
    except ColorifyError as error:
        return _fail(error)
    return result if isinstance(result, int) else 0


def _missing_extra(error: ModuleNotFoundError) -> SetupError | None:
    package = (error.name or "").partition(".")[0]
    if package not in EXTRAS:
        return None
    cure = f"pip install 'colorify-photo[{EXTRAS[package]}]'"
    return SetupError(f"this needs the package {package}, which is not installed. Type: {cure}")


def _fail(error: ColorifyError) -> int:
    click.echo(f"error: {error}", err=True)
    return error.exit_code
