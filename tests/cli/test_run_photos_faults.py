"""A run that is stopped, killed or out of disk leaves whole files alone, loses none, and goes on later."""

import hashlib
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import pyvips

from changed_command import call_in_process, changed_command, cut_while_reading, stall_at_sixth_photo
from colorify.batch import run as batch
from colorify.cli.signals import SIGNALS, stop_on_signals
from colorify.images.formats import FORMATS
from command_line import Colorify, command, names, photo, result, size
from tiny import grey_scene
from waiting import PATIENCE, finish

SIZE = (800, 600)
LEFT = ".colorify-0123456789abcdef.part"


pytestmark = pytest.mark.usefixtures("in_tmp_path")


def album(count: int) -> dict[str, str]:
    """Make photos and return what is in them: name -> digest."""
    for number in range(count):
        photo(f"album/{number % 3}/{number:02}.{('png', 'jpg', 'tif')[number % 3]}", *SIZE)
    return digests("album")


def digests(folder: str) -> dict[str, str]:
    return {name: hashlib.sha256(Path(folder, name).read_bytes()).hexdigest() for name in names(folder)}


def whole(folder: str = "out") -> set[str]:
    """Name what is there under the names of photos; each must be whole."""
    found = {name for name in names(folder) if ".colorify-" not in name} if Path(folder).exists() else set()
    assert all(size(Path(folder, name)) == SIZE for name in found)
    return found


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)], ids=lambda it: it.name
)
def test_a_signal_leaves_whole_files_alone_and_the_run_resumes(tiny_weights: Path, number: int) -> None:
    before = album(18)
    words = command(tiny_weights, "album", "-o", "out")
    slow = changed_command(stall_at_sixth_photo, *words[3:])
    with subprocess.Popen(slow, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "endless\n"
            process.send_signal(number)
            _, err = finish(process)
        finally:
            process.kill()
    assert process.returncode == 130, err
    assert "Traceback" not in err
    done = names("out")
    assert done == whole()
    assert 0 < len(done) <= 5, "those that end by themselves"
    assert f"{len(done)} coloured, 0 skipped, 0 failed, {18 - len(done)} left" in err
    assert "left: interrupted; repeat the command to go on" in err
    again = subprocess.run(words, capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert f"{18 - len(done)} coloured, {len(done)} skipped, 0 failed" in again.stderr
    assert whole() == set(before)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda it: it.name)
def test_the_first_signal_asks_to_stop_and_the_second_acts(number: signal.Signals) -> None:
    acted: list[int] = []
    before = signal.signal(number, lambda number, _frame: acted.append(number))
    try:
        with stop_on_signals() as stopped:
            assert not stopped()
            signal.raise_signal(number)
            assert stopped()
            assert acted == []
            signal.raise_signal(number)
            assert acted == [number]
        signal.signal(number, signal.SIG_IGN)  # as nohup does
        with stop_on_signals() as stopped:
            signal.raise_signal(number)
            assert not stopped()
        assert signal.getsignal(number) == signal.SIG_IGN
    finally:
        signal.signal(number, before)


def test_what_a_killed_run_left_half_written_is_removed_by_the_next(colorify: Colorify) -> None:
    photo("album/a.jpg"), photo("album/deep/b.jpg"), result("out/a.jpg")
    for name in (f"out/{LEFT}", f"out/deep/{LEFT}", f"album/{LEFT}"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(b"half")
    assert colorify("album", "-o", "out", "--dry-run").code == 0
    assert Path("out", LEFT).exists(), "a dry run does nothing"
    assert colorify("album", "-o", "out").code == 0
    assert names("out") == {"a.jpg", "deep/b.jpg"}
    assert Path("album", LEFT).exists(), "no output of this run goes there"


@pytest.mark.slow
def test_kills_at_random_moments(tiny_weights: Path) -> None:
    """A minute on an idle machine: 20 real runs, killed at any moment from their start on."""
    before, moments = album(40), random.Random(4)
    words = command(tiny_weights, "album", "-o", "out", "-q")
    started = time.monotonic()
    subprocess.run(command(tiny_weights, "album/0/00.png", "-o", "out/0/"), check=True, timeout=PATIENCE)
    least = time.monotonic() - started  # s: for any photo at all
    done: dict[str, int] = {}
    between = 0
    rounds = 0
    while rounds < 20 or (not between and rounds < 100):
        rounds += 1
        process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
        try:
            time.sleep(least * moments.uniform(0.1, 1.6))
            process.send_signal(
                moments.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
            )
        finally:
            _, err = finish(process)
        assert "error: " not in err, "nothing failed, and nobody complains of what the last run left"
        now = {name: Path("out", name).stat().st_mtime_ns for name in whole()}
        assert done.items() <= now.items(), "what was finished is neither lost nor written again"
        between += 0 < len(now) < len(before)
        done = now
        if len(done) == len(before):  # a fast machine; from the start again
            shutil.rmtree("out")
            done = {}
    assert between, "runs were killed between photos"
    subprocess.run(words, check=True, timeout=PATIENCE)
    assert names("out") == set(before), "no half-written file is left either"
    assert digests("album") == before
    subprocess.run(command(tiny_weights, "album", "-o", "at-one-go", "-q"), check=True, timeout=PATIENCE)
    assert digests("out") == digests("at-one-go")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 4 MB; root can."""
    disk = tmp_path / "disk"
    disk.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if sys.platform != "linux" or subprocess.run(words, capture_output=True, check=False).returncode != 0:
        pytest.skip("a full disk needs Linux and the right to mount one")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.mark.parametrize("format_", ["jpeg", pytest.param("tiff", marks=pytest.mark.slow)])
def test_a_full_disk(small_disk: Path, colorify: Colorify, format_: str) -> None:
    Path("album").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (SIZE[1], SIZE[0], 1)).astype(np.uint8)
    for number in range(8):
        grey = (grey_scene(*SIZE)[:, :, None] // 2 + np.roll(noise, number) // 2).astype(np.uint8)
        pyvips.Image.new_from_array(grey).copy(interpretation="b-w").write_to_file(f"album/{number}.png")
    before = digests("album")
    words = ["album", "-o", str(small_disk), "--format", format_, "--quality", "100", "-j", "2"]
    ended = colorify(*words)
    assert ended.code == 1
    done = whole(str(small_disk))
    assert names(str(small_disk)) == done, "nothing half-written is left"
    assert 0 < len(done) < 7
    assert "no room left on the disk. Make some and repeat the command." in ended.err
    assert "left: the disk is full; repeat the command to go on" in ended.err
    assert ended.err.count("error: ") <= 2, "photos not begun are not tried on a full disk"
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    again = colorify(*words)
    assert (again.code, len(whole(str(small_disk)))) == (0, 8)
    assert f"{8 - len(done)} coloured, {len(done)} skipped, 0 failed" in again.err
    assert digests("album") == before


def test_photos_and_folders_that_vanish_meanwhile(
    colorify: Colorify, monkeypatch: pytest.MonkeyPatch
) -> None:
    album(6)
    run = batch.run

    def after_a_loss(*args: object, **options: object) -> object:
        Path("album/1/01.jpg").unlink()
        Path("album/2/02.tif").unlink()
        Path("album/2/05.tif").unlink()
        Path("album/2").rmdir()
        return run(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "run", after_a_loss)
    ended = colorify("album", "-o", "out")
    assert ended.code == 1
    assert whole() == {"0/00.png", "0/03.png", "1/04.jpg"}
    for name in ("1/01.jpg", "2/02.tif", "2/05.tif"):
        assert f"error: album/{name}: no such file or folder" in ended.err
    assert "3 coloured, 0 skipped, 3 failed" in ended.err


def test_a_photo_that_is_cut_while_it_is_read_kills_nobody(tmp_path: Path) -> None:
    """A program that maps a file dies of this."""
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 1)).astype(np.uint8)
    image = pyvips.Image.new_from_array(noise).copy(interpretation="b-w")
    paths = [str(tmp_path / f"a{row.suffixes[0]}") for row in FORMATS]
    for path in paths:
        image.write_to_file(path)
    words = call_in_process(cut_while_reading, *paths)
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 0, f"died after {done.stdout.split()}: {done.stderr}"
