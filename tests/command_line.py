"""The command line in tests: run in this process or in one of its own, on photos made in code."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import pyvips

from colorify.images.metadata.transfer import Mark, add_mark
from waiting import finish


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, object]]:
        """Return what --json says of each photo."""
        return [row for row in map(json.loads, self.out.splitlines()) if row["status"] != "summary"]

    @property
    def summary(self) -> dict[str, object]:
        """Return what --json says of the whole run, last."""
        [*_, row] = map(json.loads, self.out.splitlines())
        return dict(row)


Colorify = Callable[..., Ended]


def command(weights: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "colorify", *arguments, "-m", str(weights)]


def make_command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a shell know `colorify`: as a script in `folder`/bin."""
    script = folder / "bin" / "colorify"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m colorify "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")


def on_a_terminal(*words: str) -> tuple[bytes, bytes]:
    """Run a command whose stderr is a terminal; return what it wrote to stdout and what it showed there.

    What is shown is read all along: a terminal holds little, and a slow run redraws its bar more often.
    """
    ours, theirs = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # Linux, at the end of a terminal
            while read := os.read(ours, 10_000):
                shown += read
        os.close(ours)
        out, _ = finish(process)
    assert process.returncode == 0
    return out, shown


def photo(name: str, width: int = 48, height: int = 32, *, color: bool = False) -> Path:
    """Write a photo: a ramp in grey, or in red."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    ramp = (pyvips.Image.identity().resize(width / 256, vscale=height)).cast("uchar")
    grey = ramp.copy(interpretation="b-w")
    picture = grey.bandjoin([grey * 0.2, grey * 0.2]).cast("uchar").copy(interpretation="srgb")
    (picture if color else grey).write_to_file(name)
    return path


def result(name: str) -> Path:
    """Write a photo that says that Colorify made it."""
    path = photo(name)
    picture = pyvips.Image.new_from_buffer(path.read_bytes(), "").copy()
    mark = add_mark(None, Mark("Colorify test", "1"))
    picture.set_type(pyvips.GValue.blob_type, "xmp-data", mark)
    picture.write_to_file(name)
    return path


def names(folder: str = ".") -> set[str]:
    """Name all files below `folder`, hidden and temporary ones too."""
    return {path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file()}


def size(name: str | Path) -> tuple[int, int]:
    """Decode every pixel of a picture and return its size: fails on a file that is not whole."""
    picture = pyvips.Image.new_from_file(str(name), fail_on="warning", revalidate=True)
    picture.avg()
    return picture.width, picture.height
