"""Clients that say nothing, say half of it, do not read, or are too many: others are still answered."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from serving import Server, answer_of, picture, running

from changed_command import limit_connections, limit_descriptors, shorten_patience, take_descriptors
from colorify.errors import SetupError
from colorify.server import connections
from waiting import wait_for

FEW = 4  # connections
DESCRIPTORS = 256


@pytest.fixture(scope="module")
def hasty(tiny_weights: Path) -> Iterator[Server]:
    with running(tiny_weights, change=shorten_patience) as started:
        yield started


def head(server: Server, method: str = "GET", path: str = "/healthz", *more: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {server.host}", *more]
    return "".join(line + "\r\n" for line in [*lines, ""]).encode()


def test_a_connection_that_says_nothing_is_closed(hasty: Server) -> None:
    with hasty.connect() as raw:
        assert answer_of(raw) == b""


def test_half_a_head_is_given_up(hasty: Server) -> None:
    with hasty.connect(head(hasty)[:30]) as raw:
        answer = answer_of(raw)
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b"upload-too-slow" in answer


def test_so_is_half_a_head_after_a_whole_one(hasty: Server) -> None:
    with hasty.connect(head(hasty) + head(hasty)[:30]) as raw:
        answer = answer_of(raw)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"HTTP/1.1 408 Request Timeout\r\n" in answer


def test_a_head_that_comes_byte_by_byte_has_no_more_time(hasty: Server) -> None:
    with hasty.connect(head(hasty)[:-2]) as raw:
        raw.settimeout(0.05)
        sent = 0
        while True:  # as long as the server goes on listening
            try:
                raw.sendall(b"X: y\r\n")
                sent += 1
                if raw.recv(1):
                    break
            except TimeoutError:
                assert sent < 2000
            except OSError:
                break


async def answer_with(first: bytes, then: bytes) -> bytes:
    """Send what is `first`, and the rest while the answer to it is under way; return all that comes back."""
    begun, heard, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        begun.set()
        await go_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
        await send({"type": "http.response.body", "body": b"whole"})

    class Heard(connections.Connections(FEW).protocol()):  # type: ignore[misc]
        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if begun.is_set():
                heard.set()

    config = uvicorn.Config(app, http=Heard, ws="none", lifespan="off", log_config=None)
    config.load()
    state, loop = uvicorn.Server(config).server_state, asyncio.get_running_loop()

    def connect() -> asyncio.Protocol:
        return Heard(config=config, server_state=state, app_state={}, _loop=loop)

    async with await loop.create_server(connect, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(first)
        await begun.wait()
        writer.write(then)
        await heard.wait()
        go_on.set()
        answer = await reader.read()
        writer.close()
        return answer


@pytest.mark.parametrize("then", [b"\r\n", b"nothing like it\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
@pytest.mark.parametrize("first", ["1.0", "1.1\r\nHost: x\r\nConnection: close"])
def test_what_follows_the_last_request_spoils_no_answer(
    first: str, then: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    answer = asyncio.run(answer_with(f"GET / HTTP/{first}\r\n\r\n".encode(), then))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\nwhole")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize(
    ("path", "content"),
    [("/v1/sessions/none/colorize", "application/json"), ("/v1/colorize", "multipart/form-data; boundary=x")],
)
def test_a_body_that_never_arrives_is_given_up(hasty: Server, path: str, content: str) -> None:
    whole = head(hasty, "POST", path, f"Content-Type: {content}", "Content-Length: 100")
    with hasty.connect(whole) as raw:
        answer = answer_of(raw)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"did not arrive within 0.5 s" in answer


def test_an_answer_that_nobody_reads_is_given_up(hasty: Server) -> None:
    wait_for(lambda: hasty.figure("connections") == 1)  # the one that asks
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", hasty.port))
        raw.sendall(head(hasty, "GET", "/page/sample.jpg") * 400)
        with suppress(ConnectionResetError):  # given up already
            assert raw.recv(1)  # it is answered; nothing more is read
        wait_for(lambda: hasty.figure("connections") == 1)


def test_silent_connections_in_numbers_keep_nobody_out(tiny_weights: Path) -> None:
    """More than the process has descriptors for."""
    limit = running(tiny_weights, change=limit_descriptors, given=(DESCRIPTORS,))
    with limit as server, ExitStack() as crowd:
        for number in range(DESCRIPTORS + 44):
            raw = crowd.enter_context(server.connect())
            if number % 3:
                raw.sendall(head(server)[:25])
        assert server.client.get("/healthz").text == "ok\n"
        answer = server.client.post("/v1/colorize", files={"image": ("a.jpg", picture())})
        assert answer.status_code == 200
        assert server.figure("connections") < DESCRIPTORS
        assert server.said == "Open this address in a browser. Ctrl-C ends it.\n"


def test_where_all_connections_are_at_work_a_newcomer_is_told(tiny_weights: Path) -> None:
    with running(tiny_weights, change=limit_connections, given=(FEW,)) as server, ExitStack() as crowd:
        begun = head(
            server,
            "POST",
            "/v1/colorize",
            "Content-Type: multipart/form-data; boundary=x",
            "Content-Length: 5000",
            "Expect: 100-continue",  # which is answered when the body is waited for
        )
        for _ in range(FEW):
            raw = crowd.enter_context(server.connect(begun))
            assert raw.recv(100).startswith(b"HTTP/1.1 100 ")
        with server.connect() as raw:
            answer = answer_of(raw)
        assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert b"retry-after: 5\r\n" in answer
        crowd.close()
        wait_for(lambda: httpx.get(f"{server.url}/healthz", trust_env=False).status_code == 200)


def test_a_process_without_descriptors_says_so_once(tiny_weights: Path, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    greedy = running(tiny_weights, change=take_descriptors, given=(DESCRIPTORS, str(flag)))
    with greedy as server, ExitStack() as crowd:
        flag.touch()

        def said_it() -> bool:
            crowd.enter_context(server.connect())
            return "out of system resource" in server.said

        wait_for(said_it)
        flag.unlink()
        assert server.client.get("/healthz").text == "ok\n"
        assert server.said.count("out of system resource") <= 2
        assert "Logging error" not in server.said
        assert len(server.said) < 5_000


def test_too_few_descriptors_are_said_before_anything_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_descriptors", lambda: 64)
    with pytest.raises(SetupError, match=r"may open 64 files and needs .* ulimit -n"):
        connections.room(256)
    monkeypatch.setattr(connections, "_descriptors", lambda: 4096)
    assert connections.room(256) == 256
