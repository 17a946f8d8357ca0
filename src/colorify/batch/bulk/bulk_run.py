"""The whole of a bulk run: planned once, done by an engine, and reported."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from colorify.batch.bulk.chunk_plan import REPORT, BulkPlan, find_pending, make_plan, record_name
from colorify.batch.bulk.engines import ENGINES
from colorify.batch.bulk.sink import FILES
from colorify.batch.bulk.source import HOME
from colorify.batch.bulk.store import Store
from colorify.batch.bulk.worker import ChunkRecord, ChunkWorker, Failure
from colorify.model.devices import AUTO
from colorify.model.hub import pin_weights
from colorify.options import ColorOptions, SaveOptions

CHUNK_PHOTOS: Final = 64  # by default: a lost worker costs at most that many photos of time


@dataclass(frozen=True)
class BulkReport:
    """What came of a run: every photo is among the coloured ones, the failures or our own."""

    chunks: int
    colored: int
    failures: tuple[Failure, ...]
    worker_seconds: float  # of all workers together
    generator_seconds: float
    bytes_read: int
    bytes_written: int
    own: tuple[str, ...]  # the keys of what Colorify made, and is not coloured again


def color_bulk(
    source: str,
    dest: str,
    *,
    engine: str = "local",
    workers: int = 1,
    into: str = FILES,
    chunk_photos: int = CHUNK_PHOTOS,
    color: ColorOptions | None = None,
    save: SaveOptions | None = None,
    weights: Path | None = None,
    device: str = AUTO,
    progress: Callable[[int, int], None] | None = None,
) -> BulkReport:
    """Colour all photos of `source` into `dest`, or those that an earlier run has left.

    `source`, `dest`: see `source.list_entries` and `Store`. `engine`: a row of ENGINES. `into`: "files" or
    "shards". `device`: where the generators of the workers run, as for `Colorizer`. `progress`: called with
    how many chunks are done, and of how many.
    Raises UsageError, SetupError, WeightsError; a photo that cannot be coloured is a failure in the report.
    """
    color, save = color or ColorOptions(), save or SaveOptions()
    weights = None if weights is None else pin_weights(weights)  # by all workers, and when it is resumed
    place = Store(dest)
    plan = make_plan(place, source, _describe(color, save, into, weights), size=chunk_photos)
    worker = ChunkWorker(place, into, color, save, weights, device=device)
    # what is postponed in the first pass is done in the second, with nobody else at work
    for member, count in ((worker, workers), (replace(worker, alone=True), 1)):
        pending = find_pending(place, plan)
        done = plan.chunks - len(pending)
        if progress is not None:
            progress(done, plan.chunks)
        for _record in ENGINES[engine](member, pending, count) if pending else ():
            done += 1
            if progress is not None:
                progress(done, plan.chunks)
    for folder in ("", f"{HOME}/begun", f"{HOME}/records"):
        place.sweep(folder)
    report = _sum_up(place, plan)
    place.write(REPORT, json.dumps(asdict(report), ensure_ascii=False, indent=2).encode())
    return report


def _describe(color: ColorOptions, save: SaveOptions, into: str, weights: Path | None) -> dict[str, Any]:
    """Return what the results depend on, as JSON reads it back."""
    named = {**asdict(color), **asdict(save), "into": into, "weights": weights}
    return dict(json.loads(json.dumps(named, default=str)))


def _sum_up(place: Store, plan: BulkPlan) -> BulkReport:
    records = [ChunkRecord.from_json(place.read(record_name(number))) for number in range(plan.chunks)]
    return BulkReport(
        plan.chunks,
        sum(record.colored for record in records),
        tuple(failure for record in records for failure in record.failures),
        sum(record.seconds for record in records),
        sum(record.generator_seconds for record in records),
        sum(record.bytes_read for record in records),
        sum(record.bytes_written for record in records),
        tuple(key for record in records for key in record.own),
    )
