"""A body that arrives becomes a picture in memory, or a refusal; never a file."""

import asyncio
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from colorify.errors import PhotoError
from colorify.formats import SNIFF_BYTES, sniff
from colorify.server.problems import (
    BAD_REQUEST,
    BAD_WISH,
    NO_PICTURE,
    TOO_SLOW,
    WRONG_MEDIA,
    RefusalError,
)
from colorify.server.settings import Settings

FIELD: Final = "image"
MAX_FIELDS: Final = 16
UNLIMITED: Final = 2**62  # bytes


@dataclass(frozen=True)
class Upload:
    """One picture and the other fields of the form."""

    name: str  # as the client calls it: for the name of the result, never for a path
    data: bytes
    fields: dict[str, str]


class _InMemory(MultiPartParser):
    # the default writes what is larger than this to disk; `guard` has checked the size already
    spool_max_size = UNLIMITED


async def read_upload(request: Request, settings: Settings) -> Upload:
    """Read a multipart body whose field `image` is a picture. Raises RefusalError."""
    if not request.headers.get("Content-Type", "").lower().startswith("multipart/form-data"):
        raise RefusalError(WRONG_MEDIA, f"Send multipart/form-data with a field {FIELD!r}.")
    parser = _InMemory(request.headers, request.stream(), max_files=1, max_fields=MAX_FIELDS)
    try:
        form = await asyncio.wait_for(parser.parse(), settings.upload_seconds)
    except MultiPartException as error:
        raise RefusalError(BAD_REQUEST, f"The form cannot be read: {error.message}") from error
    except ClientDisconnect as error:
        raise RefusalError(BAD_REQUEST, "The upload broke off.") from error
    except TimeoutError as error:
        seconds = f"{settings.upload_seconds:g} s"
        raise RefusalError(TOO_SLOW, f"The photo did not arrive within {seconds}.") from error
    async with _closing(form.getlist(FIELD)) as image:
        fields = {key: value for key, value in form.multi_items() if isinstance(value, str)}
        if image is None:
            raise RefusalError(BAD_WISH, f"{FIELD}: expected a file in this field, found none.")
        return Upload(image.filename or "photo", await image.read(), fields)


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
        sniff(data[:SNIFF_BYTES], "the photo")
    except PhotoError as error:
        raise RefusalError(NO_PICTURE, str(error)) from error
