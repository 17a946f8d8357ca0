"""A verb in a process of its own that sticks where a test wants it, to be killed there and nowhere else."""

import subprocess
import sys
from pathlib import Path

_CODE = """
import functools, importlib, itertools, sys, time

module, place, sound, *sys.argv[1:] = sys.argv[1:]
*path, name = place.split(".")
home = functools.reduce(getattr, path, importlib.import_module(module))
whole, calls = getattr(home, name), itertools.count()

def sticking(*given, **options):
    if next(calls) < int(sound):
        return whole(*given, **options)
    print("stuck", flush=True)
    while True:
        time.sleep(1)

setattr(home, name, sticking)
from colorify.cli import main

main()
"""


def start_and_stick(module: str, place: str, sound: int, *words: str | Path) -> "subprocess.Popen[str]":
    """Type `words` after `colorify`; return the process when it sticks.

    `place`: a function of `module`, or CLASS.METHOD; each call of it after `sound` of them sticks for good.
    """
    command = [sys.executable, "-c", _CODE, module, place, str(sound), *map(str, words)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line == "stuck\n":
            return process
    _, err = process.communicate()
    raise AssertionError(f"it ended with {process.returncode} before it could stick: {err}")
