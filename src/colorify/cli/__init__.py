"""The command `colorify`: one verb a file; how any of them ends is decided here and in `command`, once.

It ends with an `errors.ExitCode`: 0 done; 1 some inputs failed, or what was to be printed could not be;
2 usage; 3 environment; 130 interrupted, by Ctrl-C or by `kill`.

Little is imported here, so that signals are heard from the first milliseconds on.

From the ground up:

* `output`: stdout and stderr that write all they are given, or say so
* `lines`: lines of text, which no file name splits
* `signals`: the first Ctrl-C asks, between two steps; the second acts
* `interruption`: signals wherever no verb listens
* `wording`: errors of the library in the words of the command line
* `progress`: the bar on a terminal
* `hub_progress`: and while weights come from the Hub
* `summary`: what came of a run, counted
* `result_lines`: how a run is shown: lines, or JSON lines
* `report_file`: and as a table for spreadsheets
* `numbers`: numbers that lie in their range
* `command_options`: options that are more than a number or a name
* `command_table`: the verbs, of which only the one that is called is loaded
* `help_page`: the help of a verb: options in groups, and examples
* `named_files`: files that one command names, of which no two may be one
* `run_photos`, `run_stdio`: the photos that a person named, or one from stdin
* `training_lines`: what `train` says
* `film_inputs`: films that are named among photos
* `film_lines`: how what comes of films is shown
* `command`: one command line, from its words to its exit code
* `colorize`, `video`, `bulk`, `train`, `export`, `models`, `evaluate`, `data`, `serve`, `help`: a file each
* `man_page`: the page of `man colorify`, made from all of these
* `data_crawl`, `data_shards`: the commands of `data`
"""

import os
import sys
from typing import Final

from colorify.cli.interruption import Interruption
from colorify.errors import ExitCode

BLAS_THREADS: Final = "OPENBLAS_NUM_THREADS"  # of a product of matrices; read when numpy is loaded
BLOCK_UNTRUSTED: Final = "VIPS_BLOCK_UNTRUSTED"  # shuts loaders that nobody has fuzzed; read when libvips is


def main() -> None:
    """Run the command line and exit with its code."""
    interruption = Interruption()
    try:
        interruption.begin()
        code = _run_whole(sys.argv[1:])
        interruption.end(code)
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command line, report errors on stderr, and return the exit code."""
    from colorify.cli.command import run_command

    return run_command(arguments)


def _run_whole(arguments: list[str]) -> int:
    """Run it in a process of its own; a stream that lost something makes a failure of it."""
    from colorify.cli.output import check_streams

    # photos and strips run side by side already: more threads for their small products only get in the way
    os.environ.setdefault(BLAS_THREADS, "1")
    os.environ.setdefault(BLOCK_UNTRUSTED, "1")
    lost = check_streams()
    code = run(arguments)
    return code or (ExitCode.FAILED if lost() else ExitCode.DONE)
