"""What a long job does when it is killed, interrupted, or given a film that breaks off."""

import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from made_films import Sort, labs, numbered, packets, times, write_film

from changed_command import call_in_process, color_film_and_wait
from colorify.cli.signals import SIGNALS
from colorify.options import ColorOptions
from colorify.video import FilmOptions, FilmProgress, colorize_film, segments
from colorify.video.temporal import LOOK_INTERVAL_FRAMES
from waiting import finish

LONG = Sort(size=(64, 48), frames=110, cut=50)


@pytest.fixture
def _short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "MIN_SEGMENT_S", 1.0)


def start(
    frame: int, source: Path, target: Path, weights: Path, *, deaf: bool = False
) -> "subprocess.Popen[str]":
    """Start a job; returns when `frame` frames are done and it waits. `deaf`: until it is killed."""
    words = [str(source), str(target), str(weights), str(frame), "deaf" if deaf else "hears"]
    command = call_in_process(color_film_and_wait, *words)
    job = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert job.stdout is not None
    assert job.stdout.readline().strip() == "there"
    return job


def stop_at(frame: int, how: signal.Signals, source: Path, target: Path, weights: Path) -> "tuple[int, str]":
    """Start a job, send it a signal once `frame` frames are done; returns its exit code and last word."""
    with start(frame, source, target, weights) as job:
        os.kill(job.pid, how)
        said = finish(job)[0].strip()
    return job.returncode, said


@pytest.mark.usefixtures("_short_segments")
def test_a_killed_job_goes_on_where_it_was(tmp_path: Path, tiny_weights: Path) -> None:
    source = write_film(tmp_path / "film.mp4", LONG)
    whole, target = tmp_path / "whole.mp4", tmp_path / "film-color.mp4"
    colorize_film(source, whole, weights=tiny_weights)
    code, _ = stop_at(90, signal.SIGKILL, source, target, tiny_weights)
    assert code == -signal.SIGKILL
    assert not target.exists()
    seen: list[FilmProgress] = []
    report = colorize_film(source, target, weights=tiny_weights, progress=seen.append)
    assert 24 < report.resumed <= 90
    assert seen[0].frames == report.resumed + 1
    assert report.frames == LONG.frames
    assert times(target) == times(source)
    assert packets(target, "audio") == packets(source, "audio")
    assert target.read_bytes() == whole.read_bytes(), "as if nothing had happened"
    assert not target.with_name("film-color.mp4.parts").exists()


@pytest.mark.usefixtures("_short_segments")
@pytest.mark.parametrize("number", SIGNALS, ids=lambda it: it.name)
def test_a_signal_leaves_a_film_that_plays_and_can_be_gone_on_from(
    tmp_path: Path, tiny_weights: Path, number: signal.Signals
) -> None:
    source = write_film(tmp_path / "film.mp4", LONG)
    target, partial = tmp_path / "film-color.mp4", tmp_path / "film-color.partial.mp4"
    assert stop_at(60, number, source, target, tiny_weights) == (0, "interrupted")
    assert not target.exists()
    shown = times(partial)
    assert 58 <= len(shown) < LONG.frames
    assert shown == times(source)[: len(shown)]
    assert 0 < len(packets(partial, "audio")) < len(packets(source, "audio"))
    report = colorize_film(source, target, weights=tiny_weights)
    assert report.resumed > 24
    assert times(target) == times(source)
    assert not partial.exists()


@pytest.mark.usefixtures("_short_segments")
def test_pieces_of_other_options_are_not_used(tmp_path: Path, tiny_weights: Path) -> None:
    source = write_film(tmp_path / "film.mp4", LONG)
    target = tmp_path / "film-color.mp4"
    stop_at(60, signal.SIGKILL, source, target, tiny_weights)
    report = colorize_film(
        source, target, weights=tiny_weights, options=FilmOptions(ColorOptions(strength=0.0))
    )
    assert report.resumed == 0
    assert all(float(np.hypot(lab[..., 1], lab[..., 2]).mean()) < 1 for lab in labs(target))


