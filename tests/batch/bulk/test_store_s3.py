"""From a bucket to a bucket, over HTTP, against a stand-in of S3 on this machine."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bulk_helpers import is_colored, make_photo
from colorify.batch.bulk.bulk_run import color_bulk
from colorify.batch.bulk.chunk_plan import REPORT
from colorify.batch.bulk.store import Store


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A bucket `photos`; the address of the stand-in is in the environment, where its processes find it."""
    s3fs = pytest.importorskip("s3fs")  # here: not when the file is imported, as every worker does that
    moto_server = pytest.importorskip("moto.server")
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    files = s3fs.S3FileSystem(skip_instance_cache=True)
    files.mkdir("photos")
    yield files
    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


def test_a_bucket_becomes_a_bucket(bucket: Any, tiny_weights: Path) -> None:
    for number in range(5):
        bucket.pipe_file(f"photos/album/{number}.png", make_photo(60 + 10 * number))
    bucket.pipe_file("photos/album/broken.png", b"no picture")
    report = color_bulk(
        "s3://photos/album", "s3://photos/colored", workers=2, chunk_photos=3, weights=tiny_weights
    )
    assert report.colored == 5
    assert [failure.key for failure in report.failures] == ["broken.png"]
    store = Store("s3://photos/colored")
    results = [name for name in store.list_names() if not name.startswith("_")]
    assert results == [f"{number}.png" for number in range(5)]
    assert all(is_colored(store.read(name)) for name in results)
    assert json.loads(store.read(REPORT))["colored"] == 5
    again = color_bulk(
        "s3://photos/album", "s3://photos/colored", workers=2, chunk_photos=3, weights=tiny_weights
    )
    assert again == report, "nothing was left to do"
