"""The catalogue of a crawl, in SQLite: one row an image, one row a page. It is also the crawl's memory.

What is still to be fetched stands here as `pending`, and a page and all that it leads to are written in one
transaction. So whatever ends a crawl, a Ctrl-C or a kill -9, the next one takes up exactly there; no other
state exists. (Scrapy's own JOBDIR only resumes a crawl that was stopped cleanly.)
"""

# Names of tables and columns are written in the program; what comes from outside is bound to a "?".
# ruff: noqa: S608

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from colorify.errors import UsageError

NAME: Final = "catalogue.sqlite"
LOCK: Final = "catalogue.lock"
IMAGES: Final = "images"  # folder of the files, by the first two digits of their sha256
VERSION: Final = 1

Kind = Literal["pages", "images"]
KINDS: Final[tuple[Kind, ...]] = ("pages", "images")

# pending -> taken (being fetched; pending again at the next start) -> one of the rest
STATUSES: Final = {
    "pending": "to be fetched",
    "taken": "being fetched",
    "done": "a page that was read",
    "saved": "an image that was stored",
    "redirected": "led to another address, which has its own row",
    "failed": "could not be fetched",
    "forbidden": "robots.txt does not allow it",
    "reserved": "the site reserves it (noai, noimageai, TDM)",
    "private": "on this machine or in a network that is not public",
    "offsite": "on a domain that is not allowed",
    "deep": "farther from the start than the depth allows",
    "rejected": "not a picture or a page, or too large",
}

SCHEMA: Final = """
CREATE TABLE pages (
    id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE, host TEXT NOT NULL, depth INTEGER NOT NULL,
    hops INTEGER NOT NULL DEFAULT 0, status TEXT NOT NULL, reason TEXT, http_status INTEGER,
    first_seen REAL NOT NULL, last_crawled REAL
);
CREATE TABLE images (
    id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE, host TEXT NOT NULL, depth INTEGER NOT NULL,
    hops INTEGER NOT NULL DEFAULT 0, status TEXT NOT NULL, reason TEXT, http_status INTEGER,
    first_seen REAL NOT NULL, last_seen REAL NOT NULL,
    page_url TEXT, alt TEXT, title TEXT, context TEXT, license TEXT, license_scope TEXT,
    bytes INTEGER, width INTEGER, height INTEGER, mime TEXT, sha256 TEXT, phash TEXT, path TEXT
);
CREATE INDEX pages_next ON pages (status, host, depth, id);
CREATE INDEX images_next ON images (status, host, depth, id);
CREATE INDEX images_sha256 ON images (sha256);
"""


@dataclass(frozen=True)
class Link:
    """Something to be fetched, as a page names it."""

    url: str
    alt: str = ""
    title: str = ""
    context: str = ""  # the text around it
    license: str = ""
    license_scope: str = ""  # "image" where the licence is said of the image, "page" where of its page


@dataclass(frozen=True)
class Row:
    """A page or an image that the crawler is to fetch now."""

    kind: Kind
    id: int
    url: str
    host: str
    depth: int
    hops: int  # redirects that led here


