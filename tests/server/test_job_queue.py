"""Who is served when, and what becomes of work that nobody waits for."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable

import pytest
from serving import picture

from colorify.colorizer import Colorizer
from colorify.server import app
from colorify.server.films import Films
from colorify.server.job_queue import AbandonedError, JobQueue, Task
from colorify.server.problems import RefusalError
from colorify.server.sessions import Sessions
from colorify.server.settings import Settings
from colorify.server.work import OpenPhoto, open_upload
from waiting import PATIENCE, wait_for


def with_line(use: Callable[[JobQueue], Awaitable[None]], **limits: float) -> None:
    async def main() -> None:
        queue = JobQueue(
            workers=1, waiting=int(limits.get("waiting", 4)), seconds=limits.get("seconds", PATIENCE)
        )
        try:
            await use(queue)
        finally:
            queue.close()

    asyncio.run(main())


class Endless:
    """Work that goes on until it is stopped, and is not believed in after that."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.stopped = False

    def __call__(self, task: Task) -> None:
        self.begun.set()
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                task.check()
            except AbandonedError:
                self.stopped = True
                raise
            time.sleep(0.01)


def test_work_that_waits_is_not_begun_when_its_client_goes() -> None:
    begun: list[str] = []
    free = threading.Event()

    async def use(queue: JobQueue) -> None:
        first = asyncio.create_task(queue.run(lambda _task: free.wait(PATIENCE)))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(queue.run(lambda _task: begun.append("second")))
        await asyncio.sleep(0.05)
        second.cancel()
        await asyncio.wait({second})
        free.set()
        await first
        await queue.run(lambda _task: begun.append("third"))

    with_line(use)
    assert begun == ["third"]


def test_work_at_work_is_stopped_when_its_client_goes() -> None:
    work = Endless()

    async def use(queue: JobQueue) -> None:
        running = asyncio.create_task(queue.run(work))
        await asyncio.to_thread(work.begun.wait, PATIENCE)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    with_line(use)
    assert work.stopped


def test_work_that_takes_too_long_is_given_up_and_stopped() -> None:
    work = Endless()

    async def use(queue: JobQueue) -> None:
        with pytest.raises(RefusalError) as caught:
            await queue.run(work)
        assert caught.value.kind.status == 503
        assert caught.value.retry_after

    with_line(use, seconds=0.3)
    assert work.stopped == work.begun.is_set(), "a busy machine may not have begun it in time"


def test_only_so_many_places() -> None:
    async def use(queue: JobQueue) -> None:
        async with queue.place(), queue.place():
            with pytest.raises(RefusalError) as caught:
                async with queue.place():
                    pass
            assert caught.value.retry_after
        async with queue.place():
            assert queue.in_use == 1
        assert queue.refused == 1

    with_line(use, waiting=1)


def test_a_place_is_taken_until_its_thread_has_ended() -> None:
    """The client has gone, and the decoder that its photo is in does not hear of it."""
    begun, free = threading.Event(), threading.Event()

    def deaf(_task: Task) -> None:
        begun.set()
        free.wait(PATIENCE)

    async def ask(queue: JobQueue) -> None:
        async with queue.place():
            await queue.run(deaf)

    async def use(queue: JobQueue) -> None:
        asking = asyncio.create_task(ask(queue))
        await asyncio.to_thread(begun.wait, PATIENCE)
        asking.cancel()
        await asyncio.wait({asking})
        assert (queue.in_use, queue.orphans) == (1, 1)
        with pytest.raises(RefusalError):
            async with queue.place():
                pass
        free.set()
        await asyncio.to_thread(wait_for, lambda: queue.in_use == 0)
        async with queue.place():
            assert queue.in_use == 1

    with_line(use, waiting=0)


def test_work_that_took_too_long_takes_its_place_until_it_ends() -> None:
    begun, free = threading.Event(), threading.Event()

    def deaf(_task: Task) -> None:
        begun.set()
        free.wait(PATIENCE)

    async def use(queue: JobQueue) -> None:
        with pytest.raises(RefusalError):
            async with queue.place():
                await queue.run(deaf)
        assert queue.in_use == begun.is_set(), "a busy machine may not have begun it in time"
        free.set()
        await asyncio.to_thread(wait_for, lambda: queue.in_use == 0)

    with_line(use, waiting=0, seconds=0.5)


@pytest.fixture
def photo(colorizer: Colorizer) -> OpenPhoto:
    return open_upload(picture(), colorizer, Settings(), Task())


def test_sessions_are_bounded_in_number_and_the_unused_goes_first(photo: OpenPhoto) -> None:
    sessions = Sessions(Settings(sessions=2))
    first, second = sessions.add("a", photo), sessions.add("b", photo)
    sessions.get(first.id)
    sessions.add("c", photo)
    assert sessions.get(first.id).name == "a"
    with pytest.raises(RefusalError):
        sessions.get(second.id)


def test_sessions_are_bounded_in_bytes(photo: OpenPhoto) -> None:
    assert photo.bytes > len(picture())
    sessions = Sessions(Settings(session_bytes=int(photo.bytes * 2.5)))
    for name in "abcd":
        sessions.add(name, photo)
    assert len(sessions) == 2
    assert sessions.bytes <= photo.bytes * 2.5


def test_sessions_are_bounded_in_age(photo: OpenPhoto) -> None:
    now = [0.0]
    sessions = Sessions(Settings(session_seconds=60), clock=lambda: now[0])
    old = sessions.add("a", photo)
    now[0] = 50
    used = sessions.add("b", photo)
    now[0] = 70
    assert sessions.get(used.id).name == "b"
    with pytest.raises(RefusalError):
        sessions.get(old.id)
    now[0] = 131
    assert len(sessions) == 0


def test_what_is_too_old_goes_though_nobody_asks(photo: OpenPhoto, monkeypatch: pytest.MonkeyPatch) -> None:
    """And free memory goes back to the system, once after something was done."""
    given_back: list[int] = []
    monkeypatch.setattr(app, "TIDY_SECONDS", 0.001)
    monkeypatch.setattr(app, "trim_heap", lambda: given_back.append(len(sessions._sessions)))
    now = [0.0]
    sessions = Sessions(Settings(session_seconds=60), clock=lambda: now[0])
    sessions.add("a", photo)
    films = Films(Settings())

    async def use(queue: JobQueue) -> None:
        tidying = asyncio.create_task(app._tidy(queue, sessions, films))
        await asyncio.to_thread(wait_for, lambda: len(given_back) == 1)
        now[0] = 61
        await asyncio.to_thread(wait_for, lambda: len(given_back) == 2)
        await queue.run(lambda _task: None)
        await asyncio.to_thread(wait_for, lambda: len(given_back) == 3)
        await asyncio.sleep(0.05)  # some fifty turns in which nothing was done
        tidying.cancel()

    with_line(use)
    assert given_back == [1, 0, 0]
