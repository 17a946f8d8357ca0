"""What is to be coloured: a folder, a list of addresses, or shards."""

import io
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from colorify.batch.bulk.store import Store, describe, open_address
from colorify.dataset.tar_members import read_tar
from colorify.errors import PhotoError, UsageError
from colorify.extras import describe_install
from colorify.images.output_names import READABLE_SUFFIXES

HOME: Final = "_colorify"  # the folder of the plan and the records, which no result may lie in
SHARD_SUFFIX: Final = ".tar"
LIST_SUFFIX: Final = ".txt"
PARQUET_SUFFIX: Final = ".parquet"
URL_COLUMN: Final = "url"  # img2dataset's
KEY_COLUMN: Final = "key"  # the same
KEY_DIGITS: Final = 9  # img2dataset's keys, too: 100 million lines sort as they stand
MAX_PHOTO_BYTES: Final = 1_000_000_000  # a member of a shard that claims more is refused


@dataclass(frozen=True)
class SourceEntry:
    """One photo to colour, or one shard of them."""

    key: str  # what it is called: a relative path with /; unique in its source
    address: str  # of the file: a path, or what fsspec opens

    def to_row(self) -> dict[str, str]:
        return asdict(self)

    @property
    def is_shard(self) -> bool:
        return self.address.lower().endswith(SHARD_SUFFIX)


def list_entries(source: str) -> Iterator[SourceEntry]:
    """Yield what there is to colour, in an order that is always the same.

    `source`: a folder; a `.txt` with an address a line; a `.parquet` with a column `url` and perhaps `key`,
    as img2dataset has them; a shard; or a folder of shards. Raises UsageError where it is none of these or
    nothing is in it, SetupError where it cannot be reached.
    """
    suffix = PurePosixPath(source).suffix.lower()
    if suffix == LIST_SUFFIX:
        entries = _list_lines(source)
    elif suffix == PARQUET_SUFFIX:
        entries = _list_rows(source)
    elif suffix == SHARD_SUFFIX:
        entries = iter([SourceEntry(PurePosixPath(source).name, source)])
    else:
        entries = _list_folder(source)
    first = next(entries, None)
    if first is None:
        raise UsageError(f"{source}: no photo and no shard found.")
    yield first
    yield from entries


def read_photos(entry: SourceEntry) -> Iterator[tuple[str, bytes | PhotoError]]:
    """Yield the photos of an entry: the key of each, and its content, or why that cannot be read.

    Raises PhotoError for a shard that breaks off: its remaining photos are not known.
    """
    folder, _, name = entry.address.rpartition("/")
    store = Store(folder or ("/" if entry.address.startswith("/") else "."))
    if entry.is_shard:
        yield from _read_shard(entry, store.read(name))
        return
    try:
        yield entry.key, store.read(name)
    except PhotoError as error:
        yield entry.key, error


def _list_folder(source: str) -> Iterator[SourceEntry]:
    store = Store(source)
    for name in store.list_names():
        suffix = PurePosixPath(name).suffix.lower()
        hidden = any(part.startswith((".", "_")) for part in PurePosixPath(name).parts)
        if not hidden and (suffix in READABLE_SUFFIXES or suffix == SHARD_SUFFIX):
            yield SourceEntry(name, store.locate(name))


def _list_lines(source: str) -> Iterator[SourceEntry]:
    number = 0
    with _open(source, "rt") as file:
        for line in file:
            if address := line.strip():
                yield SourceEntry(_make_key(number, address), address)
                number += 1


def _list_rows(source: str) -> Iterator[SourceEntry]:
    try:
        from pyarrow import ArrowInvalid, parquet
    except ImportError as error:
        from colorify.errors import SetupError

        cure = describe_install("pyarrow")
        raise SetupError(f"A Parquet list needs pyarrow, which is not installed. Type: {cure}") from error
    number = 0
    with _open(source, "rb") as file:
        try:
            table = parquet.ParquetFile(file)
        except ArrowInvalid as error:
            raise UsageError(f"{source}: no Parquet file ({error}).") from error
        if URL_COLUMN not in table.schema_arrow.names:
            raise UsageError(
                f"{source}: no column `{URL_COLUMN}`, found {', '.join(table.schema_arrow.names)}."
            )
        columns = [name for name in (URL_COLUMN, KEY_COLUMN) if name in table.schema_arrow.names]
        for batch in table.iter_batches(columns=columns):
            for row in batch.to_pylist():
                if row[URL_COLUMN]:
                    yield SourceEntry(
                        _make_key(number, row[URL_COLUMN], row.get(KEY_COLUMN)), row[URL_COLUMN]
                    )
                number += 1


def _make_key(number: int, address: str, given: str | None = None) -> str:
    """Name a photo of a list: by its key or its number, as addresses may be long, odd, and twice the same."""
    suffix = PurePosixPath(address.partition("?")[0]).suffix.lower()
    stem = given if given else f"{number:0{KEY_DIGITS}d}"
    path = PurePosixPath(stem)
    if path.is_absolute() or ".." in path.parts or path.parts[:1] == (HOME,):
        raise UsageError(f"key {stem!r}: expected a name, or a relative path without `..` and not in {HOME}.")
    return f"{stem}{suffix if suffix in READABLE_SUFFIXES or suffix == SHARD_SUFFIX else ''}"


def _make_relative(name: str) -> str:
    """Return the name of a member as a path that stays where it is put."""
    return "/".join(part for part in PurePosixPath(name).parts if part not in ("/", ".."))


def _open(source: str, mode: str) -> Any:
    files, path = open_address(source)
    try:
        return files.open(path, mode, **({"encoding": "utf-8"} if "t" in mode else {}))
    except Exception as error:  # every file system has errors of its own
        raise UsageError(f"{source}: cannot be read ({describe(error)}).") from error


def _read_shard(entry: SourceEntry, content: bytes) -> Iterator[tuple[str, bytes | PhotoError]]:
    stem = PurePosixPath(entry.key).with_suffix("").as_posix()
    for member, file in read_tar(io.BytesIO(content), entry.address):
        if PurePosixPath(member.name).suffix.lower() not in READABLE_SUFFIXES:
            continue
        key = f"{stem}/{_make_relative(member.name)}"
        if member.size > MAX_PHOTO_BYTES:
            yield key, PhotoError(f"{entry.address}: {member.name}: claims {member.size:,} bytes.")
        else:
            yield key, file.read()
