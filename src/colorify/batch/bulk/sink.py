"""Where results go: files named as their sources, or shards."""

import io
import tarfile
from typing import Final, Protocol

from colorify.batch.bulk.chunk_plan import shard_name
from colorify.batch.bulk.store import Store

FILES: Final = "files"
SHARDS: Final = "shards"


class Sink(Protocol):
    """Takes the results of one chunk."""

    def add(self, key: str, data: bytes) -> None: ...

    def close(self) -> None:
        """Make all that was added be there."""


class FileSink:
    """Each result as a file of its own, as soon as it is there."""

    def __init__(self, dest: Store) -> None:
        self._dest = dest

    def add(self, key: str, data: bytes) -> None:
        self._dest.write(key, data)

    def close(self) -> None:
        pass


class ShardSink:
    """The results of a chunk as one WebDataset shard, which is written when it is whole."""

    def __init__(self, dest: Store, name: str) -> None:
        self._dest, self._name = dest, name
        self._buffer = io.BytesIO()
        self._tar = tarfile.open(fileobj=self._buffer, mode="w")  # noqa: SIM115  # closed in `close`

    def add(self, key: str, data: bytes) -> None:
        member = tarfile.TarInfo(key)
        member.size = len(data)
        self._tar.addfile(member, io.BytesIO(data))

    def close(self) -> None:
        self._tar.close()
        self._dest.write(self._name, self._buffer.getvalue())


def open_sink(kind: str, dest: Store, number: int) -> Sink:
    """Return a sink for the results of a chunk. `kind`: "files" or "shards"."""
    return ShardSink(dest, shard_name(number)) if kind == SHARDS else FileSink(dest)
