"""Work over threads keeps its order, does not run away, and ends."""

import threading
import time
from collections.abc import Iterator

import pytest

from colorify.threads import in_background, map_in_order


def counted(log: list[int], count: int = 100, fail_at: int = -1) -> Iterator[int]:
    for number in range(count):
        if number == fail_at:
            raise ValueError("no more")
        log.append(number)
        yield number


def test_threads_keep_the_order_and_do_not_run_away() -> None:
    log: list[int] = []
    behind = in_background(counted(log), room=3)
    assert next(behind) == 0
    time.sleep(0.1)
    assert len(log) <= 6
    assert list(map_in_order(behind, lambda number: 2 * number, threads=3)) == list(range(2, 200, 2))


def test_what_a_thread_raises_arrives() -> None:
    items = map_in_order(in_background(counted([], fail_at=5), room=2), lambda number: number, threads=2)
    found = []
    with pytest.raises(ValueError, match="no more"):
        found.extend(items)


def test_closing_stops_the_threads() -> None:
    before = set(threading.enumerate())
    items = in_background(counted([]), room=2)
    next(items)
    items.close()
    assert set(threading.enumerate()) <= before
