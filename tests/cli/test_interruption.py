"""A signal at any moment from the start on: one exit code, no traceback, no half result."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from changed_command import (
    changed_command,
    ignore_and_send_sigterm,
    import_at_work,
    signal_at_end,
    signal_at_import,
    tell_when_signals_are_heard,
)
from command_line import command, names, photo, size
from waiting import PATIENCE, finish

INTERRUPTED = 130
SIGNALS = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are of POSIX")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    photo("a.png")


def interrupted(name: str, moment: str, *words: str) -> tuple[int, str, str]:
    done = subprocess.run(
        changed_command(signal_at_import, *words, given=(name, moment)),
        capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("name", "moment", "words"),
    [
        ("SIGINT", "colorify.cli.output", "a.png"),
        ("SIGTERM", "colorify.cli.command", "a.png"),
        ("SIGINT", "click", "a.png"),
        ("SIGHUP", "colorify.cli.colorize", "a.png"),
        ("SIGTERM", "numpy", "a.png"),
        ("SIGINT", "numpy.linalg", "a.png"),
        ("SIGINT", "onnxruntime", "a.png"),
        ("SIGTERM", "pyvips", "a.png"),
        ("SIGINT", "av", "video film.mp4"),
        ("SIGTERM", "torch", "train --into run --recipe a.toml b.tar"),
        ("SIGINT", "colorify.server", "serve --port 0"),
        ("SIGTERM", "colorify.dataset", "data stats shards"),
        ("SIGINT", "colorify.evaluation", "evaluate ."),
    ],
)
def test_while_modules_are_loaded(name: str, moment: str, words: str) -> None:
    assert interrupted(name, moment, *words.split()) == (INTERRUPTED, "", "")
    assert names() == {"a.png"}


def test_at_any_module(tiny_weights: Path) -> None:
    """Seeded; the imports of one run are counted first."""
    words = command(tiny_weights, "a.png", "-q")[3:]
    code, count, _ = interrupted("SIGINT", "never", *words)
    assert code == 0
    Path("a-color.png").unlink()
    draw = random.Random(22)
    for moment in draw.sample(range(1, int(count) // 2), 8):  # those of its second half belong to the work
        code, out, err = interrupted(draw.choice(SIGNALS), str(moment), *words)
        assert (code, out) == (INTERRUPTED, ""), (moment, err)
        assert err.strip() in ("", "interrupted"), moment
        assert names() == {"a.png"}


@pytest.mark.parametrize("rounds", [8, pytest.param(200, marks=pytest.mark.endless)])
def test_at_any_time(tiny_weights: Path, rounds: int) -> None:
    words = changed_command(tell_when_signals_are_heard, *command(tiny_weights, "a.png", "-q")[3:])
    started = time.monotonic()
    subprocess.run(words, check=True, capture_output=True, timeout=PATIENCE)
    whole = time.monotonic() - started  # s
    Path("a-color.png").unlink()
    draw = random.Random(22)
    for _ in range(rounds):
        name = draw.choice(SIGNALS)
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            time.sleep(whole * draw.random())
            process.send_signal(getattr(signal, name))
            out, err = finish(process)
        assert (process.returncode, out) in ((INTERRUPTED, ""), (0, "")), (name, err)
        assert err.strip() in ("", "interrupted")
        if names() == {"a.png", "a-color.png"}:
            assert size("a-color.png") == size("a.png")
            Path("a-color.png").unlink()
        assert names() == {"a.png"}


@pytest.mark.parametrize("name", SIGNALS)
def test_at_work_what_is_half_done_is_cleared_away_and_no_import_is_broken_off(name: str) -> None:
    Path("interrupted.py").write_text(
        f"import os, signal\nos.kill(os.getpid(), signal.{name})\nprint('whole')\n"
    )
    done = subprocess.run(
        changed_command(import_at_work, "evaluate", "."),
        capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (INTERRUPTED, "whole\ncleared away\n"), done.stderr
    assert done.stderr.strip() == "interrupted"


def test_once_the_work_is_over_it_stays_a_success() -> None:
    words = changed_command(signal_at_end, "--version")
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    words = changed_command(ignore_and_send_sigterm, "--version")
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()[0]) == (0, "colorify"), done.stderr
