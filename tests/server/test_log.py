"""The log is the server's own: clients break no lines in it, colour nothing, and do not fill it."""

import logging
import sys
from pathlib import Path

from serving import answer_of, picture, running

from changed_command import answer_with_error
from colorify.server.log import REPEAT_SECONDS, PlainFormatter, RepeatFilter

EVIL = "a\x1b[2J\r\n2026 ERROR forged\x85\u2028."


def record(
    message: str, *arguments: object, error: Exception | None = None, line: int = 1
) -> logging.LogRecord:
    info = None
    if error is not None:
        try:
            raise error
        except Exception:  # noqa: BLE001 - to have its traceback
            info = sys.exc_info()
    return logging.LogRecord("uvicorn.error", logging.ERROR, "place.py", line, message, arguments, info)


def test_a_message_is_one_line_that_can_be_printed() -> None:
    text = PlainFormatter().format(record("%s", EVIL))
    assert text.isprintable()
    assert "a\\x1b[2J\\r\\n2026 ERROR forged\\x85\\u2028" in text


def test_no_line_of_a_traceback_passes_for_one_of_the_log() -> None:
    first, *rest = PlainFormatter().format(record("fault", error=ValueError(EVIL))).split("\n")
    assert first.endswith("ERROR fault")
    assert rest
    assert all(line.startswith("  | ") and line.isprintable() for line in rest)


def test_what_is_said_again_and_again_is_counted() -> None:
    now = [100.0]
    seldom = RepeatFilter(clock=lambda: now[0])
    passed = [seldom.filter(record("message %s", number)) for number in range(50)]
    assert passed == [True] + [False] * 49
    assert seldom.filter(record("another place", line=2))
    assert seldom.filter(record("message %s", 50, error=ValueError("another reason")))
    now[0] += REPEAT_SECONDS
    last = record("message %s", 51)
    assert seldom.filter(last)
    assert last.getMessage() == "message 51 (49 more not written)"


def test_clients_do_not_write_the_log(tiny_weights: Path) -> None:
    """Broken forms, heads that are none, upgrades and faults of our own, again and again."""
    with running(tiny_weights, change=answer_with_error) as server:
        quiet = server.said
        form = (
            b'--x\r\nContent-Disposition: form-data; name="image"; filename="\x1b[2Ja\r\n2026 ERROR forged"'
            b"\r\n\r\n"
            b"no\r\n--x--\r\njunk after the end \x1b[2J"
        )
        requests = [
            b"\x1b[2J\r\n2026 ERROR forged\r\n\r\n",
            b"GET /\x1b[2J HTTP/1.1\r\n\r\n",
            b"GET /%1b[2J%0aforged HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
            b"Connection: upgrade, close\r\n\r\n",
            b"POST /v1/colorize HTTP/1.1\r\nHost: %s\r\nContent-Type: multipart/form-data; boundary=x\r\n"
            b"Connection: close\r\nContent-Length: " + str(len(form)).encode() + b"\r\n\r\n" + form,
        ]
        for _ in range(5):
            for text in requests:
                with server.connect(text.replace(b"%s", server.host.encode())) as raw:
                    assert answer_of(raw)
        assert server.said == quiet
        for _ in range(5):
            files = {"image": ("a.jpg", picture())}
            # a fault ends the connection
            answer = server.client.post("/v1/colorize", files=files, headers={"Connection": "close"})
            assert answer.status_code == 500
            assert "forged" not in answer.text
        said = server.said
        assert said.count("Exception in ASGI application") <= 3  # one in ten seconds
        assert "\x1b" not in said
        assert not any(line.startswith("2026 ERROR") for line in said.splitlines())
        assert len(said) < 60_000
