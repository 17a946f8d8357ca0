"""A film job is killed, or told to stop, at any moment: nothing is lost, and nothing is left behind.

A few stops; `bench/kills.py` goes on with hundreds of them, of films and of all other runs.
"""

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

from made_films import Sort, write_film

from colorify.cli.signals import SIGNALS, stop_on_signals
from colorify.video import colorize_film, segments
from waiting import PATIENCE

KINDS = (*SIGNALS, signal.SIGKILL)


def color(source: Path, target: Path, weights: Path) -> None:
    """Colour a film in short pieces, as the command does."""
    segments.MIN_SEGMENT_S = 0.15
    with stop_on_signals() as stopped:
        colorize_film(source, target, weights=weights, stopped=stopped)


def test_stops_at_random_moments(tmp_path: Path, tiny_weights: Path) -> None:
    """Some fall before the first frame, some into the joining, some after the end."""
    count, moments = 5, random.Random(22)
    sort = Sort(size=(64, 48), frames=16, cut=7)
    whole = write_film(tmp_path / "film.mp4", sort)
    (tmp_path / "undisturbed").mkdir()
    context = multiprocessing.get_context("forkserver")  # which has imported all, and forks in no time
    context.set_forkserver_preload(["colorify.video", "test_random_stops"])

    def begin(target: Path) -> "multiprocessing.context.ForkServerProcess":
        job = context.Process(target=color, args=(whole, target, tiny_weights))
        job.start()
        return job

    begin(tmp_path / "undisturbed/a.mp4").join(PATIENCE)
    started = time.monotonic()
    again = begin(tmp_path / "undisturbed/b.mp4")
    again.join(PATIENCE)
    length = time.monotonic() - started
    expected = (tmp_path / "undisturbed/a.mp4").read_bytes()
    assert (tmp_path / "undisturbed/b.mp4").read_bytes() == expected

    folder, target = tmp_path / "work", tmp_path / "work/film-color.mp4"
    folder.mkdir()
    stopped = finished = 0
    while stopped < count or not target.exists():
        job = begin(target)
        if stopped < count:
            job.join(moments.uniform(0, length))
            if job.is_alive() and job.pid is not None:
                os.kill(job.pid, moments.choice(KINDS))
                stopped += 1
        job.join(PATIENCE)
        assert job.exitcode in (0, 1, *(-number for number in KINDS))
        if target.exists():
            assert target.read_bytes() == expected, "whole, whatever has come before"
        if target.exists() and not target.with_name(f"{target.name}.parts").exists():
            left = {path.name for path in folder.iterdir()} - {target.name}
            # a lock that nobody holds any more is all that a killed process leaves, and the next one takes it
            assert not {name for name in left if job.exitcode == 0 or not name.endswith(".lock")}
            finished += 1
            if stopped < count:
                target.unlink()
    assert stopped == count
    assert finished > 0
