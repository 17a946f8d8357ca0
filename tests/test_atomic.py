"""Files appear when they are whole; what a killed process leaves behind goes, what is being written stays."""

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from changed_command import call_in_process, hold_claim, hold_half_file
from colorify.atomic import (
    DiskFullError,
    ExistsError,
    claim,
    move_file,
    sweep,
    sync_folder,
    whole_file,
    write_whole,
)
from colorify.errors import ColorifyError, FilmError, PhotoError, SetupError
from colorify.images.formats import FORMATS, Format
from colorify.images.photo import open_photo
from colorify.images.row_source import RowStream
from colorify.images.save import Output, save_photo
from waiting import PATIENCE

LEFTOVER = ".colorify-0123456789abcdef.part"
LOCK = ".colorify-0123456789abcdef.lock"


def there(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "a.png"
    with whole_file(target, overwrite=False) as temporary:
        temporary.write_bytes(b"whole")
        assert not target.exists()
    assert target.read_bytes() == b"whole"
    assert there(tmp_path) == {"a.png"}


@pytest.mark.parametrize(
    "error", [PhotoError("torn"), KeyboardInterrupt(), OSError(errno.EIO, "Input/output")]
)
def test_nothing_is_left_of_a_file_that_fails(tmp_path: Path, error: BaseException) -> None:
    target = tmp_path / "a.png"
    target.write_bytes(b"before")

    def half() -> None:
        with whole_file(target, overwrite=True) as temporary:
            temporary.write_bytes(b"ha")
            raise error

    with pytest.raises((PhotoError, KeyboardInterrupt)):
        half()
    assert target.read_bytes() == b"before"
    assert there(tmp_path) == {"a.png"}


def test_the_longest_name_that_a_file_may_have(tmp_path: Path) -> None:
    target = tmp_path / ("ä" * 125 + ".jpg")  # 254 bytes of 255
    with whole_file(target, overwrite=False) as temporary:
        temporary.write_bytes(b"whole")
    assert target.exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def full(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with pytest.raises(DiskFullError, match="no room left"), whole_file(tmp_path / "a", overwrite=False):
        raise OSError(number, os.strerror(number))
    monkeypatch.setattr("colorify.atomic.os.write", full)
    with pytest.raises(DiskFullError, match="no room left"), whole_file(tmp_path / "a", overwrite=False):
        raise PhotoError("cannot be written (write error)")  # all that libvips says
    monkeypatch.undo()
    monkeypatch.setattr("colorify.atomic.os.fsync", full)  # a network share may say it only now
    with pytest.raises(DiskFullError, match="no room left"), whole_file(tmp_path / "a", overwrite=False):
        pass
    assert there(tmp_path) == set()


def test_what_a_killed_process_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    others = {
        "a.jpg",
        ".hidden.part",
        LEFTOVER[1:],
        f"{LEFTOVER}.a.b",
        ".colorify-0123.part",
        ".colorify-0.lock",
        "sub",
    }
    (tmp_path / "sub").mkdir()
    for name in (LEFTOVER, f"{LEFTOVER}.mp4", LOCK, *(others - {"sub"})):
        (tmp_path / name).write_bytes(b"half")
    (tmp_path / "sub" / LEFTOVER).write_bytes(b"half")
    sweep(tmp_path)
    assert there(tmp_path) == others
    sweep(tmp_path / "not there")


def test_what_another_process_is_writing_is_not_swept(tmp_path: Path) -> None:
    words = call_in_process(hold_half_file, str(tmp_path / "a.png"))
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdin is not None
        assert writer.stdout.readline() == "half\n"
        before = there(tmp_path)
        sweep(tmp_path)
        assert there(tmp_path) == before
        assert len(before) == 2  # the file and its lock
        writer.stdin.close()
        assert writer.wait(timeout=PATIENCE) == 0
    assert there(tmp_path) == {"a.png"}


WITHOUT_LINKS = "os.link"
WITHOUT_EITHER = "colorify.atomic._rename_without_links"


@pytest.mark.parametrize("without", [(), (WITHOUT_LINKS,), (WITHOUT_LINKS, WITHOUT_EITHER)])
def test_a_file_that_comes_at_the_last_moment_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without: tuple[str, ...]
) -> None:
    target = tmp_path / "a"
    sync = os.fsync

    def come(file: int) -> None:
        sync(file)
        target.write_bytes(b"theirs")  # after the last look at the target: only the rename is left

    take_away(monkeypatch, without)
    monkeypatch.setattr("colorify.atomic.os.fsync", come)
    with pytest.raises(ExistsError, match="exists already"), whole_file(target, overwrite=False) as temporary:
        temporary.write_bytes(b"ours")
    assert target.read_bytes() == b"theirs"
    assert there(tmp_path) == {"a"}
    monkeypatch.undo()
    take_away(monkeypatch, without)
    write_whole(tmp_path / "b", b"ours", overwrite=False)
    assert (tmp_path / "b").read_bytes() == b"ours"
    move_file(tmp_path / "b", tmp_path / "c")
    with pytest.raises(ExistsError):
        move_file(tmp_path / "c", target)
    assert there(tmp_path) == {"a", "c"}


def take_away(monkeypatch: pytest.MonkeyPatch, calls: tuple[str, ...]) -> None:
    """Have a file system without links, or without a rename that does not replace."""

    def none(*_: object) -> bool:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    if WITHOUT_LINKS in calls:
        monkeypatch.setattr("colorify.atomic.os.link", none)
    if WITHOUT_EITHER in calls:
        monkeypatch.setattr(WITHOUT_EITHER, lambda *_: False)


def test_a_link_to_nothing_is_a_name_that_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("not there")
    with pytest.raises(ExistsError):
        write_whole(tmp_path / "a", b"ours", overwrite=False)
    assert (tmp_path / "a").is_symlink()


def test_a_file_system_without_sync_can_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_: int) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr("colorify.atomic.os.fsync", none)
    write_whole(tmp_path / "sub" / "a", b"whole", overwrite=False)
    sync_folder(tmp_path)
    assert (tmp_path / "sub" / "a").read_bytes() == b"whole"


