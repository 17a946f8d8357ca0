"""The plan of a bulk run: made once, believed by every later run, and by none of another kind."""

import json
from pathlib import Path

import pytest

from bulk_helpers import write_photos
from colorify.batch.bulk.chunk_plan import PLAN, find_pending, make_plan, read_chunk, record_name
from colorify.batch.bulk.store import Store
from colorify.errors import UsageError

SETTINGS = {"strength": 1.0}


@pytest.fixture
def source(tmp_path: Path) -> str:
    write_photos(tmp_path / "in", {f"{number}.png": 80 for number in range(5)})
    return str(tmp_path / "in")


@pytest.fixture
def dest(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "out"))


def test_a_plan_is_made_once(source: str, dest: Store) -> None:
    plan = make_plan(dest, source, SETTINGS, size=2)
    assert (plan.chunks, plan.entries) == (3, 5)
    assert [len(read_chunk(dest, number)) for number in range(3)] == [2, 2, 1]
    write_photos(Path(source), {"late.png": 90})
    assert make_plan(dest, source, SETTINGS, size=4) == plan
    dest.write(record_name(1), b"{}")
    assert find_pending(dest, plan) == [0, 2]


def test_a_run_with_other_options_is_told_from_this_one(source: str, dest: Store) -> None:
    make_plan(dest, source, SETTINGS, size=2)
    with pytest.raises(UsageError, match=r"holds another run \(strength was 1\.0 and is 0\.5\)\."):
        make_plan(dest, source, {"strength": 0.5}, size=2)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'"plan"', b"{}", b'{"version": 1}'])
def test_what_is_no_plan_is_said(source: str, dest: Store, content: bytes) -> None:
    dest.write(PLAN, content)
    with pytest.raises(UsageError, match=r"plan\.json: no plan of Colorify\. Choose another place"):
        make_plan(dest, source, SETTINGS, size=2)


def test_a_plan_of_a_later_version_is_called_that(source: str, dest: Store) -> None:
    dest.write(PLAN, json.dumps({"version": 99, "shards": 7}).encode())
    with pytest.raises(UsageError, match=r"plan\.json: version 99, this Colorify reads 1\."):
        make_plan(dest, source, SETTINGS, size=2)


def test_a_place_that_is_somebody_elses_is_left(source: str, dest: Store) -> None:
    dest.write("letter.txt", b"mine")
    with pytest.raises(UsageError, match=r"holds letter\.txt, which is not of this run"):
        make_plan(dest, source, SETTINGS, size=2)
    assert dest.list_names() == ["letter.txt"]