@pytest.mark.usefixtures("_short_segments")
def test_what_is_no_frame_of_a_folder_does_not_end_an_interrupted_job(
    tmp_path: Path, tiny_weights: Path
) -> None:
    """Systems and editors leave hidden files in any folder that somebody looks into."""
    scans, target, done = tmp_path / "scans", tmp_path / "film.mkv", 0
    scans.mkdir()
    for number in range(80):
        numbered(scans / f"{number:03d}.png", number % 20, (64, 48))

    def stopped() -> bool:
        nonlocal done
        done += 1
        return done == 75

    first = colorize_film(scans, target, weights=tiny_weights, stopped=stopped)
    assert first.interrupted
    (scans / ".DS_Store").write_bytes(b"theirs")
    (scans / "notes.txt").write_bytes(b"mine")
    (scans / ".#000.png").symlink_to("nowhere")
    report = colorize_film(scans, target, weights=tiny_weights)
    assert report.resumed > 24
    assert (report.frames, report.notes) == (80, ())


def test_a_frame_that_is_a_link_to_nothing_is_passed_over(tmp_path: Path, tiny_weights: Path) -> None:
    for number in range(3):
        numbered(tmp_path / f"{number}.png", number, (64, 48))
    (tmp_path / "1.png").unlink()
    (tmp_path / "1.png").symlink_to("nowhere")
    report = colorize_film(tmp_path, tmp_path / "film.mkv", weights=tiny_weights)
    assert report.frames == 2
    assert any("1.png" in note for note in report.notes)


@pytest.mark.usefixtures("_short_segments")
def test_joints_of_uneven_frames_are_in_order(tmp_path: Path, tiny_weights: Path) -> None:
    source = write_film(tmp_path / "a.mp4", Sort(size=(64, 48), frames=90, steps=(100, 20, 300, 55)))
    colorize_film(source, tmp_path / "b.mp4", weights=tiny_weights)
    assert times(tmp_path / "b.mp4") == times(source)


def test_a_film_that_breaks_off_is_coloured_up_to_there(tmp_path: Path, tiny_weights: Path) -> None:
    source = write_film(tmp_path / "a.mkv", Sort(size=(64, 48), frames=120))
    data = source.read_bytes()
    source.write_bytes(data[: len(data) // 2])
    report = colorize_film(source, tmp_path / "b.mkv", weights=tiny_weights)
    assert report.fault is not None
    assert 1 < report.fault.time < 4
    assert 24 < report.frames < 120
    shown = times(tmp_path / "b.mkv")
    assert len(shown) == report.frames
    assert shown[-1] - shown[0] == pytest.approx(report.fault.time, abs=0.1)


def test_memory_does_not_grow_with_the_film(tmp_path: Path, tiny_weights: Path) -> None:
    """No more than a bounded number of frames is alive at once: what is decoded is soon written."""
    source = write_film(tmp_path / "a.mp4", Sort(size=(64, 48), frames=200, sound=None))
    done: list[int] = []
    from colorify.video import reader as film_module

    decoded = 0
    frames = film_module.Film.frames
    ahead = []

    def counted(self: film_module.Film, **given: object) -> object:
        nonlocal decoded
        for frame in frames(self, **given):  # type: ignore[arg-type]
            decoded += 1
            yield frame

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(film_module.Film, "frames", counted)
        patch.setattr("colorify.video.job.cpu_count", lambda: 2)  # each core more has a frame at work

        def slowly(now: FilmProgress) -> None:
            done.append(now.frames)
            ahead.append(decoded - now.frames)
            time.sleep(0.002)

        colorize_film(source, tmp_path / "b.mp4", weights=tiny_weights, progress=slowly)
    assert done[-1] == 200
    assert max(ahead) < 1.5 * LOOK_INTERVAL_FRAMES
