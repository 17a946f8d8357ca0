"""Many photos from the command line: what is skipped, the report at the end, folders that are watched."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from changed_command import changed_command, draw_bar_at_once
from colorify.batch import watch
from colorify.cli import run_photos
from command_line import Colorify, command, names, on_a_terminal, photo, result, size
from waiting import PATIENCE, finish, wait_for

pytestmark = pytest.mark.usefixtures("in_tmp_path")


@pytest.mark.parametrize(("cores", "at_a_time", "threads"), [(2, 1, 2), (2, 3, 1), (8, 5, 2), (8, 8, 1)])
def test_photos_share_the_cores(
    cores: int, at_a_time: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_photos, "CORES", cores)
    assert run_photos.threads_per_photo(at_a_time) == threads


class TestReport:
    def test_one_report_says_what_was_done_skipped_and_failed_and_why(self, colorify: Colorify) -> None:
        photo("album/a.jpg"), photo("album/b.jpg"), photo("album/old.jpg")
        assert colorify("album/old.jpg", "-o", "out").code == 0
        assert colorify("album/a.jpg", "-o", "album/mine.jpg").code == 0
        Path("album/bad.jpg").write_bytes(b"")
        ended = colorify("album", "gone", "-o", "out", "-j", "1")
        *lines, counts, before, own, failed = ended.err.splitlines()
        assert ended.code == 1
        assert [line.partition("  (")[0] for line in lines] == [
            "error: gone: no such file or folder. Check its name: ls .",
            "album/a.jpg -> out/a.jpg",
            "album/b.jpg -> out/b.jpg",
            "error: album/bad.jpg: the file is empty. Copy it again.",
        ]
        assert counts.startswith("2 coloured, 2 skipped, 2 failed, in ")
        assert before == "  skipped: 1 done before (-f colours them again)"
        assert own == "  skipped: 1 made by Colorify"
        assert failed == "  failed: 2, each with its error above"

    def test_an_error_is_said_once(self, colorify: Colorify) -> None:
        for number in range(30):
            photo(f"album/{number:02}.jpg").write_bytes(b"")
        ended = colorify("album")
        assert ended.err.count("error: album/") == 30
        assert ended.err.count("album/07.jpg") == 1
        assert ended.err.endswith("  failed: 30, each with its error above\n")

    def test_quiet_and_lone_photos_get_no_report(self, colorify: Colorify) -> None:
        photo("a.jpg"), photo("b.jpg")
        assert len(colorify("a.jpg").err.splitlines()) == 1
        assert colorify("a.jpg", "b.jpg", "-q").err == ""

    def test_json_says_why_a_photo_was_skipped(self, colorify: Colorify) -> None:
        photo("album/a.jpg"), photo("album/b.jpg")
        colorify("album/a.jpg"), colorify("album/b.jpg", "-o", "album/mine.jpg")
        rows = {str(row["source"]): row for row in colorify("album", "--json").rows}
        assert rows["album/a.jpg"]["notes"] == ["done before"]
        assert rows["album/a-color.jpg"]["notes"] == ["made by Colorify"]
        assert rows["album/mine.jpg"]["notes"] == ["made by Colorify"]
        assert rows["album/b.jpg"]["status"] == "done"

    def test_dry_run_sees_what_the_run_would(self, colorify: Colorify) -> None:
        photo("album/a.jpg"), photo("album/b.jpg"), photo("album/c.jpg")
        colorify("album/a.jpg"), colorify("album/b.jpg", "-o", "album/mine.jpg")
        Path("album/c.jpg").write_bytes(b"")
        before = names()
        dry = colorify("album", "--dry-run")
        assert (dry.code, dry.out) == (1, "album/b.jpg -> album/b-color.jpg\n")
        assert "1 to colour, 3 skipped, 1 failed" in dry.err
        assert dry.err.endswith("  failed: 1, with its error above\n")
        assert names() == before
        summary = colorify("album", "--dry-run", "--json").summary
        assert [summary[key] for key in ("done", "skipped", "failed", "left")] == [0, 3, 1, 1]

    def test_clashes_are_counted(self, colorify: Colorify) -> None:
        for name in ("a.jpg", "a.png", "b.jpg", "b.png", "c.jpg"):
            photo(f"album/{name}")
        ended = colorify("album", "--format", "webp")
        assert ended.code == 2
        assert "album/a.jpg and album/a.png would both be written to album/a-color.webp" in ended.err
        assert "(1 more like this.)" in ended.err
        assert len(names()) == 5

    def test_a_bar_with_the_time_left_also_for_one_long_photo(self, tiny_weights: Path) -> None:
        photo("long.png", 800, 600)
        words = changed_command(draw_bar_at_once, "long.png", "-m", str(tiny_weights))
        _, shown = on_a_terminal(*words)
        assert b"%" in shown, "parts of the photo"
        assert b":" in shown.partition(b"%")[2], "time left"


@contextmanager
def watching(weights: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    words = command(weights, *arguments, "--watch")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


class TestWatch:
    def test_it_colours_what_is_there_and_what_comes_and_ends_with_a_report(self, tiny_weights: Path) -> None:
        photo("in/a.jpg"), photo("in/old.jpg"), result("out/old.jpg")
        photo("later.jpg", 600, 400)
        with watching(tiny_weights, "in", "-o", "out", "--json") as process:
            wait_for(Path("out/a.jpg").exists)
            Path("in/new").mkdir()
            Path("later.jpg").rename("in/new/b.jpg")
            wait_for(Path("out/new/b.jpg").exists)
            process.send_signal(signal.SIGINT)
            out, err = finish(process)
        rows = [json.loads(line) for line in out.splitlines()]
        assert process.returncode == 0, err
        assert [(row.get("source"), row["status"]) for row in rows] == [
            ("in/old.jpg", "skipped"),
            ("in/a.jpg", "done"),
            ("in/new/b.jpg", "done"),
            (None, "summary"),
        ]
        assert (rows[-1]["done"], rows[-1]["skipped"], rows[-1]["failed"]) == (2, 1, 0)
        assert size("out/new/b.jpg") == (600, 400)
        assert err == ""

    def test_a_copy_that_takes_a_while_is_coloured_when_it_is_whole(
        self, colorify: Colorify, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = photo("later.jpg", 600, 400).read_bytes()
        photo("in/a.jpg")
        outputs: list[set[str]] = []

        def rest(seconds: float, _stopped: object) -> None:
            """Between two looks: a fifth of the copy comes; long after the last one, Ctrl-C."""
            assert seconds >= watch.MIN_PAUSE_S
            outputs.append(names("out"))
            if len(outputs) <= 5:
                with Path("in/b.jpg").open("ab") as copy:
                    copy.write(whole[copy.tell() :][: -(-len(whole) // 5)])
            elif len(outputs) == 9:
                signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(watch, "_wait", rest)
        ended = colorify("in", "-o", "out", "--watch", "--json")
        assert (ended.code, len(outputs)) == (0, 9), ended.err
        assert [len(there) for there in outputs] == [0, 1, 1, 1, 1, 1, 2, 2, 2]
        assert size("out/b.jpg") == (600, 400)
        assert (ended.summary["done"], ended.summary["failed"]) == (2, 0)

    @pytest.mark.slow
    def test_outputs_beside_their_sources_are_not_coloured(self, tiny_weights: Path) -> None:
        photo("in/a.jpg")
        with watching(tiny_weights, "in") as process:
            wait_for(Path("in/a-color.jpg").exists)
            time.sleep(5)  # two looks more
            process.send_signal(signal.SIGTERM)
            _, err = finish(process)
        assert process.returncode == 0, err
        assert "watching in for photos; Ctrl-C ends it" in err
        assert names("in") == {"a.jpg", "a-color.jpg"}

    @pytest.mark.slow
    def test_a_photo_that_was_cut_short_is_tried_again_when_it_is_whole(self, tiny_weights: Path) -> None:
        whole = photo("a.jpg", 300, 200).read_bytes()
        Path("in").mkdir()
        Path("in/a.jpg").write_bytes(whole[: len(whole) // 2])
        with watching(tiny_weights, "in", "-o", "out", "--json") as process:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["status"] == "failed"
            Path("whole.jpg").write_bytes(whole)
            Path("whole.jpg").rename("in/a.jpg")
            assert json.loads(process.stdout.readline())["status"] == "done"
            process.send_signal(signal.SIGINT)
            summary = json.loads(process.stdout.read().splitlines()[-1])
            assert process.wait(timeout=PATIENCE) == 0
        assert (summary["done"], summary["failed"]) == (1, 0)

    @pytest.mark.parametrize(
        "arguments",
        [
            ["a.jpg"],
            ["gone"],
            ["*"],
            ["-"],
            ["in", "-o", "in"],
            ["in", "-o", "a.jpg"],
            ["in", "-o", "-"],
            ["in", "--dry-run"],
            ["in", "--hint", "1,1,#ff0000"],
            ["in", "--confidence", "sure.png"],
        ],
        ids=" ".join,
    )
    def test_a_watch_that_makes_no_sense(self, colorify: Colorify, arguments: list[str]) -> None:
        photo("a.jpg"), photo("in/a.jpg")
        ended = colorify(*arguments, "--watch")
        assert ended.code == 2
        assert len(ended.err.splitlines()) == 1
        assert names() == {"a.jpg", "in/a.jpg"}
