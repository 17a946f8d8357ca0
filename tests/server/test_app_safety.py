"""What the server does not let through."""

import socket
import struct
import subprocess
import sys
import tempfile
import threading
import zlib
from pathlib import Path

import httpx
import pytest
from serving import Server, new_session, opened, picture, problem, running

from changed_command import hold_work, work_endlessly
from colorify.server import process
from colorify.server.settings import Settings
from waiting import PATIENCE, wait_for


def send(server: Server, data: bytes, **headers: str) -> httpx.Response:
    return server.client.post("/v1/colorize", files={"image": ("a.jpg", data)}, headers=headers)


def huge_header(width: int, height: int) -> bytes:
    """Return a PNG that says that it is huge and has no pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


CORPUS = {
    "empty": b"",
    "text": b"no picture at all",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
    "gif": b"GIF89a\x01\x00\x01\x00\x80\x00\x00",
    "pdf": b"%PDF-1.7\n",
    "half a jpeg": picture()[:300],
    "jpeg magic alone": b"\xff\xd8\xff",
    "cut png": picture(suffix=".png")[:80],
    "png without pixels": huge_header(10, 10),
    "zero by zero": huge_header(0, 0),
    "webp without content": b"RIFF\x04\x00\x00\x00WEBP",
    "tiff that points at itself": b"II*\x00\x08\x00\x00\x00\x01\x00" + b"\x00" * 12 + b"\x08\x00\x00\x00",
    "avif without content": b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00avifmif1",
    "garbled jpeg": picture()[:200] + bytes(range(256)) * 4,
}


@pytest.mark.parametrize("name", CORPUS)
def test_a_broken_picture_is_refused_in_words(server: Server, name: str) -> None:
    answer = send(server, CORPUS[name])
    assert answer.status_code in (415, 422), answer.text
    assert answer.json()["detail"]
    assert str(Path(process.__file__).parents[2]) not in answer.text
    assert server.client.get("/readyz").status_code == 200


def test_a_photo_of_too_many_pixels_is_refused_by_its_header(server: Server) -> None:
    send(server, picture())  # what is loaded late is loaded now
    before = server.memory_mb
    detail = problem(send(server, huge_header(60_000, 60_000)), 413, "too-many-pixels")
    assert "60000x60000" in detail
    assert server.memory_mb < before + 50


@pytest.fixture(scope="module")
def small(tiny_weights: Path) -> "object":
    """A server that takes little: 1 MB, one photo at work and none waiting, a token, all hosts."""
    options = ("--max-mb", "1", "--workers", "1", "--queue", "0", "--token", "secret", "--host", "0.0.0.0")
    with running(tiny_weights, *options) as started:
        started.client.headers["Authorization"] = "Bearer secret"
        yield started


def test_too_many_bytes_are_refused_before_they_are_kept(small: Server) -> None:
    send(small, picture())
    before = small.memory_mb
    detail = problem(send(small, b"\xff\xd8\xff" + bytes(3 * 2**20)), 413, "too-many-bytes")
    assert "at most 1 MB" in detail
    assert small.memory_mb < before + 20


def test_a_body_of_unknown_length_is_refused(server: Server) -> None:
    answer = server.client.post("/v1/colorize", content=iter([b"abc"]))
    problem(answer, 411, "length-needed")


def test_json_is_bounded_too(server: Server) -> None:
    path = f"/v1/sessions/{new_session(server)['id']}/colorize"
    problem(server.client.post(path, json={"hints": "x" * 400_000}), 413, "too-many-bytes")
    as_form = server.client.post(path, files={"image": ("a.jpg", bytes(400_000))})
    problem(as_form, 413, "too-many-bytes")


def test_a_token_guards_the_api_and_the_metrics(small: Server) -> None:
    for path in ("/v1/models", "/metrics"):
        assert small.client.get(path).status_code == 200
        for wrong in ("", "Bearer nonsense", "Bearer secret2"):
            answer = small.client.get(path, headers={"Authorization": wrong})
            problem(answer, 401, "token-needed")
            assert answer.headers["www-authenticate"] == "Bearer"
    assert small.client.get("/", headers={"Authorization": ""}).status_code == 200  # the page asks for it


def test_other_web_sites_are_kept_out(server: Server) -> None:
    assert send(server, picture(), Origin=server.url).status_code == 200
    for origin in ("https://evil.example", "null"):
        problem(send(server, picture(), Origin=origin), 403, "forbidden")
    assert (
        "access-control-allow-origin"
        not in server.client.get("/v1/models", headers={"Origin": "https://a.b"}).headers
    )


def test_a_name_that_only_points_here_is_refused(server: Server) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "[", ""):
        problem(server.client.get("/v1/models", headers={"Host": host}), 421, "unknown-host")
    assert server.client.get("/v1/models", headers={"Host": "localhost:8000"}).status_code == 200


def test_sites_that_were_allowed_may_use_the_api(tiny_weights: Path) -> None:
    site = "https://album.example"
    with running(tiny_weights, "--allow-origin", site) as server:
        answer = send(server, picture(), Origin=site)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == site
        problem(send(server, picture(), Origin="https://evil.example"), 403, "forbidden")


@pytest.mark.parametrize(
    "path", ["/page/../api.py", "/page/%2e%2e/api.py", "/page/..%2fapi.py", "/page//etc/passwd"]
)
def test_no_path_leaves_the_page(server: Server, path: str) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as raw:  # httpx would tidy up the path
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        assert b" 404 " in raw.recv(100)


def test_the_policy_allows_nothing_inline_and_nobody_else(server: Server) -> None:
    for path in ("/", "/docs", "/v1/models", "/nothing"):
        headers = server.client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in headers


def test_a_full_line_says_when_to_come_back(small: Server) -> None:
    """The only place is held by an upload that does not end."""
    host, port = small.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as slow:
        head = (
            f"POST /v1/colorize HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer secret\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 5000\r\n\r\n--x\r\n"
        )
        slow.sendall(head.encode())
        wait_for(lambda: small.client.get("/readyz").status_code == 503)
        answer = send(small, picture())
        problem(answer, 503, "busy")
        assert int(answer.headers["retry-after"]) >= 1
    wait_for(lambda: small.client.get("/readyz").status_code == 200)  # it is free when that client has gone
    assert send(small, picture()).status_code == 200


def test_large_photos_are_laid_out_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "elsewhere")
    monkeypatch.setattr(process, "MEMORY_FOLDER", tmp_path)
    process.keep_in_memory(Settings(max_pixels=2**60))  # there is no room for that
    assert tempfile.gettempdir() == "elsewhere"
    process.keep_in_memory(Settings(max_pixels=1))
    assert tempfile.gettempdir() == str(tmp_path)


def test_work_is_given_up_when_its_client_goes(tiny_weights: Path) -> None:
    with running(tiny_weights, change=work_endlessly) as server:
        host, port = server.url.removeprefix("http://").split(":")
        form = httpx.Request("POST", server.url, files={"image": ("a.png", picture(suffix=".png"))})
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as client:
            head = (
                f"POST /v1/colorize HTTP/1.1\r\nHost: {host}\r\n"
                f"Content-Type: {form.headers['content-type']}\r\n"
                f"Content-Length: {form.headers['content-length']}\r\n\r\n"
            )
            client.sendall(head.encode() + form.read())
            wait_for(lambda: "colorify_queue_in_use 1\n" in server.client.get("/metrics").text)
        wait_for(lambda: "colorify_queue_in_use 0\n" in server.client.get("/metrics").text)
        wait_for(lambda: 'method="POST",status="499"' in server.client.get("/metrics").text)


def test_work_begun_is_finished_after_sigterm(tiny_weights: Path, tmp_path: Path) -> None:
    flag, answers = tmp_path / "flag", []
    with running(tiny_weights, change=hold_work, given=(str(flag),)) as server:
        client = threading.Thread(target=lambda: answers.append(send(server, picture())))
        client.start()
        with httpx.Client(base_url=server.url, trust_env=False) as other:
            wait_for(lambda: "colorify_queue_in_use 1\n" in other.get("/metrics").text)
        server.process.terminate()
        wait_for(lambda: not listens(server))
        flag.touch()
        client.join(PATIENCE)
        assert opened(answers[0].content).width == 96
        assert server.process.wait(PATIENCE) == 0


def listens(server: Server) -> bool:
    try:
        server.connect().close()
    except ConnectionRefusedError:
        return False
    return True


def fails(*options: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, *options], capture_output=True, text=True, check=False, timeout=PATIENCE, env=env
    )
    return done.returncode, done.stderr


def test_other_computers_need_a_token(tiny_weights: Path) -> None:
    code, said = fails("-m", "colorify", "serve", "--host", "0.0.0.0", "-m", str(tiny_weights))
    assert code == 2
    assert "--token new" in said


def test_a_port_in_use_is_said_in_one_line(server: Server, tiny_weights: Path) -> None:
    port = server.url.rpartition(":")[2]
    code, said = fails("-m", "colorify", "serve", "--port", port, "-m", str(tiny_weights))
    assert code == 3
    assert said.count("\n") == 1
    assert f"--port {int(port) + 1}" in said


def test_without_a_package_of_the_server_it_says_what_to_type(tiny_weights: Path) -> None:
    hide = (
        "import sys; sys.modules['fastapi'] = None\n"
        f"from colorify import cli; sys.exit(cli.run(['serve', '-m', {str(tiny_weights)!r}]))"
    )
    code, said = fails("-c", hide)
    assert code == 3
    assert "pip install fastapi uvicorn python-multipart" in said
    assert said.count("\n") == 1
