"""A place for files: a folder of this machine, or anything else that fsspec opens."""

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from colorify.batch.bulk.store import Store
from colorify.errors import PhotoError, SetupError, UsageError


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A folder, and a stand-in of a bucket; neither is there yet."""
    yield Store(str(tmp_path / "album") if request.param == "folder" else "memory://bucket/album")
    memory: Any = fsspec.filesystem("memory")
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]


def test_what_is_written_is_there_and_what_is_removed_is_gone(store: Store) -> None:
    assert (store.list_top(), store.list_names(), store.exists("a/1.png")) == ([], [], False)
    store.write("a/1.png", b"one")
    store.write("b.png", b"two")
    store.write("b.png", b"three")
    assert (store.list_top(), store.list_names()) == (["a", "b.png"], ["a/1.png", "b.png"])
    assert store.list_names("a") == ["a/1.png"]
    assert (store.read("a/1.png"), store.read("b.png")) == (b"one", b"three")
    assert store.exists("a/1.png")
    assert not store.exists("a"), "a folder is no file"
    store.remove("b.png")
    store.remove("b.png")  # by two workers
    store.sweep()
    assert store.list_names() == ["a/1.png"]
    assert pickle.loads(pickle.dumps(store)).read("a/1.png") == b"one"  # noqa: S301


def test_what_is_not_there_is_said_with_its_address(store: Store) -> None:
    with pytest.raises(PhotoError, match=r"album/gone\.png: cannot be read \("):
        store.read("gone.png")


class Broken:
    """A bucket whose permission was taken away."""

    def __getattr__(self, name: str) -> Any:
        def refuse(*_args: object, **_options: object) -> None:
            raise PermissionError("403\nAccess Denied")

        return refuse


def test_what_a_bucket_refuses_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fsspec.core, "url_to_fs", lambda address: (Broken(), address.partition("://")[2]))
    store = Store("memory://bucket/album")
    for error, call in (
        (PhotoError, lambda: store.read("a.png")),
        (PhotoError, lambda: store.write("a.png", b"")),
        (PhotoError, lambda: store.remove("a.png")),
        (SetupError, lambda: store.exists("a.png")),
        (SetupError, store.list_names),
        (SetupError, store.list_top),
    ):
        with pytest.raises(error, match=r"^memory://bucket/album.*: cannot be .*\(403 Access Denied\)\.$"):
            call()


def test_an_address_that_nothing_opens_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def miss(address: str) -> None:
        raise ImportError("Install s3fs to access S3")

    with pytest.raises(UsageError, match=r"^nowhere://a: no address that fsspec opens"):
        Store("nowhere://a").exists("a.png")
    monkeypatch.setattr(fsspec.core, "url_to_fs", miss)
    with pytest.raises(SetupError, match=r"s3://a: Install s3fs to access S3\. Type: .*install .*s3"):
        Store("s3://a").read("a.png")
    with pytest.raises(SetupError, match=r"gs://a: Install s3fs to access S3\.$"):
        Store("gs://a").read("a.png")
