"""The pictures of a folder and where each is from: a crawl, img2dataset's files, or any folder."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from colorify.dataset.catalogue import NAME, Catalogue, host_of
from colorify.errors import UsageError
from colorify.images.formats import FORMATS

SCREEN: Final = "screen"  # folder of the reports of screening
REJECTED: Final = "rejected"  # folder of what --move-rejected moved, by reason
# also pictures, of kinds that are not read: they belong into the report
UNREADABLE_SUFFIXES: Final = (".gif", ".bmp", ".heic", ".heif", ".jp2", ".jxl", ".ppm")
MAX_NOTE_BYTES: Final = 1_000_000  # of what is beside a picture; what is cut off is no JSON
PICTURE_SUFFIXES: Final = tuple(suffix for row in FORMATS for suffix in row.suffixes) + UNREADABLE_SUFFIXES


@dataclass(frozen=True)
class Source:
    """One picture file and where it is from."""

    path: str  # below the folder, "/" between its parts; stays when the file is moved to rejected/
    file: Path  # where it is now
    url: str = ""
    page_url: str = ""
    alt: str = ""
    license: str = ""
    license_scope: str = ""
    reserved: bool = False

    @property
    def set_name(self) -> str:
        """Name the set it belongs to: its host, or else the first folder."""
        first = PurePosixPath(self.path).parts[0]
        return host_of(self.url) or (first if first != self.path else "photos")


def find_sources(folder: Path) -> list[Source]:
    """Return the pictures below `folder`, in the order of their paths. Raises UsageError without any."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: expected a folder of pictures, found {_kind(folder)}.")
    moved = dict(_moved(folder))
    found = _of_catalogue(folder, moved) if (folder / NAME).exists() else _of_files(folder, moved)
    if not found:
        raise UsageError(
            f"{folder}: no picture files there. Gather some: colorify data crawl URL --into {folder}"
        )
    return sorted(found, key=lambda source: source.path)


def _kind(path: Path) -> str:
    return "a file" if path.exists() else "nothing"


def _of_catalogue(folder: Path, moved: dict[str, Path]) -> list[Source]:
    catalogue = Catalogue(folder)
    try:
        rows = [row for row in catalogue.images() if row["path"]]
    finally:
        catalogue.close()
    reserved = {row["path"] for row in rows if row["status"] == "reserved"}
    # one file may have come from several addresses: the first counts
    first: dict[str, Any] = {}
    for row in rows:
        first.setdefault(row["path"], row)
    return [
        Source(
            path,
            moved.get(path, folder / path),
            row["url"],
            row["page_url"] or "",
            row["alt"] or "",
            row["license"] or "",
            row["license_scope"] or "",
            path in reserved,
        )
        for path, row in first.items()
    ]


def _of_files(folder: Path, moved: dict[str, Path]) -> list[Source]:
    files = {path.relative_to(folder).as_posix(): path for path in _walk(folder, skip={SCREEN, REJECTED})}
    return [_beside(path, file) for path, file in {**moved, **files}.items()]


def _beside(path: str, file: Path) -> Source:
    """Read the JSON file that img2dataset writes beside a picture, where there is one."""
    note = file.with_suffix(".json")
    try:
        with note.open("rb") as opened:
            entry = json.loads(opened.read(MAX_NOTE_BYTES))
    except (OSError, ValueError, RecursionError):
        return Source(path, file)  # most folders have none
    if not isinstance(entry, dict):
        return Source(path, file)
    words = [entry.get(name) for name in ("url", "page_url", "caption", "license")]
    url, page, alt, license_ = (word if isinstance(word, str) else "" for word in words)
    return Source(path, file, url, page, alt, license_, "image" if license_ else "")


def _moved(folder: Path) -> Iterator[tuple[str, Path]]:
    for reason in sorted((folder / REJECTED).glob("*")):
        for file in _walk(reason, skip=set()):
            yield file.relative_to(reason).as_posix(), file


def _walk(folder: Path, *, skip: set[str]) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        at_top = Path(root) == folder
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and not (at_top and name in skip)
        )
        for name in sorted(names):
            if not name.startswith(".") and name.lower().endswith(PICTURE_SUFFIXES):
                yield Path(root) / name
