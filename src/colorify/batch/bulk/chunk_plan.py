"""The work of a run, cut into chunks once and written down beside its results.

    DEST/_colorify/plan.json            what the run is: source, settings, how many chunks and entries
    DEST/_colorify/chunks/000012.json   the entries of one chunk
    DEST/_colorify/records/000012.json  what came of them: written last, so that it says "done"
    DEST/_colorify/begun/000012.json    attempts at a chunk that has not ended yet
    DEST/_colorify/report.json          the whole run, at its end

A run that goes on reads the plan and never lists the source again: what was added there meanwhile is for
another run, and no photo changes its chunk.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from colorify.batch.bulk.source import HOME, SourceEntry, list_entries
from colorify.batch.bulk.store import Store
from colorify.errors import UsageError

PLAN: Final = f"{HOME}/plan.json"
REPORT: Final = f"{HOME}/report.json"
VERSION: Final = 1
NUMBER_DIGITS: Final = 6


@dataclass(frozen=True)
class BulkPlan:
    """What a run is."""

    source: str
    settings: dict[str, Any]  # what the results depend on, as JSON has it
    chunks: int
    entries: int


def chunk_name(number: int) -> str:
    """Return where the entries of a chunk are, in the store of the results."""
    return f"{HOME}/chunks/{number:0{NUMBER_DIGITS}d}.json"


def record_name(number: int) -> str:
    """Return where it is said what came of a chunk."""
    return f"{HOME}/records/{number:0{NUMBER_DIGITS}d}.json"


def attempts_name(number: int) -> str:
    """Return where the attempts at a chunk are counted, until it has its record."""
    return f"{HOME}/begun/{number:0{NUMBER_DIGITS}d}.json"


def shard_name(number: int) -> str:
    """Return where the results of a chunk are, where they become a shard."""
    return f"{number:0{NUMBER_DIGITS}d}.tar"


def make_plan(dest: Store, source: str, settings: dict[str, Any], *, size: int) -> BulkPlan:
    """Return the plan of the run in `dest`; where there is none, list the source and write one.

    `size`: photos a chunk; a shard is a chunk of its own. Raises UsageError where `dest` holds another
    run, or anything else: results are written by the names of the photos, and replace what has these names.
    """
    if dest.exists(PLAN):
        return _resume(dest, source, settings)
    if others := [name for name in dest.list_top() if name != HOME]:
        raise UsageError(
            f"{dest.address}: holds {others[0]}, which is not of this run, and results replace what has "
            "their names. Choose a new or empty place."
        )
    chunks = entries = 0
    for chunk in cut(list_entries(source), size):
        rows = {"version": VERSION, "entries": [entry.to_row() for entry in chunk]}
        dest.write(chunk_name(chunks), _dump(rows))
        chunks, entries = chunks + 1, entries + len(chunk)
    plan = BulkPlan(source, settings, chunks, entries)
    dest.write(PLAN, _dump({"version": VERSION, **vars(plan)}))  # last: without it the run has no plan
    return plan


def read_chunk(dest: Store, number: int) -> list[SourceEntry]:
    """Return the entries of a chunk."""
    return [SourceEntry(**row) for row in json.loads(dest.read(chunk_name(number)))["entries"]]


def find_pending(dest: Store, plan: BulkPlan) -> list[int]:
    """Return the numbers of the chunks that have no record yet."""
    done = set(dest.list_names(f"{HOME}/records"))
    return [number for number in range(plan.chunks) if record_name(number) not in done]


def cut(entries: Iterable[SourceEntry], size: int) -> Iterator[list[SourceEntry]]:
    """Cut entries into chunks of `size`; a shard is one of its own."""
    chunk: list[SourceEntry] = []
    for entry in entries:
        if entry.is_shard:
            yield [entry]
            continue
        chunk.append(entry)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _resume(dest: Store, source: str, settings: dict[str, Any]) -> BulkPlan:
    try:
        row = json.loads(dest.read(PLAN))
        version = row.pop("version")  # first: another one may have other fields
        if version != VERSION:
            raise UsageError(f"{dest.locate(PLAN)}: version {version}, this Colorify reads {VERSION}.")
        plan = BulkPlan(**row)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{dest.locate(PLAN)}: no plan of Colorify. Choose another place.") from error
    wanted = {"source": source, **settings}
    found = {"source": plan.source, **plan.settings}
    if changed := sorted(
        name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)
    ):
        what = "; ".join(f"{name} was {found.get(name)!r} and is {wanted.get(name)!r}" for name in changed)
        raise UsageError(
            f"{dest.address}: holds another run ({what}). Repeat that one, or choose another place."
        )
    return plan


def _dump(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode()
