"""Who runs the workers: a table of engines of one signature."""

import importlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from colorify import errors
from colorify.batch.bulk.worker import ChunkRecord, ChunkWorker
from colorify.dataset.process_pool import ProcessPool, WorkerLostError
from colorify.errors import ColorifyError, SetupError
from colorify.extras import describe_extra

Engine = Callable[[ChunkWorker, Sequence[int], int], Iterator[ChunkRecord]]

LOST_IN_A_ROW: Final = 12  # workers, without a chunk done in between: then it is the machine, not a photo


def run_locally(worker: ChunkWorker, numbers: Sequence[int], count: int) -> Iterator[ChunkRecord]:
    """Yield the records of chunks, made by `count` processes of this machine, as they are done.

    A process that is lost costs the chunks at work: they are begun again. Raises WorkerLostError where none
    lasts, and what the workers raise.
    """
    pending, lost = list(numbers), 0
    while pending:
        try:
            # what was at work when a process was lost is done alone: nobody else is to be blamed for the next
            processes, chunks = (1, pending[:count]) if lost else (count, pending.copy())
            with ProcessPool(worker, processes, cure="Take fewer workers: -j.") as pool:
                for record in pool.map(chunks):
                    pending.remove(record.number)
                    lost = 0
                    yield record
        except WorkerLostError:
            lost += 1
            if lost >= LOST_IN_A_ROW:
                raise


def run_on_ray(worker: ChunkWorker, numbers: Sequence[int], count: int) -> Iterator[ChunkRecord]:
    """Yield the records of chunks, made by `count` actors of a Ray cluster, as they are done.

    The cluster is that of `RAY_ADDRESS`, else one of this machine. Ray Data starts lost actors anew and gives
    their chunks to others. Raises SetupError where Ray is not installed, and what the workers raise.
    """
    ray = _import_ray()
    _connect(ray)
    chunks = ray.data.from_items([{"number": number} for number in numbers], override_num_blocks=len(numbers))
    records = chunks.map(
        _RayWorker,
        fn_constructor_args=(worker,),
        compute=ray.data.ActorPoolStrategy(size=min(count, len(numbers))),
        num_cpus=worker.threads,
    )
    for row in records.iter_rows():
        if row["error"]:
            raise getattr(errors, row["error"])(row["reason"])
        yield ChunkRecord.from_json(row["record"])


def _connect(ray: Any) -> None:
    """Join the cluster; Ctrl-C and `kill` stay what they are in this process, though Ray takes SIGTERM."""
    if ray.is_initialized():
        return
    here = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGTERM)
    ray.init(log_to_driver=False, logging_level=logging.ERROR)
    if here and handler is not None:
        signal.signal(signal.SIGTERM, handler)


class _RayWorker:
    """A worker as Ray Data wants it: rows in, rows out."""

    def __init__(self, worker: ChunkWorker) -> None:
        self._worker = worker

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the record of a chunk; an error of ours as data, since Ray hands on no error as it was."""
        try:
            record = self._worker(int(row["number"])).to_json()
        except ColorifyError as error:
            kind = next(base.__name__ for base in type(error).__mro__ if base.__module__ == errors.__name__)
            return {"record": b"", "error": kind, "reason": str(error)}
        return {"record": record, "error": "", "reason": ""}


def _import_ray() -> Any:
    try:
        ray = importlib.import_module("ray")
        importlib.import_module("ray.data")
    except ImportError as error:
        raise SetupError(f"Ray is not installed ({error}). Type: {describe_extra('ray')}") from error
    return ray


ENGINES: Final[dict[str, Engine]] = {"local": run_locally, "ray": run_on_ray}
