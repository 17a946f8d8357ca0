"""The command `colorify`: one verb a file; how any of them ends is decided here, once.

Exit codes: 0 done; 1 some inputs failed; 2 usage; 3 environment; 130 interrupted.
"""

import os
import sys
from typing import Final

import click

from colorify.cli.verbs import Verbs
from colorify.errors import ColorifyError, SetupError, UsageError

BLAS_THREADS: Final = "OPENBLAS_NUM_THREADS"  # of a product of matrices; read when numpy is loaded
INTERRUPTED: Final = 130  # 128 + SIGINT, as shells have it
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


def main() -> None:
    """Run the command line and exit with its code."""
    # photos and strips run side by side already: more threads for their small products only get in the way
    os.environ.setdefault(BLAS_THREADS, "1")
    try:
        code = run(sys.argv[1:])
        if sys.stdout is not None:  # as it is after `>&-`
            sys.stdout.flush()
    except BrokenPipeError:
        # the reader of stdout has gone (`colorify --json album | head`), so there is nobody left to tell;
        # without this the interpreter would complain as it closes stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command line, report errors on stderr, and return the exit code."""
    try:
        result = group.main(arguments, prog_name="colorify", standalone_mode=False)
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
