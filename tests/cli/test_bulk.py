"""`colorify bulk`: its options, its report and its exit code."""

import json
from pathlib import Path

import pytest

from bulk_helpers import make_photo, write_photos
from colorify.batch.bulk import bulk_run, sink
from colorify.cli import bulk
from command_line import Colorify


def test_what_the_verb_offers_is_what_there_is() -> None:
    assert set(bulk.ENGINE_NAMES) == bulk_run.ENGINES.keys()
    assert set(bulk.SINK_NAMES) == {sink.FILES, sink.SHARDS}
    assert bulk.CHUNK_PHOTOS == bulk_run.CHUNK_PHOTOS


def test_a_folder_is_coloured_and_what_failed_is_said(
    tmp_path: Path, colorify: Colorify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(bulk_run.ENGINES, "local", lambda worker, numbers, count: map(worker, numbers))
    write_photos(tmp_path / "in", {"a.png": 80})
    (tmp_path / "in" / "b.png").write_bytes(make_photo(90)[:60])
    ended = colorify("bulk", str(tmp_path / "in"), str(tmp_path / "out"))
    assert ended.code == 1
    assert "b.png: " in ended.err
    assert "1 coloured, 1 failed, in 1 chunks" in ended.err
    again = colorify("bulk", str(tmp_path / "in"), str(tmp_path / "out"), "--json")
    assert json.loads(again.out)["colored"] == 1
    assert [path.name for path in (tmp_path / "out").glob("*.png")] == ["a.png"]


def test_a_device_that_is_not_there_is_an_error(
    tmp_path: Path, colorify: Colorify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(bulk_run.ENGINES, "local", lambda worker, numbers, count: map(worker, numbers))
    write_photos(tmp_path / "in", {"a.png": 80})
    ended = colorify("bulk", str(tmp_path / "in"), str(tmp_path / "out"), "--device", "rocm")
    assert ended.code == 3
    assert "device rocm: expected an ONNX Runtime with MIGraphX" in ended.err


def test_of_many_failures_some_are_shown_and_all_are_in_the_report(
    tmp_path: Path, colorify: Colorify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(bulk_run.ENGINES, "local", lambda worker, numbers, count: map(worker, numbers))
    write_photos(tmp_path / "in", {"a.png": 80})
    for number in range(bulk.SHOWN_FAILURES + 5):
        (tmp_path / "in" / f"broken {number}.png").write_bytes(b"no photo")
    ended = colorify("bulk", str(tmp_path / "in"), f"{tmp_path / 'out'}/")
    *failures, more, counts = ended.err.splitlines()
    assert len(failures) == bulk.SHOWN_FAILURES
    said, _, name = more.partition(": ")
    assert (said, counts) == ("and 5 more", "1 coloured, 25 failed, in 1 chunks")
    assert len(json.loads(Path(name).read_bytes())["failures"]) == 25
