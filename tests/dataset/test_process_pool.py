"""Worker processes: the same results in the same order, and the death of any of them is said at once."""

import itertools
import multiprocessing
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from pool_tasks import leave, meet, twice

from colorify.dataset.process_pool import ProcessPool
from colorify.errors import PhotoError, SetupError
from waiting import wait_for

CURE = "Give it less."
COUNT = 3


def processes() -> list[BaseProcess]:
    """The workers in the order in which they were started."""
    return sorted(multiprocessing.active_children(), key=lambda process: int(process.name.split("-")[-1]))


def kill(number: int) -> None:
    process = processes()[number]
    process.kill()
    process.join()


def test_results_come_in_the_order_of_the_items() -> None:
    with ProcessPool(twice, COUNT, cure=CURE) as pool:
        assert list(pool.map(range(20))) == [2 * number for number in range(20)]
        assert list(pool.map([])) == []
    assert not multiprocessing.active_children()


def test_items_may_be_endless_and_no_more_are_taken_than_are_worked_on() -> None:
    taken = []

    def items() -> Iterator[int]:
        for number in itertools.count():
            taken.append(number)
            yield number

    with ProcessPool(twice, COUNT, cure=CURE) as pool:
        assert list(itertools.islice(pool.map(items()), 10)) == [2 * number for number in range(10)]
        assert len(taken) <= 10 + 2 * COUNT


def test_what_the_function_raises_is_raised() -> None:
    with ProcessPool(twice, COUNT, cure=CURE) as pool, pytest.raises(PhotoError, match="-1: expected"):
        list(pool.map([1, -1, 2]))
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("number", range(COUNT))
def test_one_killed_before_its_first_task_is_said(number: int) -> None:
    with ProcessPool(twice, COUNT, cure=CURE) as pool:
        kill(number)
        with pytest.raises(SetupError, match=r"killed \(SIGKILL\), perhaps .* memory\. Give it less\."):
            list(pool.map(range(20)))


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    found = [tmp_path / str(number) for number in range(COUNT)]
    for folder in found:
        folder.mkdir()
    return found


def before_waiting(pool: ProcessPool[Path, bytes], then: Callable[[], None]) -> None:
    """Have `then` done when all workers have their first task and before the pool waits for them."""
    wait, steps = pool._wait, [then]

    def wait_after() -> list[Any]:
        while steps:
            steps.pop()()
        return wait()

    pool._wait = wait_after  # type: ignore[method-assign]


@pytest.mark.parametrize("number", range(COUNT))
def test_one_killed_at_work_is_said(number: int, folders: list[Path]) -> None:
    def kill_at_work() -> None:
        wait_for(lambda: all((folder / "here").exists() for folder in folders))
        kill(number)

    with ProcessPool(meet, COUNT, cure=CURE) as pool:
        before_waiting(pool, kill_at_work)
        with pytest.raises(SetupError, match="SIGKILL"):
            list(pool.map(folders))


@pytest.mark.parametrize("number", range(COUNT))
def test_one_killed_while_it_hands_over_its_result_is_said(number: int, folders: list[Path]) -> None:
    """Half a message is in its pipe; in one pipe for all, the reader would wait for the other half."""
    for folder in folders:
        (folder / "go").touch()
    with ProcessPool(meet, COUNT, cure=CURE) as pool:

        def kill_halfway() -> None:
            wait_for(lambda: all(worker.pipe.poll() for worker in pool._workers))
            kill(number)
            with pytest.raises(SetupError, match="SIGKILL"):
                pool._workers[number].receive()

        before_waiting(pool, kill_halfway)
        with pytest.raises(SetupError, match="SIGKILL"):
            list(pool.map(folders))


@pytest.mark.parametrize("number", range(COUNT))
def test_one_killed_after_its_last_task_is_said_where_work_is_left(number: int) -> None:
    with ProcessPool(twice, COUNT, cure=CURE) as pool:
        assert list(pool.map(range(COUNT))) == [0, 2, 4]
        kill(number)
        with pytest.raises(SetupError, match="SIGKILL"):
            list(pool.map(range(COUNT)))


def test_one_that_ends_by_itself_is_said_with_its_exit_code() -> None:
    with ProcessPool(leave, COUNT, cure=CURE) as pool, pytest.raises(SetupError, match="exit code 7"):
        list(pool.map([7] * COUNT))
