"""What goes to stdout and stderr gets there whole, or the exit code says that it did not."""

import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from changed_command import changed_command, limit_file_size
from colorify.cli.output import OutputError, WholeWriter
from command_line import command, names, photo
from waiting import PATIENCE, wait_for

FULL = Path("/dev/full")
NEEDS_FULL = pytest.mark.skipif(not FULL.exists(), reason="/dev/full is of Linux")
# each of these prints data, on stdout
PRINTING = (
    ["--version"],
    ["-h"],
    ["video", "-h"],
    ["data", "screen", "-h"],
    ["train", "--help"],
    ["a.png", "--dry-run"],
    ["a.png", "--dry-run", "--json"],
    ["gone.png", "--json"],
    ["video", "gone.mp4", "--json"],
)
FULL_STDOUT = (
    "error: stdout: cannot be written (No space left on device). Send it elsewhere, or make room for it.\n"
)
UNBUFFERED = {**os.environ, "PYTHONUNBUFFERED": "1"}
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


pytestmark = pytest.mark.usefixtures("in_tmp_path")


class Hesitant(io.RawIOBase):
    """Takes a byte, then nothing for now, then two bytes, and so on; fails after `most` of them."""

    def __init__(self, most: int = 1000) -> None:
        self.taken = b""
        self._most = most
        self._amounts = iter([1, None, 2, None, *range(3, 100)])
        self._pipe = os.pipe()  # its end can always be written to

    def fileno(self) -> int:
        return self._pipe[1]

    def write(self, data: memoryview, /) -> int | None:  # type: ignore[override]
        amount = next(self._amounts)
        if amount is None:
            return None
        if len(self.taken) + amount > self._most:
            raise OSError(28, "No space left on device")
        self.taken += data[:amount]
        return min(amount, len(data))


@pytest.fixture
def hesitant() -> Iterator[Hesitant]:
    raw = Hesitant()
    yield raw
    for end in raw._pipe:
        os.close(end)


def test_a_stream_that_takes_little_at_a_time_gets_all(hesitant: Hesitant) -> None:
    writer = WholeWriter(hesitant, raises=True)
    assert writer.write(b"a photo of many bytes") == 21
    assert (hesitant.taken, writer.error) == (b"a photo of many bytes", None)


def test_a_failure_is_told_once_and_the_rest_dropped(hesitant: Hesitant) -> None:
    hesitant._most = 5
    writer = WholeWriter(hesitant, raises=True)
    with pytest.raises(OutputError, match=r"stdout: cannot be written \(No space left on device\)"):
        writer.write(b"a photo of many bytes")
    taken = hesitant.taken
    assert writer.write(b"the rest, as Python ends") == 24
    assert hesitant.taken == taken


def test_what_cannot_be_said_on_stderr_is_remembered(hesitant: Hesitant) -> None:
    hesitant._most = 0
    writer = WholeWriter(hesitant, raises=False)
    assert writer.write(b"error") == 5
    assert writer.error is not None


def ends(words: list[str], shell: str, **options: object) -> "subprocess.CompletedProcess[bytes]":
    """Run a command with its streams as a shell sets them."""
    return subprocess.run(
        ["sh", "-c", f'"$@" {shell}', "sh", *words],
        capture_output=True, check=False, timeout=PATIENCE, **options,
    )  # type: ignore[call-overload]  # fmt: skip


@NEEDS_FULL
@pytest.mark.parametrize("words", PRINTING, ids=" ".join)
def test_data_that_does_not_reach_stdout(tiny_weights: Path, words: list[str]) -> None:
    photo("a.png")
    words = [sys.executable, "-m", "colorify", *words]
    done = ends(words, ">/dev/full")
    assert (done.returncode, done.stderr.decode()) == (
        1,
        FULL_STDOUT,
    )
    assert names() == {"a.png"}


@pytest.mark.parametrize("words", [PRINTING[0], PRINTING[1], PRINTING[5], PRINTING[7]], ids=" ".join)
def test_a_closed_stdout(words: list[str]) -> None:
    photo("a.png")
    done = ends([sys.executable, "-m", "colorify", *words], ">&-")
    assert done.returncode == 1
    assert done.stderr.decode().endswith(
        "error: stdout: cannot be written (it is closed). Send it elsewhere, or make room for it.\n"
    )


