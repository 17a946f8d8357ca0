"""What a client is told when something is refused: RFC 9457, one shape for every status."""

from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from colorify.errors import INSTALL, ColorifyError, PhotoError, TooLargeError, UsageError
from colorify.extras import EXTRAS
from colorify.server.plain_text import escape_unprintable

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True)
class ProblemKind:
    """One reason to refuse; `name` is for programs, `title` for people."""

    status: int
    name: str
    title: str


BAD_REQUEST: Final = ProblemKind(400, "bad-request", "The request cannot be understood")
NO_TOKEN: Final = ProblemKind(401, "token-needed", "A token is needed")
FORBIDDEN: Final = ProblemKind(403, "forbidden", "This site may not use this server")
NOT_FOUND: Final = ProblemKind(404, "not-found", "There is nothing here")
NO_METHOD: Final = ProblemKind(405, "method-not-allowed", "This cannot be done here")
TOO_SLOW: Final = ProblemKind(408, "upload-too-slow", "The upload took too long")
NO_SESSION: Final = ProblemKind(404, "no-such-session", "This session has ended")
LENGTH_NEEDED: Final = ProblemKind(411, "length-needed", "The length of the body must be known")
TOO_MANY_BYTES: Final = ProblemKind(413, "too-many-bytes", "The file is too large")
TOO_MANY_PIXELS: Final = ProblemKind(413, "too-many-pixels", "The photo has too many pixels")
NO_PICTURE: Final = ProblemKind(415, "not-a-picture", "This is no picture that can be opened")
NO_FILM: Final = ProblemKind(415, "not-a-film", "This is no film that can be opened")
NO_FILMS: Final = ProblemKind(501, "no-films", "This server does not colour films")
WRONG_MEDIA: Final = ProblemKind(415, "wrong-media-type", "The body is of another kind than expected")
MISDIRECTED: Final = ProblemKind(421, "unknown-host", "This server does not answer under that name")
BAD_PHOTO: Final = ProblemKind(422, "bad-photo", "The photo cannot be used")
INVALID_VALUE: Final = ProblemKind(422, "bad-value", "A value makes no sense")
FULL: Final = ProblemKind(503, "busy", "Too many photos are waiting")
TOO_LONG: Final = ProblemKind(503, "took-too-long", "The photo took too long")
ENDING: Final = ProblemKind(503, "ending", "This server is about to end")
INTERNAL: Final = ProblemKind(500, "internal", "Something went wrong here")

_BY_STATUS: Final = {kind.status: kind for kind in (BAD_REQUEST, NOT_FOUND, NO_METHOD, TOO_SLOW, WRONG_MEDIA)}

SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "urn:colorify:NAME; stable, for programs"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what was expected, what was found, what to do"},
    },
}


class RefusalError(ColorifyError):
    """A request that is answered with a problem; `retry_after` in seconds."""

    def __init__(self, kind: ProblemKind, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.kind = kind
        self.retry_after = retry_after


def problem(kind: ProblemKind, detail: str, *, retry_after: int | None = None) -> Response:
    """Return the answer that says so."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if kind is NO_TOKEN:
        headers["WWW-Authenticate"] = "Bearer"
    content = {
        "type": f"urn:colorify:{kind.name}",
        "title": kind.title,
        "status": kind.status,
        "detail": escape_unprintable(detail),
    }
    return JSONResponse(content, kind.status, headers, MEDIA_TYPE)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that may answer with these problems."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    titles = {kind.status: kind.title for kind in globals().values() if isinstance(kind, ProblemKind)}
    return {status: {"description": titles[status], "content": content} for status in statuses}


def install(app: FastAPI) -> None:
    """Give every error that a route can end in its answer."""
    app.add_exception_handler(ColorifyError, _of_colorify)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _of_anything)


async def _of_colorify(_request: Request, error: Exception) -> Response:
    if isinstance(error, RefusalError):
        return problem(error.kind, str(error), retry_after=error.retry_after)
    if isinstance(error, TooLargeError):
        millions = f"{error.width * error.height / 1e6:.0f} million"
        found = f"found {error.width}x{error.height}, {millions}"
        return problem(TOO_MANY_PIXELS, f"Expected at most {error.allowed / 1e6:g} million pixels, {found}.")
    if isinstance(error, PhotoError):
        return problem(BAD_PHOTO, error.spell(spell_field))
    if isinstance(error, UsageError):
        return problem(INVALID_VALUE, error.spell(spell_field))
    return problem(INTERNAL, "This server is not set up to do that. Its log has the reason.")


def spell_field(name: str, value: str | None) -> str:
    """Write an option as a field of a request; a client may set some of them alone."""
    if name == INSTALL and value is not None:
        return f"pip install {' '.join(EXTRAS[value])}"  # where this server runs: of it no more is told
    return name if value is None else f"{name} {value}"


async def _of_validation(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return invalid(error.errors())


def invalid(errors: Any) -> Response:
    """Return the answer to values that a pydantic model refused; `errors` as pydantic lists them."""
    first = errors[0]
    if first["type"] == "json_invalid":
        return problem(BAD_REQUEST, "The body is no JSON.")
    return problem(INVALID_VALUE, describe(errors))


def describe(errors: Any) -> str:
    """Say in one line what is wrong with which value."""
    parts = []
    for error in errors:
        place = ".".join(str(part) for part in error["loc"] if part not in ("body", "query", "path"))
        parts.append(f"{place or 'body'}: {error['msg']}")
    return "; ".join(parts[:5]) + "."


async def _of_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = _BY_STATUS.get(error.status_code, BAD_REQUEST if error.status_code < 500 else INTERNAL)
    answer = problem(kind, f"{error.detail}.")
    answer.headers.update(error.headers or {})
    return answer


async def _of_anything(_request: Request, _error: Exception) -> Response:
    # the error itself goes to the log: its text may say things about this machine
    return problem(INTERNAL, "This is a fault of Colorify. The server's log has the reason.")
