"""Lists of images as Parquet files, in the columns of img2dataset. Needs the extra `crawl` (pyarrow)."""

import importlib
import itertools
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from colorify.atomic import make_folder, whole_file
from colorify.dataset.catalogue import Catalogue, Link
from colorify.errors import SetupError, UsageError
from colorify.extras import describe_extra

BATCH: Final = 10_000  # rows at a time; bounds the memory
# img2dataset's names where it has one: column -> column of the catalogue
TEXTS: Final = {
    "url": "url",
    "caption": "alt",
    "title": "title",
    "context": "context",
    "page_url": "page_url",
    "license": "license",
    "license_scope": "license_scope",
    "mime": "mime",
    "sha256": "sha256",
    "phash": "phash",
    "path": "path",
    "error_message": "reason",
}
NUMBERS: Final = {"width": "width", "height": "height", "bytes": "bytes"}
TIMES: Final = {"first_seen": "first_seen", "last_seen": "last_seen"}  # s since 1970, UTC
# of the catalogue -> of img2dataset; the others keep their word
STATUSES: Final = {"saved": "success", "failed": "failed_to_download"}


def export_list(folder: Path, target: Path, *, everything: bool = False, overwrite: bool = False) -> int:
    """Write the stored images of a catalogue, or with `everything` all rows, as Parquet; return how many.

    Raises UsageError where there is no catalogue or `target` exists, SetupError without pyarrow
    or on a full disk.
    """
    pa, parquet = _arrow("pyarrow"), _arrow("pyarrow.parquet")
    if target.exists() and not overwrite:
        raise UsageError(f"{target}: exists already. Overwrite it with --force.")
    fields = [(name, pa.string()) for name in (*TEXTS, "status")]
    fields += [(name, pa.int64()) for name in NUMBERS] + [(name, pa.float64()) for name in TIMES]
    schema = pa.schema(fields)
    catalogue = Catalogue(folder)
    count = 0
    try:
        rows = catalogue.images(status=None if everything else "saved")
        make_folder(target.parent, kind=SetupError)
        with (
            whole_file(target, overwrite=overwrite, kind=SetupError) as temporary,
            parquet.ParquetWriter(temporary, schema, compression="zstd") as writer,
        ):
            while batch := list(itertools.islice(rows, BATCH)):
                writer.write_table(pa.Table.from_pylist([_entry(row) for row in batch], schema=schema))
                count += len(batch)
    finally:
        catalogue.close()
    return count


def _entry(row: sqlite3.Row) -> dict[str, Any]:
    values = {name: row[column] for name, column in (*TEXTS.items(), *NUMBERS.items(), *TIMES.items())}
    return {**values, "status": STATUSES.get(row["status"], row["status"])}


def read_list(path: Path, *, url_column: str = "url", caption_column: str = "caption") -> Iterator[Link]:
    """Yield the images of a Parquet list; what is no web address is left out.

    Titles, contexts and licences are read where they stand. Raises UsageError for a file that is no
    Parquet or lacks `url_column`, SetupError without pyarrow.
    """
    from colorify.dataset.links import clean_url

    pa, parquet = _arrow("pyarrow"), _arrow("pyarrow.parquet")
    try:
        file = parquet.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise UsageError(f"{path}: expected a Parquet file, found something else ({error}).") from error
    with file:
        names = file.schema_arrow.names
        if url_column not in names:
            raise UsageError(
                f"{path}: no column {url_column!r}, found {', '.join(names)}. Name one with --url-column."
            )
        texts = {"alt": caption_column, "title": "title", "context": "context", "license": "license"}
        columns = {ours: theirs for ours, theirs in texts.items() if theirs in names}
        for row in _rows(path, file, [url_column, *columns.values()]):
            url = clean_url(str(row[url_column] or ""), "")
            if url is not None:
                words = {ours: str(row[theirs] or "") for ours, theirs in columns.items()}
                scope = "image" if words.get("license") else ""
                yield Link(url, **words, license_scope=scope)


def _rows(path: Path, file: Any, columns: list[str]) -> Iterator[dict[str, Any]]:
    pa = _arrow("pyarrow")
    batches = file.iter_batches(batch_size=BATCH, columns=columns)
    try:
        for batch in batches:
            yield from batch.to_pylist()
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: expected a whole Parquet file, found a damaged one ({error}).") from error


def _arrow(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        cure = describe_extra("crawl")
        raise SetupError(
            f"Parquet needs the package pyarrow, which is not installed. Type: {cure}"
        ) from error
