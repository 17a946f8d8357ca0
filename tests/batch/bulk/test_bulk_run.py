"""Bulk runs on this machine: every photo has exactly one result, whatever happens in between."""

import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bulk_helpers import PERILOUS, DeadlyWorker, is_colored, make_photo, write_photos, write_shard
from colorify.batch.bulk import bulk_run
from colorify.batch.bulk.attempts import LOST_AT_START, TRIES
from colorify.batch.bulk.bulk_run import BulkReport, color_bulk
from colorify.batch.bulk.chunk_plan import attempts_name
from colorify.batch.bulk.source import HOME
from colorify.batch.bulk.store import Store
from colorify.batch.bulk.worker import ChunkWorker
from colorify.errors import PhotoError, SetupError, UsageError
from colorify.options import ColorOptions, SaveOptions


@pytest.fixture
def color(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run `color_bulk` in this process: what its processes do is tested apart."""

    def run_here(worker: ChunkWorker, numbers: list[int], count: int) -> Any:
        return map(worker, numbers)

    monkeypatch.setitem(bulk_run.ENGINES, "here", run_here)

    def run(source: Path | str, dest: Path | str, **options: Any) -> BulkReport:
        return color_bulk(str(source), str(dest), engine="here", weights=tiny_weights, **options)

    return run


def names(folder: Path) -> list[str]:
    """Return the results in a folder, without what Colorify keeps beside them."""
    found = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    return sorted(name for name in found if not name.startswith(HOME))


def test_a_folder_becomes_a_folder(tmp_path: Path, color: Any) -> None:
    write_photos(tmp_path / "in", {"a.png": 80, "b/c.png": 120, "b/d.jpg.png": 160})
    (tmp_path / "in" / "notes.txt").write_text("no photo", encoding="utf-8")
    report = color(tmp_path / "in", tmp_path / "out", chunk_photos=2)
    assert names(tmp_path / "out") == ["a.png", "b/c.png", "b/d.jpg.png"]
    assert (report.colored, report.failures, report.chunks) == (3, (), 2)
    assert all(is_colored((tmp_path / "out" / name).read_bytes()) for name in names(tmp_path / "out"))
    assert json.loads((tmp_path / "out" / HOME / "report.json").read_bytes())["colored"] == 3


def test_what_cannot_be_colored_is_set_apart_with_a_reason(tmp_path: Path, color: Any) -> None:
    write_photos(tmp_path / "in", {"a.png": 80, "c.png": 120})
    (tmp_path / "in" / "b.png").write_bytes(make_photo(90)[:60])
    report = color(tmp_path / "in", tmp_path / "out")
    [failure] = report.failures
    assert failure.key == "b.png"
    assert failure.reason
    assert (report.colored, names(tmp_path / "out")) == (2, ["a.png", "c.png"])


def test_a_run_goes_on_where_it_stopped(tmp_path: Path, color: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    write_photos(tmp_path / "in", {f"{number}.png": 60 + number for number in range(6)})
    began: list[int] = []

    def stop_at_the_third(worker: ChunkWorker, numbers: list[int], count: int) -> Any:
        for number in numbers:
            if len(began) == 2:
                raise KeyboardInterrupt
            began.append(number)
            yield worker(number)

    monkeypatch.setitem(bulk_run.ENGINES, "here", stop_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        color(tmp_path / "in", tmp_path / "out", chunk_photos=2)
    write_photos(tmp_path / "in", {"new.png": 99})  # for another run: no photo changes its chunk
    done = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.png")}
    again: list[int] = []

    def note(worker: ChunkWorker, numbers: list[int], count: int) -> Any:
        again.extend(numbers)
        return map(worker, numbers)

    monkeypatch.setitem(bulk_run.ENGINES, "here", note)
    report = color(tmp_path / "in", tmp_path / "out", chunk_photos=2)
    assert again == [2]
    assert (report.colored, len(names(tmp_path / "out"))) == (6, 6)
    assert all(path.stat().st_mtime_ns == time for path, time in done.items())


def test_a_result_that_cannot_be_written_stops_the_run(
    tmp_path: Path, color: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_photos(tmp_path / "in", {"a.png": 80})
    (tmp_path / "out" / HOME).mkdir(parents=True)
    in_the_way = tmp_path / "out" / "a.png" / "b"

    def block(worker: ChunkWorker, numbers: list[int], count: int) -> Any:
        in_the_way.mkdir(parents=True)
        return map(worker, numbers)

    monkeypatch.setitem(bulk_run.ENGINES, "here", block)
    with pytest.raises(PhotoError, match=r"a\.png"):
        color(tmp_path / "in", tmp_path / "out")
    in_the_way.rmdir()
    in_the_way.parent.rmdir()
    monkeypatch.setitem(bulk_run.ENGINES, "here", lambda worker, numbers, count: map(worker, numbers))
    assert color(tmp_path / "in", tmp_path / "out").colored == 1, "nothing was given up"


def test_another_run_in_the_same_place_is_refused(tmp_path: Path, color: Any) -> None:
    write_photos(tmp_path / "in", {"a.png": 80})
    color(tmp_path / "in", tmp_path / "out")
    with pytest.raises(UsageError, match=r"strength was 1\.0 and is 0\.5"):
        color(tmp_path / "in", tmp_path / "out", color=ColorOptions(strength=0.5))


def test_a_place_that_holds_anything_else_is_refused(tmp_path: Path, color: Any) -> None:
    write_photos(tmp_path / "in", {"a.png": 80})
    content = (tmp_path / "in" / "a.png").read_bytes()
    with pytest.raises(UsageError, match="new or empty place"):
        color(tmp_path / "in", tmp_path / "in")
    assert (tmp_path / "in" / "a.png").read_bytes() == content
    assert names(tmp_path / "in") == ["a.png"]


def test_a_folder_within_that_has_the_name_of_the_place_counts(tmp_path: Path, color: Any) -> None:
    write_photos(tmp_path / "in", {"a.png": 80})
    write_photos(tmp_path / "out" / "out", {"mine.png": 90})
    with pytest.raises(UsageError, match="new or empty place"):
        color(tmp_path / "in", tmp_path / "out")


def test_a_run_that_died_before_its_plan_was_whole_begins_again(tmp_path: Path, color: Any) -> None:
    write_photos(tmp_path / "in", {"a.png": 80})
    color(tmp_path / "in", tmp_path / "out")
    shutil.rmtree(tmp_path / "out" / HOME / "records")
    (tmp_path / "out" / HOME / "plan.json").unlink()
    (tmp_path / "out" / "a.png").unlink()
    assert color(tmp_path / "in", tmp_path / "out").colored == 1


def test_nothing_to_color_is_an_error(tmp_path: Path, color: Any) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(UsageError, match="no photo"):
        color(tmp_path / "in", tmp_path / "out")


def test_shards_become_shards(tmp_path: Path, color: Any) -> None:
    (tmp_path / "in").mkdir()
    for number in range(2):
        members = {f"{number}-{n}.png": make_photo(60 + 10 * n) for n in range(3)}
        write_shard(tmp_path / "in" / f"s{number}.tar", {**members, f"{number}-0.json": b"{}"})
    report = color(tmp_path / "in", tmp_path / "out", into="shards")
    assert (report.colored, report.chunks) == (6, 2)
    assert names(tmp_path / "out") == ["000000.tar", "000001.tar"]
    again = color(tmp_path / "out", tmp_path / "again")
    assert len(again.own) == 6, "what was written can be read, and is known"


@pytest.mark.parametrize("kept", [2048, 2100])  # bytes: two whole members, and a part of the third
def test_a_shard_that_breaks_off_keeps_what_it_has(tmp_path: Path, color: Any, kept: int) -> None:
    shard = tmp_path / "s.tar"
    write_shard(shard, {f"{n}.png": make_photo(60 + 10 * n) for n in range(3)})
    shard.write_bytes(shard.read_bytes()[:kept])
    report = color(shard, tmp_path / "out")
    assert report.colored == 2
    assert "WebDataset tar, found" in report.failures[0].reason


def test_lists_name_results_by_key_or_number(tmp_path: Path, color: Any) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    write_photos(tmp_path / "in", {"a.png": 80, "b.png": 120})
    addresses = [str(tmp_path / "in" / name) for name in ("a.png", "b.png", "gone.png")]
    (tmp_path / "list.txt").write_text("\n".join(addresses), encoding="utf-8")
    report = color(tmp_path / "list.txt", tmp_path / "numbered")
    assert names(tmp_path / "numbered") == ["000000000.png", "000000001.png"]
    assert [failure.key for failure in report.failures] == ["000000002.png"]
    parquet.write_table(pa.table({"url": addresses[:2], "key": ["x/1", "x/2"]}), tmp_path / "list.parquet")
    color(tmp_path / "list.parquet", tmp_path / "keyed")
    assert names(tmp_path / "keyed") == ["x/1.png", "x/2.png"]


def test_another_format_adds_its_ending(tmp_path: Path, color: Any) -> None:
    write_photos(tmp_path / "in", {"a.png": 80})
    (tmp_path / "in" / "a.tif").write_bytes(make_photo(90))
    color(tmp_path / "in", tmp_path / "out", save=SaveOptions(format="jpeg"))
    assert names(tmp_path / "out") == ["a.png.jpg", "a.tif.jpg"]
    color(tmp_path / "in", tmp_path / "as they are")
    assert names(tmp_path / "as they are") == ["a.png", "a.tif.png"]


def test_what_colorify_made_is_not_colored_again(tmp_path: Path, color: Any) -> None:
    write_photos(tmp_path / "in", {"a.png": 80})
    color(tmp_path / "in", tmp_path / "out")
    shutil.copy(tmp_path / "out" / "a.png", tmp_path / "in" / "a-color.png")
    write_photos(tmp_path / "in", {"b-color.png": 90, "b.png": 120})  # that is how somebody called it
    report = color(tmp_path / "in", tmp_path / "again")
    assert names(tmp_path / "again") == ["a.png", "b-color.png", "b.png"]
    assert (report.colored, report.own, report.failures) == (3, ("a-color.png",), ())
    resumed = color(tmp_path / "in", tmp_path / "again")
    assert resumed.own == ("a-color.png",)


def test_members_stay_in_the_place_that_is_written_to(tmp_path: Path, color: Any) -> None:
    shard = tmp_path / "s.tar"
    write_shard(shard, {"../../up.png": make_photo(80), "/etc/root.png": make_photo(90)})
    color(shard, tmp_path / "out")
    assert names(tmp_path / "out") == ["s/etc/root.png", "s/up.png"]


def test_a_lost_worker_loses_nothing_and_a_deadly_photo_is_set_apart(
    tmp_path: Path, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_photos(tmp_path / "in", PERILOUS)
    monkeypatch.setattr(bulk_run, "ChunkWorker", partial(DeadlyWorker, marker=tmp_path / "died"))
    source, dest = str(tmp_path / "in"), str(tmp_path / "out")
    report = color_bulk(source, dest, workers=2, chunk_photos=4, weights=tiny_weights)
    assert (report.chunks, report.colored) == (2, 7)
    [failure] = report.failures
    assert failure.key == "03.png"
    assert "worker was lost" in failure.reason
    assert names(tmp_path / "out") == sorted(PERILOUS.keys() - {"03.png"}), "and nothing half-written"
    assert list((tmp_path / "out" / HOME / "begun").iterdir()) == []


@pytest.fixture
def leave(tmp_path: Path, color: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Leave a run of two photos in one chunk as workers leave it that were lost: with these attempts."""

    def interrupt(worker: ChunkWorker, numbers: list[int], count: int) -> Any:
        raise KeyboardInterrupt

    def leave_run(attempts: dict[str, Any]) -> None:
        write_photos(tmp_path / "in", {"a.png": 80, "b.png": 90})
        with monkeypatch.context() as patch:
            patch.setitem(bulk_run.ENGINES, "here", interrupt)
            with pytest.raises(KeyboardInterrupt):
                color(tmp_path / "in", tmp_path / "out")
        Store(str(tmp_path / "out")).write(attempts_name(0), json.dumps(attempts).encode())

    return leave_run


def test_what_lost_its_workers_among_others_is_done_alone(tmp_path: Path, color: Any, leave: Any) -> None:
    """It may have been at work by chance when another photo took all the memory."""
    leave({"attempts": 3, "photos": {"a.png": TRIES}, "alone": {}})
    assert color(tmp_path / "in", tmp_path / "out").colored == 2


def test_what_loses_its_worker_alone_is_given_up(tmp_path: Path, color: Any, leave: Any) -> None:
    leave({"attempts": 4, "photos": {"a.png": TRIES}, "alone": {"a.png": TRIES}})
    report = color(tmp_path / "in", tmp_path / "out")
    assert [failure.key for failure in report.failures] == ["a.png"]
    assert names(tmp_path / "out") == ["b.png"]


def test_workers_that_come_to_no_photo_stop_the_run(tmp_path: Path, color: Any, leave: Any) -> None:
    leave({"attempts": LOST_AT_START, "photos": {}, "alone": {}})
    with pytest.raises(SetupError, match="lost before their first photo"):
        color(tmp_path / "in", tmp_path / "out")
    assert color(tmp_path / "in", tmp_path / "out").colored == 2, "the machine was mended"


def test_a_device_that_cannot_be_used_stops_the_run(tmp_path: Path, color: Any) -> None:
    write_photos(tmp_path / "in", {"a.png": 80})
    with pytest.raises(SetupError, match="device rocm"):
        color(tmp_path / "in", tmp_path / "out", device="rocm")
    assert names(tmp_path / "out") == []
    assert color(tmp_path / "in", tmp_path / "out", device="cpu").colored == 1, "it goes on elsewhere"
