"""SIGTERM and Ctrl-C: what is begun is finished, what is stuck is left after a bounded time; exit codes."""

import signal
import socket
import threading
from pathlib import Path

import httpx
import pytest
from serving import Server, answer_of, picture, problem, running

from changed_command import shorten_leaving, stop_before_listening, work_deafly
from waiting import PATIENCE, wait_for

MOST_SECONDS = 40  # docs/server.md promises half a minute; this machine may be busy


def end(server: Server, number: int = signal.SIGTERM) -> int:
    server.process.send_signal(number)
    return server.process.wait(MOST_SECONDS)


def test_a_server_that_is_told_to_end_has_done_well(tiny_weights: Path) -> None:
    with running(tiny_weights) as server:
        assert server.client.get("/healthz").text == "ok\n"  # the connection stays open
        assert end(server) == 0
        assert server.said.count("\n") == 1


def test_ctrl_c_is_said_by_the_exit_code(tiny_weights: Path) -> None:
    with running(tiny_weights) as server:
        assert end(server, signal.SIGINT) == 130
        assert "Traceback" not in server.said


def test_sigterm_before_it_listens(tiny_weights: Path) -> None:
    early = running(tiny_weights, change=stop_before_listening)
    with pytest.raises(AssertionError), early as server:
        raise RuntimeError(server.url)  # it has never said where it listens


def test_a_client_that_does_not_send_holds_nothing_up(tiny_weights: Path) -> None:
    with running(tiny_weights, change=shorten_leaving) as server:
        head = (
            f"POST /v1/colorize HTTP/1.1\r\nHost: {server.host}\r\nContent-Length: 5000\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
        )
        with server.connect(head.encode()), server.connect(b"GET / HT"), server.connect():
            wait_for(lambda: server.figure("queue_in_use") == 1)
            assert end(server) == 0
            assert "Traceback" not in server.said


def test_a_client_that_does_not_read_holds_nothing_up(tiny_weights: Path) -> None:
    with running(tiny_weights, change=shorten_leaving) as server, socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", server.port))
        raw.sendall(f"GET /page/sample.jpg HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode() * 400)
        wait_for(lambda: server.figure("connections") == 2)
        assert end(server) == 0


def test_a_photo_at_work_has_its_grace_and_no_more(tiny_weights: Path) -> None:
    with running(tiny_weights, change=work_deafly) as server:
        answers: list[httpx.Response] = []

        def send() -> None:
            answers.append(server.client.post("/v1/colorize", files={"image": ("a.jpg", picture())}))

        client = threading.Thread(target=send)
        client.start()
        with httpx.Client(base_url=server.url, trust_env=False) as other:
            wait_for(lambda: "colorify_queue_in_use 1\n" in other.get("/metrics").text)
        assert end(server) == 0
        client.join(PATIENCE)
        problem(answers[0], 503, "ending")
        assert "warning: 1 photo at work was given up." in server.said
        assert "Traceback" not in server.said


def test_what_comes_while_it_ends_is_not_answered(tiny_weights: Path) -> None:
    with running(tiny_weights) as server, server.connect() as idle:
        wait_for(lambda: server.figure("connections") == 2)
        assert end(server) == 0
        assert answer_of(idle) == b""
