"""How long a person waits before anything happens: `import colorify` and `colorify --help`.

Each runs in processes of its own, in turn with the empty interpreter; what Colorify adds is the difference.
"""

import sys
from functools import partial

from clock import in_turn, print_machine, run

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import colorify": ["-c", "import colorify"],
    "colorify --help": ["-m", "colorify", "--help"],
}


def main() -> None:
    print_machine()
    tasks = {name: partial(run, [sys.executable, *words]) for name, words in COMMANDS.items()}
    for name, times in in_turn(tasks, repeat=15).items():
        print(f"{name:16} {times}")


if __name__ == "__main__":
    main()
