"""Work on a stream of items over threads, in order and never far ahead, so that steps overlap."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True)
class _Raised:
    error: BaseException


class _End:
    pass


def in_background(items: Iterator[A], *, room: int) -> Generator[A, None, None]:
    """Yield `items`, computed by a thread of their own that runs at most `room` items ahead.

    What `items` raises is raised here. Closing this iterator stops the thread and waits for it.
    """
    waiting: queue.Queue[A | _Raised | _End] = queue.Queue(maxsize=room)
    stop = threading.Event()

    def put(item: A | _Raised | _End) -> None:
        while not stop.is_set():
            try:
                waiting.put(item, timeout=0.1)
                return
            except queue.Full:
                continue

    def work() -> None:
        try:
            for item in items:
                put(item)
                if stop.is_set():
                    return
            put(_End())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that reads, whatever it is
            put(_Raised(error))
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()

    thread = threading.Thread(target=work, name="colorify-film", daemon=True)
    thread.start()
    try:
        while True:
            item = waiting.get()
            if isinstance(item, _End):
                return
            if isinstance(item, _Raised):
                raise item.error
            yield item
    finally:
        stop.set()
        thread.join()


def map_in_order(
    items: Iterator[A],
    work: Callable[[A], B],
    *,
    threads: int,
    ahead: int | None = None,
    name: str = "colorify-paint",
) -> Generator[B, None, None]:
    """Yield `work(item)` for each item, in order, computed on `threads` threads.

    `ahead`: items that are read beyond the one that is yielded, at most (None: `threads`). `name`: of the
    threads. Whoever closes this iterator closes `items` too; what has not begun by then is not computed.
    """
    pending: deque[Future[B]] = deque()
    room = threads if ahead is None else ahead
    with ThreadPoolExecutor(threads, thread_name_prefix=name) as pool:
        try:
            for item in items:
                pending.append(pool.submit(work, item))
                if len(pending) > room:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()
            close = getattr(items, "close", None)
            if close is not None:
                close()
