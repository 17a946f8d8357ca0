"""One chunk: its photos read, coloured and written, and a record of what came of each."""

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from colorify.batch.bulk.attempts import Attempts
from colorify.batch.bulk.chunk_plan import read_chunk, record_name
from colorify.batch.bulk.sink import open_sink
from colorify.batch.bulk.source import SourceEntry, read_photos
from colorify.batch.bulk.store import Store
from colorify.colorizer import Colorizer
from colorify.errors import PhotoError, UsageError
from colorify.images.formats import SNIFF_BYTES, format_named, sniff
from colorify.images.metadata.provenance import is_colorify_output
from colorify.model.devices import AUTO
from colorify.options import ColorOptions, SaveOptions


@dataclass(frozen=True)
class Failure:
    """A photo without a result."""

    key: str
    reason: str


@dataclass(frozen=True)
class ChunkRecord:
    """What came of a chunk: each of its photos is among the coloured ones, the failures or our own."""

    number: int
    colored: int
    failures: tuple[Failure, ...]
    seconds: float  # of wall clock, reading and writing included
    generator_seconds: float  # of that, in `Colorizer`
    bytes_read: int
    bytes_written: int
    own: tuple[str, ...] = ()  # the keys of what Colorify made, and is not coloured again

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "ChunkRecord":
        row = json.loads(data)
        failures = tuple(Failure(**failure) for failure in row["failures"])
        return cls(**{**row, "failures": failures, "own": tuple(row["own"])})


@dataclass
class ChunkWorker:
    """Colours chunks, one after the other. Can be pickled: the generator is loaded where it is first used."""

    dest: Store
    into: str  # "files" or "shards"
    color: ColorOptions
    save: SaveOptions
    weights: Path | None = None
    threads: int = 1  # of the generator: a core a worker, and as many workers as cores
    device: str = AUTO  # one of `model.devices.DEVICE_NAMES`
    alone: bool = False  # whether no other worker of this run is at work
    _colorizer: Colorizer | None = field(default=None, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_colorizer": None}

    def __call__(self, number: int) -> ChunkRecord | None:
        """Colour a chunk of the plan in `dest`, unless its record is there already; return the record.

        None: the chunk is postponed, as one of its photos has to be done alone. Raises PhotoError where its
        results cannot be written, WeightsError; SetupError where the device cannot be used or workers do not
        last.
        """
        if self.dest.exists(record_name(number)):
            return ChunkRecord.from_json(self.dest.read(record_name(number)))
        attempts = Attempts(self.dest, number, alone=self.alone)
        if attempts.postponed:
            return None
        self.load()  # so that what is lost in loading is not laid to a photo
        entries = read_chunk(self.dest, number)
        if attempts.number > 1:
            for folder in {PurePosixPath(entry.key).parent.as_posix() for entry in entries}:
                self.dest.sweep(folder)
        chunk = _Chunk(self, number, attempts)
        for entry in entries:
            chunk.color(entry)
        record = chunk.finish()
        self.dest.write(record_name(number), record.to_json())
        attempts.close()
        return record

    def load(self) -> Colorizer:
        """Return the colorizer of this process. Raises WeightsError, SetupError."""
        if self._colorizer is None:
            self._colorizer = Colorizer(self.weights, threads=self.threads, device=self.device)
        return self._colorizer


class _Chunk:
    """A chunk at work."""

    def __init__(self, worker: ChunkWorker, number: int, attempts: Attempts) -> None:
        self._worker, self._number, self._attempts = worker, number, attempts
        self._sink = open_sink(worker.into, worker.dest, number)
        self._began = time.perf_counter()
        self._failures: list[Failure] = []
        self._own: list[str] = []
        self._colored = self._read = self._written = 0
        self._generator_seconds = 0.0

    def color(self, entry: SourceEntry) -> None:
        """Colour the photos of an entry.

        Raises PhotoError where a result cannot be written: no fault of the photo, so the chunk has no record.
        """
        photos = read_photos(entry)
        while True:
            try:
                found = next(photos, None)
            except PhotoError as error:  # a shard that breaks off
                self._failures.append(Failure(entry.key, str(error)))
                return
            if found is None:
                return
            self._color_photo(*found)

    def finish(self) -> ChunkRecord:
        self._sink.close()
        return ChunkRecord(
            self._number,
            self._colored,
            tuple(self._failures),
            time.perf_counter() - self._began,
            self._generator_seconds,
            self._read,
            self._written,
            tuple(self._own),
        )

    def _color_photo(self, key: str, content: bytes | PhotoError) -> None:
        if isinstance(content, PhotoError):
            self._failures.append(Failure(key, str(content)))
            return
        if self._attempts.is_spent(key):
            self._failures.append(Failure(key, "its worker was lost each time it was tried, alone too"))
            return
        self._attempts.begin(key)
        self._read += len(content)
        try:
            if is_colorify_output(content):
                self._own.append(key)
                self._attempts.end(key)
                return
            began = time.perf_counter()
            report = self._worker.load().colorize_source(content, None, self._worker.color, self._worker.save)
            self._generator_seconds += time.perf_counter() - began
        except (PhotoError, UsageError) as error:  # UsageError: no size of options fits this photo
            self._failures.append(Failure(key, str(error)))
        else:
            assert report.data is not None  # there is no target
            self._sink.add(result_key(key, self._worker.save.format, content), report.data)
            self._written += len(report.data)
            self._colored += 1
        self._attempts.end(key)


def result_key(key: str, format: str | None, content: bytes) -> str:
    """Return what the result of a photo is called: as the photo, with a further ending for another format.

    The ending is added, so that `a.png` and `a.tif` do not both become `a.jpg`; and so it is where `content`,
    of which the result is where there is no `format`, is of another kind than the key says.
    """
    row = sniff(content[:SNIFF_BYTES]) if format is None else format_named(format)
    suffixes = format_named(row.name).suffixes  # HEIC is a row of JPEG
    return key if PurePosixPath(key).suffix.lower() in suffixes else f"{key}{suffixes[0]}"
