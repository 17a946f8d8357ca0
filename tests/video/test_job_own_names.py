"""Colorify removes and replaces only what it wrote itself; one job at a time writes a film."""

import errno
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from made_films import Sort, times, write_film
from test_job_stopped import start

from colorify import atomic
from colorify.errors import FilmError
from colorify.video import FilmOptions, colorize_film, segments
from colorify.video.image_sequence import LIST
from command_line import Colorify, command
from powerless import NEEDS_MODES, drop_power
from waiting import finish

AGAIN = FilmOptions(overwrite=True)


pytestmark = pytest.mark.usefixtures("in_tmp_path")


@pytest.fixture
def short() -> Path:
    return write_film(Path("short.mp4"), Sort(size=(64, 48), frames=4, sound=None))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("found", ["notes.txt", "000001.png", "job.json", LIST])
@pytest.mark.parametrize("folder", ["proj", "short-color.mp4.parts"])
def test_a_folder_of_others_is_refused_and_stays(
    short: Path, tiny_weights: Path, folder: str, found: str
) -> None:
    Path(folder).mkdir()
    Path(folder, "000001.png").write_bytes(b"a picture of mine")
    Path(folder, found).write_bytes(b"mine")
    before = contents(Path(folder))
    pictures = Path(folder) if folder == "proj" else None
    with pytest.raises(FilmError, match=r"which (is no frame that )?Colorify (did not write|wrote there)"):
        colorize_film(short, pictures=pictures, weights=tiny_weights, options=AGAIN)
    assert contents(Path(folder)) == before


def test_pieces_among_which_somebody_put_a_file_are_not_removed(short: Path, tiny_weights: Path) -> None:
    said = {"source": [], "options": "", "weights": "", "depth": 8, "version": 2}
    Path("short-color.mp4.parts").mkdir()
    Path("short-color.mp4.parts/job.json").write_text(json.dumps(said))
    Path("short-color.mp4.parts/000000.mkv").write_bytes(b"a piece of another job")
    Path("short-color.mp4.parts/mine.txt").write_bytes(b"mine")
    with pytest.raises(FilmError, match=r"holds mine\.txt, which Colorify did not write"):
        colorize_film(short, weights=tiny_weights)
    Path("short-color.mp4.parts/mine.txt").unlink()
    colorize_film(short, weights=tiny_weights)
    assert sorted(path.name for path in Path().iterdir()) == ["short-color.mp4", "short.mp4"]


def test_frames_go_into_an_empty_folder_and_replace_only_frames(colorify: Colorify, short: Path) -> None:
    Path("out.v2").mkdir()
    assert colorify("video", short.name, "--frames", "out.v2").code == 0
    first = contents(Path("out.v2"))
    assert sorted(first) == [LIST, *(f"00000{number}.png" for number in range(1, 5))]
    again = colorify("video", short.name, "--frames", "out.v2")
    assert (again.code, "-f overwrites them" in again.err) == (1, True)
    assert colorify("video", short.name, "--frames", "out.v2", "-f", "--end", "0.1").code == 0
    fewer = contents(Path("out.v2"))
    assert sorted(fewer) == [LIST, "000001.png", "000002.png", "000003.png"]
    os.chdir(Path("out.v2"))
    assert colorify("video", "../short.mp4", "--frames", ".", "-f").code == 0
    assert contents(Path()) == first
    assert sorted(path.name for path in Path("..").iterdir()) == ["out.v2", "short.mp4"]


def test_frames_that_are_stopped_leave_the_earlier_ones_and_go_on(
    tmp_path: Path, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "MIN_SEGMENT_S", 1.0)
    source = write_film(Path("film.mp4"), Sort(size=(64, 48), frames=100, sound=None))
    folder = tmp_path / "frames"
    colorize_film(source, pictures=folder, weights=tiny_weights)
    whole = contents(folder)
    done: list[int] = []
    options = FilmOptions(overwrite=True)
    report = colorize_film(
        source,
        pictures=folder,
        weights=tiny_weights,
        options=options,
        progress=lambda now: done.append(now.frames),
        stopped=lambda: len(done) >= 80,
    )
    assert report.interrupted
    assert report.target == tmp_path / "frames.parts"
    assert contents(folder) == whole
    report = colorize_film(source, pictures=folder, weights=tiny_weights, options=options)
    assert report.resumed > 24
    assert contents(folder) == whole
    assert not report.target.with_name("frames.parts").exists()


def test_a_partial_film_of_somebody_else_stays(tiny_weights: Path) -> None:
    source = write_film(Path("film.mp4"), Sort(size=(64, 48), frames=30, sound=None))
    Path("film-color.partial.mp4").write_bytes(b"mine")
    report = colorize_film(source, weights=tiny_weights, stopped=lambda: True)
    assert report.interrupted
    colorize_film(source, weights=tiny_weights)
    assert Path("film-color.partial.mp4").read_bytes() == b"mine"


