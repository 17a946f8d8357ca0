"""One command line: the verb is found and run, and an error becomes a line and an exit code."""

import os
import sys
from pathlib import Path
from typing import Final

import click

from colorify.cli.command_table import VerbGroup
from colorify.cli.help_page import spell_command
from colorify.cli.lines import print_line
from colorify.cli.output import OutputError, flush
from colorify.cli.wording import describe_error
from colorify.errors import ColorifyError, ExitCode, SetupError, UsageError
from colorify.extras import SERVER, describe_extra, describe_install
from colorify.file_faults import describe_fault

# what a verb may find missing -> the extra that brings it
EXTRA_OF: Final = {
    **dict.fromkeys(("torch", "onnx", "onnxscript", "fsspec"), "train"),
    **dict.fromkeys(("av", "cv2"), "video"),
    **dict.fromkeys(("scrapy", "pyarrow"), "crawl"),
}
SERVER_MODULES: Final = ("fastapi", "uvicorn", "multipart", "python_multipart")

COMPLETION: Final = "_COLORIFY_COMPLETE"  # what a shell sets that asks click how a word could go on
# what a person reads who types `colorify` alone
GREETING: Final = (
    "colorify serve          colour photos in the browser: a page opens, drop a photo on it",
    "colorify grandma.jpg    colour a photo: writes grandma-color.jpg beside it",
    "colorify album/         colour the photos in a folder; a film: colorify film.mp4",
    "colorify -h             all options and verbs",
)
group = VerbGroup(
    name="colorify", add_help_option=False, context_settings={"help_option_names": ["-h", "--help"]}
)


def run_command(arguments: list[str]) -> int:
    """Run one command line, report errors on stderr, and return the exit code."""
    if not arguments and sys.stderr.isatty() and COMPLETION not in os.environ:
        for line in GREETING:
            print_line(line, err=True)
        return ExitCode.USAGE
    try:
        _check_words(arguments)
        result = group.main(arguments, prog_name="colorify", standalone_mode=False)
        flush()
    except click.exceptions.NoArgsIsHelpError as error:
        for line in error.format_message().splitlines():
            print_line(line, err=True)
        return ExitCode.USAGE
    except click.ClickException as error:
        return _fail(UsageError(f"{error.format_message()} ({_help_command(error)} lists what can be given)"))
    except click.Abort:
        print_line("interrupted", err=True)
        return ExitCode.INTERRUPTED
    except ModuleNotFoundError as error:
        missing = _missing_extra(error)
        if missing is None:
            raise
        return _fail(missing)
    except OSError as error:
        if error.filename is None:
            raise
        # a verb says more of what it expects to happen; whatever else the system refuses, it names the file
        return _fail(ColorifyError(f"{_spelt(error.filename)}: {_describe(error)}"))
    except OutputError as error:
        return error.exit_code if error.is_unwanted else _fail(error)
    except ColorifyError as error:
        return _fail(error)
    return result if isinstance(result, int) else ExitCode.DONE


def _help_command(error: click.ClickException) -> str:
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    return " ".join(["colorify", *spell_command(ctx).split(), "-h"]) if ctx is not None else "colorify -h"


def _check_words(arguments: list[str]) -> None:
    """Refuse what no argument of any verb can be, before one of them makes something else of it."""
    for word in arguments:
        if not word or (word.startswith("--") and word.find("=") == len(word) - 1):
            # as a path it would be the folder where one is
            name = f"{word} is" if word else "an argument is"
            raise UsageError(f"{name} empty; perhaps a variable of the shell is not set.")
        if "\0" in word:  # no shell lets one through, but a program might
            raise UsageError("an argument holds a NUL character, which no name and no number has.")


def _missing_extra(error: ModuleNotFoundError) -> SetupError | None:
    package = (error.name or "").partition(".")[0]
    if package in EXTRA_OF:
        cure = describe_extra(EXTRA_OF[package])
    elif package in SERVER_MODULES:
        cure = describe_install(*SERVER)
    else:
        return None
    return SetupError(f"this needs the package {package}, which is not installed. Type: {cure}")


def _describe(error: OSError) -> str:
    name = error.filename
    if isinstance(name, int):  # a descriptor
        return f"{error.strerror or error}."
    return describe_fault(error, Path(os.fsdecode(name)))


def _spelt(name: str | bytes | int) -> str:
    return click.format_filename(name, shorten=False) if isinstance(name, (str, bytes)) else str(name)


def _fail(error: ColorifyError) -> int:
    print_line(f"error: {describe_error(error)}", err=True)
    return error.exit_code
