"""What is listed to be coloured, and how its results are called."""

from pathlib import Path

import pytest

from bulk_helpers import write_photos, write_shard
from colorify.batch.bulk.chunk_plan import cut
from colorify.batch.bulk.source import SourceEntry, list_entries
from colorify.batch.bulk.worker import result_key
from colorify.errors import SetupError, UsageError


def test_a_folder_is_listed_in_one_order_without_hidden_names(tmp_path: Path) -> None:
    write_photos(tmp_path, {"b.png": 1, "a/z.PNG": 2, ".trash/c.png": 3, "_colorify/d.png": 4})
    assert [entry.key for entry in list_entries(str(tmp_path))] == ["a/z.PNG", "b.png"]


def test_shards_are_chunks_of_their_own() -> None:
    entries = [SourceEntry(name, name) for name in ("a.png", "b.png", "s.tar", "c.png", "d.png", "e.png")]
    chunks = [[entry.key for entry in chunk] for chunk in cut(entries, 2)]
    assert chunks == [["a.png", "b.png"], ["s.tar"], ["c.png", "d.png"], ["e.png"]]


@pytest.mark.parametrize("key", ["../up", "/etc/up", "_colorify/plan.json"])
def test_keys_that_lead_out_of_the_place_are_refused(tmp_path: Path, key: str) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pa.table({"url": ["a.png"], "key": [key]}), tmp_path / "list.parquet")
    with pytest.raises(UsageError, match="without"):
        list(list_entries(str(tmp_path / "list.parquet")))


def test_lists_that_are_none_are_said(tmp_path: Path) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"no parquet")
    parquet.write_table(pa.table({"address": ["a.png"]}), tmp_path / "other.parquet")
    for name, said in {"broken": "no Parquet", "other": "no column `url`"}.items():
        with pytest.raises(UsageError, match=said):
            list(list_entries(str(tmp_path / f"{name}.parquet")))
    with pytest.raises(UsageError, match="cannot be read"):
        list(list_entries(str(tmp_path / "missing.txt")))


def test_an_address_that_nothing_opens_is_said(tmp_path: Path) -> None:
    with pytest.raises((UsageError, SetupError), match="nowhere://"):
        list(list_entries("nowhere://a/b"))


def test_results_are_named_as_their_photos() -> None:
    png, jpeg, heic = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"\0\0\0\x18ftypheic"
    assert result_key("a/b.jpeg", None, jpeg) == "a/b.jpeg"
    assert result_key("a/b.jpeg", "jpeg", png) == "a/b.jpeg"
    assert result_key("a/b.png", "jpeg", png) == "a/b.png.jpg"
    assert result_key("a/b.heic", None, heic) == "a/b.heic.jpg"
    assert result_key("a/b.jpg", None, png) == "a/b.jpg.png", "as it is in fact"
    assert result_key("000000001", None, jpeg) == "000000001.jpg"


def test_a_shard_alone_is_a_source(tmp_path: Path) -> None:
    write_shard(tmp_path / "s.tar", {})
    assert [entry.key for entry in list_entries(str(tmp_path / "s.tar"))] == ["s.tar"]
