"""Whatever the headers, names and bodies of a request are, it is answered and never with a 500."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from raw_requests import Answer, Headers, ask, kind

from colorify.colorizer import Colorizer
from colorify.server.app import create_app
from colorify.server.settings import Settings

LOCAL = b"127.0.0.1:8000"
FORM = b"multipart/form-data; boundary=x"


@pytest.fixture(scope="module")
def app(colorizer: Colorizer) -> Any:
    """For this computer alone, as by default; small limits."""
    return create_app(Settings(workers=1, max_bytes=2**20, max_pixels=10_000), colorizer=colorizer)


@pytest.fixture(scope="module")
def open_app(colorizer: Colorizer) -> Any:
    """For any host, with a token and another web site that may use it."""
    other = Settings(workers=1, hosts=frozenset(), token="secret", origins=("https://album.example",))
    return create_app(other, colorizer=colorizer)


def post(app: Any, *headers: tuple[bytes, bytes], path: str = "/v1/colorize", body: bytes = b"") -> Answer:
    return ask(app, "POST", path, [(b"host", LOCAL), *headers], body)


@pytest.mark.parametrize("origin", [b"http://[", b"http://[::1", b"//[", b"http://a:b", b"\xff", b""])
def test_an_origin_that_is_no_address_is_another_site(app: Any, origin: bytes) -> None:
    answer = post(app, (b"origin", origin), (b"content-length", b"2"))
    assert (answer.status, kind(answer)) == (403, "forbidden")


@pytest.mark.parametrize("host", [b"[", b"[::1", b"a:b", b"127.0.0.1:99999999", b"a]b"])
def test_a_host_that_is_none_is_refused(app: Any, open_app: Any, host: bytes) -> None:
    assert kind(ask(app, "GET", "/healthz", [(b"host", host)])) == "unknown-host"
    assert kind(ask(open_app, "GET", "/healthz", [(b"host", host)])) == "bad-request"


def test_no_answer_sends_a_client_to_the_host_that_it_named(open_app: Any) -> None:
    assert ask(open_app, "GET", "/docs/", [(b"host", b"evil.example")]).status == 404


@pytest.mark.parametrize("length", [b"9" * 5000, b"1" * 25, b"0" * 5000 + b"99999999"])
def test_a_length_of_many_digits_is_too_large(app: Any, length: bytes) -> None:
    answer = post(app, (b"content-type", FORM), (b"content-length", length))
    assert (answer.status, kind(answer)) == (413, "too-many-bytes")


@pytest.mark.parametrize("length", [b"-1", b"1.5", b"\xb2", b"0x10", b"1 2", b""])
def test_a_length_that_is_no_number_is_needed(app: Any, length: bytes) -> None:
    assert kind(post(app, (b"content-type", FORM), (b"content-length", length))) == "length-needed"


def test_chunks_that_claim_a_length_are_chunks(app: Any) -> None:
    answer = post(app, (b"content-length", b"5"), (b"transfer-encoding", b"chunked"))
    assert (answer.status, kind(answer)) == (411, "length-needed")


def form(name: bytes = b"a.jpg", boundary: bytes = b"x") -> bytes:
    head = b'Content-Disposition: form-data; name="image"; filename="' + name + b'"'
    return b"--" + boundary + b"\r\n" + head + b"\r\n\r\nno picture\r\n--" + boundary + b"--\r\n"


@pytest.mark.parametrize("charset", [b"undefined", b"idna", b"utf-7", b"hex", b"\0", b"utf-16"])
def test_the_text_of_a_form_is_utf_8_whatever_it_says(app: Any, charset: bytes) -> None:
    content = (b"content-type", FORM + b"; charset=" + charset)
    answer = post(app, content, (b"content-length", b"100"), body=form(b"\xff+2AA-.jpg"))
    assert (answer.status, kind(answer)) == (415, "not-a-picture")


def test_what_a_client_says_comes_back_without_control_characters(app: Any) -> None:
    fields = b'{"\\u001b[2J\\n\\u0085": 1}'
    headers = ((b"content-type", b"application/json"), (b"content-length", b"%d" % len(fields)))
    answer = post(app, *headers, path="/v1/sessions/none/colorize", body=fields)
    assert answer.status == 422
    detail = json.loads(answer.text)["detail"]
    assert "\\x1b[2J\\n\\x85" in detail
    assert detail.isprintable()


PARSED = (
    b"host origin content-length content-type transfer-encoding authorization expect range if-range cookie "
    b"forwarded x-forwarded-for x-forwarded-proto x-forwarded-host access-control-request-method accept te "
    b"access-control-request-headers if-none-match connection upgrade accept-encoding referer via "
    b"content-encoding"
).split()
WORDS = (
    b"http:// [ ] ::1 : // % %ff ; boundary= charset= multipart/form-data application/json bytes= - , "
    b"127.0.0.1 localhost Bearer secret * 999999999999999999999999999999 -1 for= \\ @ =".split()
)
PIECES = st.sampled_from([*WORDS, b" ", b"\t", b'"', b"\0", b"\xff", b"\x1b[2J"])
VALUES = st.lists(PIECES | st.binary(max_size=8), max_size=6).map(b"".join)
TOKEN = (b"authorization", b"Bearer secret")
SENSIBLE = st.sampled_from([(b"host", LOCAL), (b"content-length", b"120"), (b"content-type", FORM), TOKEN])
HEADERS = st.lists(SENSIBLE | st.tuples(st.sampled_from(PARSED), VALUES), max_size=8)
SESSION = "/v1/sessions/a"
ROUTES = ["/v1/colorize", "/v1/sessions", SESSION, f"{SESSION}/colorize", f"{SESSION}/suggest", "/v1/models"]
OTHERS = ["/healthz", "/metrics", "/docs/", "/page/main.js", "//", "*", "/v1/sessions/\x1b[2J\n/original"]
PATHS = st.sampled_from([*ROUTES, *OTHERS])
BODIES = st.sampled_from([b"", form(), b"{}", b"[" * 2000, b'{"\\ud800": NaN}']) | st.binary(max_size=60)
METHODS = st.sampled_from(["GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH", "BREW"])


@pytest.mark.parametrize("kind", ["app", "open_app"])
def test_no_request_gives_a_500(kind: str, request: pytest.FixtureRequest) -> None:
    application = request.getfixturevalue(kind)

    @settings(max_examples=150)
    @example([(b"host", LOCAL), (b"origin", b"http://[")], "POST", "/v1/colorize", b"", b"")
    @given(HEADERS, METHODS, PATHS, BODIES, VALUES)
    def one(headers: Headers, method: str, path: str, body: bytes, query: bytes) -> None:
        assert ask(application, method, path, headers, body, query).status < 500

    one()