class Catalogue:
    """The catalogue in `folder`. With `write`, nobody else may write at the same time."""

    def __init__(self, folder: Path, *, write: bool = False) -> None:
        """Open, and with `write` make where there is none. Raises UsageError where that cannot be."""
        self.folder = folder
        path = folder / NAME
        if write:
            (folder / IMAGES).mkdir(parents=True, exist_ok=True)
            self._lock = _lock(folder)
        elif not path.exists():
            raise UsageError(f"{folder}: no {NAME} there. Make one: colorify data crawl URL --into {folder}")
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._prepare(path)
            if write:
                for kind in ("pages", "images"):
                    self._db.execute(f"UPDATE {kind} SET status = 'pending' WHERE status = 'taken'")
        except sqlite3.DatabaseError as error:
            self.close()
            raise UsageError(f"{path}: expected a catalogue, found something else ({error}).") from error
        except UsageError:
            self.close()
            raise

    def _prepare(self, path: Path) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            with self.transaction():
                for statement in SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {VERSION}")
        elif version != VERSION:
            raise UsageError(
                f"{path}: expected a catalogue of version {VERSION}, found {version}. Give another folder."
            )

    def close(self) -> None:
        self._db.close()
        if hasattr(self, "_lock"):
            self._lock.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside is written, or nothing of it."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def add_page(self, url: str, *, depth: int, status: str, hops: int = 0) -> bool:
        """Write a page down; say whether it is new."""
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO pages (url, host, depth, hops, status, first_seen)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (url, host_of(url), depth, hops, status, time.time()),
        )
        return cursor.rowcount > 0

    def add_image(
        self, link: Link, *, page_url: str, depth: int, status: str, reason: str | None = None, hops: int = 0
    ) -> bool:
        """Write an image down; say whether it is new.

        One that is known keeps its words; but where any page reserves it, reserved it is from then on.
        """
        now = time.time()
        values = (link.url, host_of(link.url), depth, hops, status, reason, now, now, page_url)
        words = (link.alt, link.title, link.context, link.license, link.license_scope)
        marks = ", ".join("?" * (len(values) + len(words)))
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO images (url, host, depth, hops, status, reason, first_seen, last_seen,"
            f" page_url, alt, title, context, license, license_scope) VALUES ({marks})",
            values + words,
        )
        if cursor.rowcount:
            return True
        self._db.execute("UPDATE images SET last_seen = ? WHERE url = ?", (now, link.url))
        if status == "reserved":
            self._db.execute(
                "UPDATE images SET status = 'reserved', reason = ? WHERE url = ?", (reason, link.url)
            )
        return False

    def add_images(self, links: Iterable[Link], *, page_url: str) -> int:
        """Write down the images of a list, in one transaction; return how many are new."""
        with self.transaction():
            return sum(self.add_image(link, page_url=page_url, depth=0, status="pending") for link in links)

    def hosts(self, kind: Kind, *, status: str = "pending") -> list[str]:
        """Name the hosts that have rows of `status`; hops along the index, whatever the number of rows."""
        query = (
            "WITH RECURSIVE hop(host) AS ("
            f" SELECT min(host) FROM {kind} WHERE status = :status UNION ALL"
            f" SELECT (SELECT min(host) FROM {kind} WHERE status = :status AND host > hop.host)"
            " FROM hop WHERE hop.host IS NOT NULL)"
            " SELECT host FROM hop WHERE host IS NOT NULL"
        )
        return [row["host"] for row in self._db.execute(query, {"status": status})]

    def take(self, kind: Kind, host: str) -> Row | None:
        """Take the shallowest pending row of `host`, oldest first."""
        row = self._db.execute(
            f"SELECT id, url, host, depth, hops FROM {kind} WHERE status = 'pending' AND host = ?"
            " ORDER BY depth, id LIMIT 1",
            (host,),
        ).fetchone()
        if row is None:
            return None
        self._db.execute(f"UPDATE {kind} SET status = 'taken' WHERE id = ?", (row["id"],))
        return Row(kind, *row)

    def finish(
        self, row: Row, status: str, *, reason: str | None = None, values: Mapping[str, Any] | None = None
    ) -> None:
        """Write how it went with `row`. A row that was reserved meanwhile stays so."""
        columns = {"status": status, "reason": reason, **(values or {})}
        columns["last_crawled" if row.kind == "pages" else "last_seen"] = time.time()
        changes = ", ".join(f"{name} = :{name}" for name in columns)
        self._db.execute(
            f"UPDATE {row.kind} SET {changes} WHERE id = :id AND status = 'taken'", {**columns, "id": row.id}
        )

    def link_of(self, row: Row, url: str) -> tuple[Link, str]:
        """Return an image at `url` with the words of `row`, and its source page; a redirect hands them on."""
        if row.kind == "pages":
            return Link(url), row.url
        found = self._db.execute("SELECT * FROM images WHERE id = ?", (row.id,)).fetchone()
        names = ("alt", "title", "context", "license", "license_scope")
        return Link(url, **{name: found[name] or "" for name in names}), found["page_url"] or ""

    def reopen(self, kind: Kind, status: str, *, host: str | None = None) -> int:
        """Make rows of `status` (and `host`) pending again; return how many."""
        query = f"UPDATE {kind} SET status = 'pending', reason = NULL WHERE status = ?"
        if host is None:
            return self._db.execute(query, (status,)).rowcount
        return self._db.execute(f"{query} AND host = ?", (status, host)).rowcount

    def release(self, row: Row) -> None:
        """Give a row back that was taken: it is for a later crawl."""
        self._db.execute(
            f"UPDATE {row.kind} SET status = 'pending' WHERE id = ? AND status = 'taken'", (row.id,)
        )

    def reopen_deep(self, depth: int) -> int:
        """Make the pages pending that an earlier, shallower crawl left out; return how many."""
        query = "UPDATE pages SET status = 'pending' WHERE status = 'deep' AND depth <= ?"
        return self._db.execute(query, (depth,)).rowcount

    def has(self, kind: Kind, host: str) -> bool:
        """Say whether something of `host` is pending."""
        query = f"SELECT 1 FROM {kind} WHERE status = 'pending' AND host = ? LIMIT 1"
        return self._db.execute(query, (host,)).fetchone() is not None

    def counts(self, kind: Kind) -> dict[str, int]:
        """Count the rows of each status."""
        query = f"SELECT status, count(*) FROM {kind} GROUP BY status ORDER BY status"
        return {row[0]: row[1] for row in self._db.execute(query)}

    def pages_read(self) -> int:
        """Count the pages that were fetched, whatever came of it."""
        query = "SELECT count(*) FROM pages WHERE last_crawled IS NOT NULL"
        return int(self._db.execute(query).fetchone()[0])

    def bytes_saved(self) -> int:
        """Sum the sizes of the images stored."""
        query = "SELECT coalesce(sum(bytes), 0) FROM images WHERE status = 'saved'"
        return int(self._db.execute(query).fetchone()[0])

    def images(self, *, status: str | None = None) -> Iterator[sqlite3.Row]:
        """Yield the rows of the images, in the order in which they were found."""
        if status is None:
            return iter(self._db.execute("SELECT * FROM images ORDER BY id"))
        return iter(self._db.execute("SELECT * FROM images WHERE status = ? ORDER BY id", (status,)))


def host_of(url: str) -> str:
    """Return the host of `url`, in lower case and without the port: what politeness is counted by."""
    return urlsplit(url).hostname or ""


def _lock(folder: Path) -> sqlite3.Connection:
    """Hold `folder` for this process; whatever ends the process, the system lets it go."""
    lock = sqlite3.connect(folder / LOCK, timeout=0, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        raise UsageError(
            f"{folder}: another crawl or import is writing there. Wait for it, or give another folder."
        ) from error
    return lock
