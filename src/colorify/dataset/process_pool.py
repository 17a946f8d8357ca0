"""Worker processes, each with a pipe of its own, so that the death of any of them is seen at once.

Why not concurrent.futures or loky: all their workers write their results into one pipe. A worker that is
killed while it writes, which is when memory is scarcest, leaves half a message there, and as the others hold
the same pipe open, the reader waits for its other half for ever. `concurrent.futures` with spawn also starts
its workers one by one and may never watch any but the first. Here the end of a pipe is the end of its worker.
"""

import itertools
import signal
import traceback
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Final, Generic, TypeVar

from colorify.errors import ColorifyError, SetupError

SECONDS_TO_END: Final = 10.0  # between the end of a pipe and that of its process
RESULTS_PER_WORKER: Final = 2  # results a worker that may wait for their turn; bounds the memory

Item = TypeVar("Item")
Result = TypeVar("Result")


class WorkerLostError(SetupError):
    """A process ended, whatever it was doing."""


class ProcessPool(Generic[Item, Result]):
    """Runs one function in `count` processes. All of them are started before the first has to work."""

    def __init__(self, function: Callable[[Item], Result], count: int, *, cure: str) -> None:
        """`function`: of a module, as every process imports it; `cure`: what to do where memory is short."""
        self._workers: list[_Worker] = []
        try:
            for _ in range(count):
                self._workers.append(_Worker(function, cure))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "ProcessPool[Item, Result]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def map(self, items: Iterable[Item]) -> Iterator[Result]:
        """Yield the results in the order of the items, which may be endless. Raises what the function raises.

        Raises WorkerLostError as soon as one of the processes is gone, whatever it was doing.
        """
        todo = iter(enumerate(items))
        idle, busy, done = list(self._workers), dict[_Worker, int](), dict[int, Result]()
        for turn in itertools.count():
            while turn not in done:
                while idle and len(busy) + len(done) < RESULTS_PER_WORKER * len(self._workers):
                    task = next(todo, None)
                    if task is None:
                        break
                    worker = idle.pop(0)
                    worker.send(task[1])
                    busy[worker] = task[0]
                if not busy:
                    return
                for worker in self._wait():
                    done[busy.pop(worker)] = worker.receive()
                    idle.append(worker)
            yield done.pop(turn)

    def _wait(self) -> "list[_Worker]":
        """Wait for results. Raises WorkerLostError where a process is gone."""
        pipes = {worker.pipe: worker for worker in self._workers}
        ends = {worker.process.sentinel: worker for worker in self._workers}
        ready: list[Any] = wait([*pipes, *ends])
        for end in ends.keys() & ready:
            raise ends[end].lost()
        return [pipes[pipe] for pipe in ready]

    def close(self) -> None:
        """End all processes, at once."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.process.close()
            worker.pipe.close()
        self._workers = []


class _Worker:
    """One process and this end of its pipe."""

    def __init__(self, function: Callable[[Any], Any], cure: str) -> None:
        self._cure = cure
        context = get_context("spawn")  # fork would copy the locks of libvips's and torch's threads
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(function, theirs), daemon=True)
        try:
            self.process.start()
        finally:
            theirs.close()  # now the process alone holds it, and its death closes it

    def send(self, item: object) -> None:
        try:
            self.pipe.send(item)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise self.lost() from error

    def receive(self) -> Any:
        try:
            succeeded, result = self.pipe.recv()
        except (EOFError, OSError) as error:  # OSError: half a message
            raise self.lost() from error
        if not succeeded:
            raise result
        return result

    def lost(self) -> WorkerLostError:
        """Say how the process ended."""
        self.process.join(SECONDS_TO_END)
        code = self.process.exitcode or 0
        if code < 0:
            how = f"was killed ({_signal_name(-code)}), perhaps for want of memory. {self._cure}"
            return WorkerLostError(f"A worker process {how}")
        return WorkerLostError(f"A worker process ended with exit code {code}, expected it to go on working.")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _work(function: Callable[[Any], Any], pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; the parent reports it and ends us
    while True:
        try:
            item = pipe.recv()
        except (EOFError, OSError):
            return  # the parent is gone
        try:
            answer = (True, function(item))
        except ColorifyError as error:
            answer = (False, error)
        except Exception as error:  # noqa: BLE001 - a fault of the function's is raised in the parent
            error.add_note(f"In a worker process:\n{traceback.format_exc()}")
            answer = (False, error)
        try:
            pipe.send(answer)
        except BrokenPipeError:
            return