class TestPhoto:
    """One that goes to stdout, or comes from stdin."""

    @pytest.mark.parametrize("environment", [BUFFERED, UNBUFFERED], ids=["buffered", "unbuffered"])
    def test_on_a_full_disk(self, tiny_weights: Path, environment: dict[str, str]) -> None:
        data = photo("a.png", 200, 100).read_bytes()
        words = changed_command(limit_file_size, *command(tiny_weights, "-")[3:], given=(1000,))
        untraced = {name: text for name, text in environment.items() if not name.startswith("COVERAGE_")}
        done = ends(words, ">x.png", input=data, env=untraced)  # a coverage would be no file of 1000 bytes
        assert Path("x.png").stat().st_size <= 1000, "or the photo is too small for this test"
        assert done.returncode == 1
        assert b"Traceback" not in done.stderr
        assert done.stderr.startswith(b"error: stdout: cannot be written (")

    @pytest.mark.parametrize(
        ("shell", "says"),
        [
            pytest.param("<a.png >/dev/full", "stdout: cannot be written", marks=NEEDS_FULL),
            ("<a.png >&-", "stdout: cannot be written (it is closed)"),
            ("<&-", "-: stdin is closed. Send a photo: colorify - < photo.jpg > new.jpg"),
            ("</dev/null", "-: nothing came from stdin. Send a photo: "),
            ("</dev/zero", "the photo: expected a JPEG"),
        ],
    )
    def test_streams_that_do_not_work(self, tiny_weights: Path, shell: str, says: str) -> None:
        photo("a.png")
        done = ends(command(tiny_weights, "-", "-q"), shell)
        assert done.returncode == 1
        assert done.stderr.decode().startswith(f"error: {says}")
        assert done.stderr.count(b"\n") == 1
        assert names() == {"a.png"}

    def test_a_reader_that_goes_away(self, tiny_weights: Path) -> None:
        photo("a.png", 600, 600)
        with subprocess.Popen(
            command(tiny_weights, "a.png", "-o", "-", "-q"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            assert process.stderr.read() == b""
            assert process.wait(timeout=PATIENCE) == 1

    def test_a_pipe_that_is_full_for_a_while(self, tiny_weights: Path) -> None:
        """Its other end has made it non-blocking, as Node.js does."""
        photo("a.tif", 600, 600)
        whole = subprocess.run(
            command(tiny_weights, "a.tif", "-o", "-"), capture_output=True, check=True
        ).stdout
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        with subprocess.Popen(command(tiny_weights, "a.tif", "-o", "-", "-q"), stdout=writing) as process:
            os.close(writing)
            got: list[bytes] = []
            with open(reading, "rb") as pipe:  # noqa: PTH123 - a descriptor
                wait_for(lambda: pipe.peek(1))
                thread = threading.Thread(target=lambda: got.append(pipe.read()))
                thread.start()
                assert process.wait(timeout=PATIENCE) == 0
                thread.join()
        assert got == [whole]


class TestStderr:
    def test_closed_by_who_wants_to_hear_nothing(self, tiny_weights: Path) -> None:
        photo("a.png")
        assert ends(command(tiny_weights, "a.png"), "2>&-").returncode == 0
        assert names() == {"a.png", "a-color.png"}
        assert ends(command(tiny_weights, "a.png"), "2>&-").returncode == 1

    @NEEDS_FULL
    def test_full_does_not_stop_the_work_and_shows_in_the_exit_code(self, tiny_weights: Path) -> None:
        photo("album/a.png"), photo("album/b.png")
        assert ends(command(tiny_weights, "album"), "2>/dev/full").returncode == 1
        assert len(names("album")) == 4
        assert ends(command(tiny_weights, "album", "-q"), "2>/dev/full").returncode == 0

    def test_no_file_gets_the_number_of_a_closed_stream(self, tiny_weights: Path) -> None:
        """Else a line that is meant for stderr ends up in a photo."""
        photo("album/a.png"), photo("album/b.png")
        Path("album/bad.png").write_bytes(b"")
        assert ends(command(tiny_weights, "album", "-v"), "<&- >&- 2>&-").returncode == 1
        closed = {name: Path("album", name).read_bytes() for name in names("album")}
        assert ends(command(tiny_weights, "album", "-f"), "").returncode == 1
        assert closed == {name: Path("album", name).read_bytes() for name in names("album")}