@pytest.mark.parametrize("kind", [SetupError, FilmError])
def test_an_error_is_of_the_kind_that_is_asked_for(tmp_path: Path, kind: type[ColorifyError]) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").write_bytes(b"")
    for name, said in [("a", "found a folder"), ("b", "exists already"), ("b/c", "cannot make this folder")]:
        with pytest.raises(kind, match=said):
            write_whole(tmp_path / name, b"", overwrite=False, kind=kind)


def test_a_target_is_claimed_once_at_a_time(tmp_path: Path) -> None:
    target = tmp_path / ("n" * 250 + ".jpg")
    with claim(target) as ours, claim(tmp_path / "other.jpg") as other:
        assert ours
        assert other
        with claim(target) as again:
            assert not again
        sweep(tmp_path)
        with claim(target) as again:
            assert not again, "what was not ours was let go"
    with claim(target) as ours:
        assert ours
    assert there(tmp_path) == set()


def test_a_claim_goes_with_its_process(tmp_path: Path) -> None:
    target = tmp_path / "a.png"
    words = call_in_process(hold_claim, str(target))
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        with claim(target) as ours:
            assert not ours
        holder.kill()
    assert len(there(tmp_path)) == 1
    with claim(target) as ours:
        assert ours
    assert there(tmp_path) == set()


def test_where_there_are_no_locks_nothing_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    (tmp_path / LEFTOVER).write_bytes(b"perhaps being written")
    (tmp_path / LOCK).write_bytes(b"")
    monkeypatch.setattr("colorify.locks._lock", none)
    sweep(tmp_path)
    with claim(tmp_path / "a") as ours, whole_file(tmp_path / "a", overwrite=False):
        assert ours, "or nothing could be coloured there"
    assert there(tmp_path) == {LEFTOVER, LOCK, "a"}


@pytest.mark.parametrize("row", FORMATS, ids=str)
def test_a_picture_is_locked_while_it_is_written(tmp_path: Path, row: Format) -> None:
    pixels = np.zeros((64, 64, 3), np.uint8)

    def strips() -> Iterator[np.ndarray]:
        for top in range(0, 64, 16):
            sweep(tmp_path)
            assert len(there(tmp_path)) == 2  # the file and its lock
            yield pixels[top : top + 16]

    stream = RowStream(strips(), shape=pixels.shape, depth=8, strip_rows=16)
    target = tmp_path / f"a{row.suffixes[0]}"
    save_photo(stream, open_photo(pixels), target, Output(row, 8))
    assert there(tmp_path) == {target.name}
