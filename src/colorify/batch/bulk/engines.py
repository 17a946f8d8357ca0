"""Who runs the workers: a table of engines of one signature."""

import importlib
import logging
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from colorify import errors
from colorify.batch.bulk.worker import ChunkRecord, ChunkWorker
from colorify.dataset.process_pool import ProcessPool, WorkerLostError
from colorify.errors import ColorifyError, SetupError, option
from colorify.extras import describe_extra

# yields no record of a chunk that its worker postpones
Engine = Callable[[ChunkWorker, Sequence[int], int], Iterator[ChunkRecord]]

RAY_CARDS: Final = ("cuda", "rocm")  # devices that Ray counts as GPUs, and shows to whom it gives one
LOST_IN_A_ROW: Final = 12  # workers, without a chunk done in between: then it is the machine, not a photo


def run_locally(worker: ChunkWorker, numbers: Sequence[int], count: int) -> Iterator[ChunkRecord]:
    """Yield the records of chunks, made by `count` processes of this machine, as they are done.

    A process that is lost costs the chunks at work: they are begun again. Raises WorkerLostError where none
    lasts, and what the workers raise.
    """
    pending, lost = deque(numbers), 0
    while pending:
        try:
            with ProcessPool(worker, count, cure="Take fewer workers: -j.") as pool:
                for record in pool.map(tuple(pending)):  # in their order
                    pending.popleft()
                    lost = 0
                    if record is not None:
                        yield record
        except WorkerLostError:
            lost += 1
            if lost >= LOST_IN_A_ROW:
                raise


def run_on_ray(worker: ChunkWorker, numbers: Sequence[int], count: int) -> Iterator[ChunkRecord]:
    """Yield the records of chunks, made by `count` actors of a Ray cluster, as they are done.

    The cluster is that of `RAY_ADDRESS`, else one of this machine. Ray Data starts lost actors anew and gives
    their chunks to others. Raises SetupError where Ray is not installed or its cluster has no card for
    `worker.device`, and what the workers raise.
    """
    ray = _import_ray()
    _connect(ray)
    cards = 1 if worker.device in RAY_CARDS else 0
    if cards and not ray.cluster_resources().get("GPU"):
        raise SetupError(
            f"device {worker.device}: expected a Ray cluster with GPUs, found none (`ray status`). "
            f"Start its nodes with them, or give {option('device', 'cpu')}."
        )
    ray.data.DataContext.get_current().enable_progress_bars = False  # the records are the progress
    chunks = ray.data.from_items([{"number": number} for number in numbers], override_num_blocks=len(numbers))
    records = chunks.map(
        _RayWorker,
        fn_constructor_args=(worker,),
        compute=ray.data.ActorPoolStrategy(size=min(count, len(numbers))),
        num_cpus=worker.threads,
        num_gpus=cards,
    )
    for row in records.iter_rows():
        if row["error"]:
            raise getattr(errors, row["error"])(row["reason"])
        if row["record"]:
            yield ChunkRecord.from_json(row["record"])


def _connect(ray: Any) -> None:
    """Join the cluster, unless the program has joined one.

    Ctrl-C and `kill` stay what they are in this process, though Ray takes SIGTERM. Of Ray Data's log errors
    alone are shown; all of it is in a file of Ray's.
    """
    if ray.is_initialized():
        return
    here = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGTERM)
    ray.init(log_to_driver=False, logging_level=logging.ERROR)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    if here and handler is not None:
        signal.signal(signal.SIGTERM, handler)


class _RayWorker:
    """A worker as Ray Data wants it: rows in, rows out."""

    def __init__(self, worker: ChunkWorker) -> None:
        self._worker = worker

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the record of a chunk, empty where it is postponed.

        An error of ours is returned as data, since Ray hands on no error as it was.
        """
        try:
            record = self._worker(int(row["number"]))
        except ColorifyError as error:
            kind = next(base.__name__ for base in type(error).__mro__ if base.__module__ == errors.__name__)
            return {"record": b"", "error": kind, "reason": str(error)}
        return {"record": b"" if record is None else record.to_json(), "error": "", "reason": ""}


def _import_ray() -> Any:
    try:
        ray = importlib.import_module("ray")
        importlib.import_module("ray.data")
    except ImportError as error:
        raise SetupError(f"Ray is not installed ({error}). Type: {describe_extra('ray')}") from error
    return ray


ENGINES: Final[dict[str, Engine]] = {"local": run_locally, "ray": run_on_ray}
