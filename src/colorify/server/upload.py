"""A body that arrives becomes a picture in memory, or a refusal; never a file."""

import re
from dataclasses import dataclass
from typing import Final

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from colorify.errors import PhotoError
from colorify.images.formats import SNIFF_BYTES, sniff
from colorify.server.problems import (
    BAD_REQUEST,
    INVALID_VALUE,
    NO_PICTURE,
    WRONG_MEDIA,
    RefusalError,
)

FIELD: Final = "image"
MAX_FIELDS: Final = 16
UNLIMITED: Final = 2**62  # bytes
BOUNDARY: Final = re.compile(rb"[0-9A-Za-z'()+_,./:=? -]{1,70}")  # RFC 2046, section 5.1.1


@dataclass(frozen=True)
class Upload:
    """One picture and the other fields of the form."""

    name: str  # as the client calls it: for the name of the result, never for a path
    data: bytes
    fields: dict[str, str]


class _InMemory(MultiPartParser):
    # the default writes what is larger than this to disk; `guard` has checked the size already
    spool_max_size = UNLIMITED


async def read_upload(request: Request) -> Upload:
    """Read a multipart body whose field `image` is a picture. Raises RefusalError, HTTPException if slow."""
    if not request.headers.get("Content-Type", "").lower().startswith("multipart/form-data"):
        raise RefusalError(WRONG_MEDIA, f"Send multipart/form-data with a field {FIELD!r}.")
    headers = _with_boundary_alone(request.headers["Content-Type"])
    parser = _InMemory(headers, request.stream(), max_files=1, max_fields=MAX_FIELDS)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise RefusalError(BAD_REQUEST, f"The form cannot be read: {error.message}") from error
    except ClientDisconnect as error:
        raise RefusalError(BAD_REQUEST, "The upload broke off.") from error
    async with _closing(form.getlist(FIELD)) as image:
        fields = {key: value for key, value in form.multi_items() if isinstance(value, str)}
        if image is None:
            raise RefusalError(INVALID_VALUE, f"{FIELD}: expected a file in this field, found none.")
        return Upload(image.filename or "photo", await image.read(), fields)


def _with_boundary_alone(kind: str) -> Headers:
    """Return the header of a form without what else a client may say, above all a `charset`.

    Text is UTF-8; among the codecs of Python that a client could name are some that raise on any input.
    """
    _, options = parse_options_header(kind)
    boundary = options.get(b"boundary", b"")
    if not BOUNDARY.fullmatch(boundary):
        raise RefusalError(BAD_REQUEST, "The form has no boundary: 1 to 70 letters, digits or '()+_,-./:=?.")
    return Headers({"Content-Type": f'multipart/form-data; boundary="{boundary.decode("ascii")}"'})


class _closing:  # noqa: N801 - used as a function
    """The one file of a form, closed at the end."""

    def __init__(self, values: list[UploadFile | str]) -> None:
        self._file = next((value for value in values if isinstance(value, UploadFile)), None)

    async def __aenter__(self) -> UploadFile | None:
        return self._file

    async def __aexit__(self, *_error: object) -> None:
        if self._file is not None:
            await self._file.close()


def check_kind(data: bytes) -> None:
    """Refuse what is no picture that Colorify opens; only the first bytes are looked at."""
    try:
        sniff(data[:SNIFF_BYTES])
    except PhotoError as error:
        raise RefusalError(NO_PICTURE, str(error)) from error