def test_two_processes_do_not_write_one_film(tmp_path: Path, tiny_weights: Path) -> None:
    source = write_film(tmp_path / "film.mp4", Sort(size=(64, 48), frames=80))
    target = tmp_path / "film-color.mp4"
    job = start(40, source, target, tiny_weights)
    try:
        before = contents(tmp_path / "film-color.mp4.parts").keys()
        with pytest.raises(FilmError, match="another run is writing it"):
            colorize_film(source, target, weights=tiny_weights)
        assert contents(tmp_path / "film-color.mp4.parts").keys() == before
    finally:
        job.kill()
        finish(job)
    colorize_film(source, target, weights=tiny_weights)  # its lock went with it
    assert times(target) == times(source)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film-color.mp4", "film.mp4"]


def test_a_full_disk_says_how_to_go_on(
    colorify: Colorify, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_film(Path("other.mp4"), Sort(size=(64, 48), frames=4, sound=None))
    sync, failed = atomic._sync, []

    def full(path: Path, flags: int) -> None:
        if not failed and ".mkv" in path.name:
            failed.append(path)
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(path, flags)

    with monkeypatch.context() as patch:
        patch.setattr(atomic, "_sync", full)
        ended = colorify("video", short.name, "other.mp4")
    assert ended.code == 1
    assert "error: short-color.mp4: no room left on the disk. Make some and repeat the command." in ended.err
    assert "It goes on where it was" in ended.err
    assert len(times(Path("other-color.mp4"))) == 4, "the others go on"
    assert colorify("video", short.name).code == 0


@NEEDS_MODES
def test_a_place_that_cannot_be_written_is_said_and_the_others_go_on(short: Path, tiny_weights: Path) -> None:
    Path("shut").mkdir()
    write_film(Path("shut/a.mp4"), Sort(size=(64, 48), frames=2, sound=None))
    Path("shut").chmod(0o555)
    words = command(tiny_weights, "video", "shut/a.mp4", "gone.mp4", short.name)
    try:
        ended = subprocess.run(words, capture_output=True, text=True, check=False, preexec_fn=drop_power)
    finally:
        Path("shut").chmod(0o755)
    assert ended.returncode == 1
    assert "error: gone.mp4: no such film. " in ended.stderr
    assert "error: shut/a-color.mp4: cannot be written (Permission denied)." in ended.stderr
    assert "Choose another place with -o" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert Path("short-color.mp4").exists()


def test_a_file_in_the_way_is_said(colorify: Colorify, short: Path) -> None:
    Path("afile").write_bytes(b"mine")
    ended = colorify("video", short.name, "-o", "afile/x/out.mp4")
    assert ended.code == 1
    assert "error: afile/x/out.mp4: cannot be written (Not a directory)." in ended.err
    assert colorify("video", short.name, "-o", "afile/x/").code == 2


def test_all_is_on_the_disk_before_the_pieces_go(
    short: Path, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    sync = atomic._sync

    def told(path: Path, flags: int) -> None:
        assert Path("short-color.mp4.parts").exists()
        synced.append("the folder" if path == Path() else path.suffix)
        sync(path, flags)

    monkeypatch.setattr(atomic, "_sync", told)
    colorize_film(short, weights=tiny_weights)
    assert synced[-3:] == [".part", ".mp4", "the folder"]  # which file is the film, the film, its name
    assert ".mkv" in synced[:-3]


def test_a_job_killed_before_it_could_tidy_up_is_done(
    short: Path, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_self: object, _segments: object) -> list[str]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("colorify.video.job._Job._tidy", killed)
        with pytest.raises(KeyboardInterrupt):
            colorize_film(short, weights=tiny_weights)
    made = Path("short-color.mp4").read_bytes()
    report = colorize_film(short, weights=tiny_weights)
    assert report.resumed == report.frames == 4
    assert Path("short-color.mp4").read_bytes() == made
    assert not Path("short-color.mp4.parts").exists()
    with pytest.raises(FilmError, match="-f overwrites"):
        colorize_film(short, weights=tiny_weights)


def test_a_second_signal_acts(tmp_path: Path, tiny_weights: Path) -> None:
    """The first asks to stop; who cannot wait sends another, and the next run still goes on."""
    source = write_film(tmp_path / "film.mp4", Sort(size=(64, 48), frames=120))
    job = start(90, source, tmp_path / "b.mp4", tiny_weights, deaf=True)
    job.send_signal(signal.SIGTERM)
    assert job.stdout is not None
    assert job.stdout.readline() == "heard\n"
    job.send_signal(signal.SIGTERM)
    finish(job)
    assert job.returncode == -signal.SIGTERM
    assert colorize_film(source, tmp_path / "b.mp4", weights=tiny_weights).resumed > 0
