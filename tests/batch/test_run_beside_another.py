"""Two runs over one folder, or a run beside a watch: they share the photos, and none fails."""

import signal
import subprocess
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from changed_command import begin_with_another_run, changed_command
from colorify.atomic import claim
from command_line import Colorify, command, names, photo, size
from waiting import finish, wait_for

COUNT = 60


pytestmark = pytest.mark.usefixtures("in_tmp_path")


@pytest.mark.parametrize("watch", [False, True], ids=["two runs", "a run and a watch"])
def test_each_photo_is_coloured_once_and_none_fails(tiny_weights: Path, watch: bool) -> None:
    for number in range(COUNT):
        photo(f"album/{number:02}.png")
    words = changed_command(begin_with_another_run, *command(tiny_weights, "album", "-o", "out", "-v")[3:])
    both = [
        subprocess.Popen([*words, *more], stderr=subprocess.PIPE, text=True)
        for more in ([], ["--watch"] if watch else [])
    ]
    try:
        ends = [finish(both[0])[1]]
        if watch:
            wait_for(lambda: len([name for name in names("out") if ".colorify" not in name]) == COUNT)
            both[1].send_signal(signal.SIGINT)
        ends.append(finish(both[1])[1])
    finally:
        for process in both:
            process.kill()
    logs = [path.read_text().split() for path in Path().glob("*.log")]
    assert len(logs) == 2
    assert all(logs), "one has not coloured any"
    assert Counter(source for log in logs for source in log) == Counter(
        f"album/{number:02}.png" for number in range(COUNT)
    )
    assert [process.returncode for process in both] == [0, 0], ends
    assert all(" 0 failed" in err for err in ends), ends
    assert names("out") == {f"{number:02}.png" for number in range(COUNT)}
    assert all(size(f"out/{number:02}.png") == (48, 32) for number in range(COUNT))


def test_a_watch_comes_back_to_what_another_run_gives_up(tiny_weights: Path) -> None:
    photo("in/a.png"), photo("in/b.png")
    Path("out").mkdir()
    words = command(tiny_weights, "in", "-o", "out", "--watch", "-j", "1")
    with ExitStack() as given_up:
        given_up.enter_context(claim(Path("out/a.png")))
        process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
        try:
            wait_for(Path("out/b.png").exists)  # so `a`, which is before it, has been passed over
            assert not Path("out/a.png").exists()
            given_up.close()
            wait_for(Path("out/a.png").exists)
            process.send_signal(signal.SIGINT)
            _, err = finish(process)
        finally:
            process.kill()
    assert process.returncode == 0, err
    assert "2 coloured, 0 skipped, 0 failed" in err


def test_a_photo_of_another_run_is_said_and_no_fault(colorify: Colorify) -> None:
    photo("album/a.jpg"), photo("album/b.jpg")
    with claim(Path("album/a-color.jpg")):
        ended = colorify("album")
        row, *_ = colorify("album", "--json").rows
        lone = colorify("album/a.jpg")
    assert ended.code == 0
    assert "album/a.jpg: another run is colouring it\n" in ended.err
    assert "1 coloured, 1 skipped, 0 failed" in ended.err
    assert "skipped: 1 that another run is colouring; repeat the command when it has ended" in ended.err
    assert (row["status"], row["error"]) == ("skipped", None)
    assert (lone.code, lone.err) == (1, "error: album/a.jpg: another run is colouring it.\n")
