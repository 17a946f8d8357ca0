"""The HTTP API: the routes under /v1."""

import asyncio
from collections.abc import Coroutine
from importlib.util import find_spec
from typing import Any, Final, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import Response

from colorify.colorizer import Colorizer
from colorify.images.formats import FORMATS
from colorify.options import ColorOptions, FormatName
from colorify.server import work
from colorify.server.download import NOTES_HEADER, attachment, list_notes
from colorify.server.films import has_films
from colorify.server.full_size import FullResult, render_full, result_format
from colorify.server.job_queue import AbandonedError, JobQueue, Task, Timing
from colorify.server.problems import documented
from colorify.server.schemas import (
    MEDIA_TYPES,
    Alternatives,
    ColorOptionsIn,
    FormRequest,
    Match,
    Model,
    Models,
    RenderRequest,
    ServerLimits,
    SessionAnswer,
    SessionForm,
    SessionRequest,
    Size,
    Suggestions,
    SuggestRequest,
    form_schema,
    image_schema,
    read_form,
)
from colorify.server.sessions import Sessions, StoredSession
from colorify.server.settings import Settings
from colorify.server.upload import check_kind, read_upload
from colorify.server.work import OpenPhoto

T = TypeVar("T")

GUARDED: Final = documented(400, 401, 403, 413, 421, 422, 503)
UPLOADED: Final = GUARDED | documented(408, 411, 413, 415, 422)
PICTURES: Final[dict[str, Any]] = {kind: {} for kind in MEDIA_TYPES.values()}
JPEG: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"image/jpeg": {}}}}
PNG: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"image/png": {}}}}
ANY_PICTURE: Final[dict[int | str, dict[str, Any]]] = {200: {"content": PICTURES}}


class Api:
    """All that the routes share."""

    def __init__(self, settings: Settings, colorizer: Colorizer, queue: JobQueue) -> None:
        self.settings, self.colorizer, self.queue = settings, colorizer, queue
        self.sessions = Sessions(settings)

    def routes(self) -> APIRouter:
        """Return the table of what can be asked."""
        router = APIRouter(prefix="/v1")
        router.add_api_route("/models", self.models, methods=["GET"], responses=documented(400, 401, 421))
        router.add_api_route(
            "/colorize",
            self.colorize,
            methods=["POST"],
            responses={**ANY_PICTURE, **UPLOADED},
            openapi_extra=form_schema(),
            response_class=Response,
        )
        router.add_api_route(
            "/sessions",
            self.open_session,
            methods=["POST"],
            status_code=201,
            responses=UPLOADED,
            openapi_extra=image_schema(SessionForm),
        )
        router.add_api_route(
            "/sessions/{id}",
            self.close_session,
            methods=["DELETE"],
            status_code=204,
            responses=GUARDED | documented(404),
            response_class=Response,
        )
        known = GUARDED | documented(404)
        for path, call, method, answers in (
            ("/sessions/{id}/original", self.original, "GET", JPEG),
            ("/sessions/{id}/colorize", self.colorize_session, "POST", ANY_PICTURE),
            ("/sessions/{id}/confidence", self.confidence, "POST", PNG),
        ):
            responses = {**answers, **known, **(documented(408, 411) if method == "POST" else {})}
            router.add_api_route(path, call, methods=[method], responses=responses, response_class=Response)
        router.add_api_route(
            "/sessions/{id}/alternatives",
            self.alternatives,
            methods=["POST"],
            responses=known | documented(408, 411),
        )
        router.add_api_route(
            "/sessions/{id}/suggest", self.suggest, methods=["POST"], responses=known | documented(408, 411)
        )
        router.add_api_route(
            "/sessions/{id}/match",
            self.match,
            methods=["POST"],
            responses=UPLOADED | documented(404),
            openapi_extra=image_schema(),
        )
        return router

    async def models(self) -> Models:
        """List the generators of this server, and what it takes on."""
        spec = self.colorizer.spec
        model = Model(
            name=spec.name,
            version=spec.version,
            license=spec.license,
            size=spec.size,
            device=self.colorizer.device,
        )
        limits = ServerLimits(
            max_bytes=self.settings.max_bytes,
            max_pixels=self.settings.max_pixels,
            formats=[row.name for row in FORMATS] + ["heic"] * (find_spec("pillow_heif") is not None),
            films=has_films(),
        )
        return Models(models=[model], limits=limits)

    async def colorize(self, request: Request) -> Response:
        """Colour one photo; the answer is the picture at its full size."""
        async with self.queue.place():
            upload = await read_upload(request)
            body = read_form(FormRequest, upload.fields)
            check_kind(upload.data)

            def job(task: Task) -> tuple[OpenPhoto, FullResult]:
                photo = work.open_upload(upload.data, self.colorizer, self.settings, task, detail=body.detail)
                return photo, render_full(photo, body, self.colorizer, self.settings, task)

            (photo, made), timing = await _while_connected(request, self.queue.run(job))
            return _download(made, upload.name, photo, body, timing)

    async def open_session(self, request: Request, response: Response) -> SessionAnswer:
        """Upload one photo, to work on it without sending it again."""
        async with self.queue.place():
            upload = await read_upload(request)
            detail = read_form(SessionForm, upload.fields).detail
            check_kind(upload.data)

            def job(task: Task) -> tuple[OpenPhoto, Size]:
                photo = work.open_upload(upload.data, self.colorizer, self.settings, task, detail=detail)
                height, width, _ = photo.session.original().shape  # what is damaged further down fails now
                task.step("generate")
                photo.session.colors(ColorOptions())
                return photo, Size(width=width, height=height)

            (photo, preview), timing = await _while_connected(request, self.queue.run(job))
        session = self.sessions.add(upload.name, photo)
        response.headers["Location"] = f"/v1/sessions/{session.id}"
        response.headers["Server-Timing"] = _server_timing(timing)
        return self._answer(session, preview)

    async def close_session(self, id: str) -> Response:
        """Forget a photo."""
        self.sessions.delete(id)
        return Response(status_code=204)

    async def original(self, id: str) -> Response:
        """Return the photo as it came, as a JPEG of the size of a screen."""
        photo = self.sessions.get(id).photo
        async with self.queue.place():
            data, timing = await self.queue.run(lambda _task: work.render_original(photo))
        return _picture(data, "jpeg", timing)

    async def colorize_session(self, request: Request, id: str, body: SessionRequest) -> Response:
        """Colour the photo of a session, at the size of a screen or in full."""
        session = self.sessions.get(id)
        photo = session.photo
        async with self.queue.place():
            if body.scale == "preview":
                preview = self.queue.run(lambda task: work.render_preview(photo, body.color_options(), task))
                data, timing = await _while_connected(request, preview)
                return _picture(data, "jpeg", timing)
            job = self.queue.run(lambda task: render_full(photo, body, self.colorizer, self.settings, task))
            made, timing = await _while_connected(request, job)
            return _download(made, session.name, photo, body, timing)

    async def confidence(self, request: Request, id: str, body: ColorOptionsIn) -> Response:
        """Return how sure the generator is of its colours: a small grey PNG, to be stretched."""
        photo = self.sessions.get(id).photo
        async with self.queue.place():
            job = self.queue.run(lambda _task: work.render_confidence(photo, body.color_options()))
            data, timing = await _while_connected(request, job)
        return _picture(data, "png", timing)

    async def alternatives(self, request: Request, id: str, body: ColorOptionsIn) -> Alternatives:
        """Count the plausible colourings that differ clearly; `alternative` in a look takes one of them."""
        photo = self.sessions.get(id).photo
        async with self.queue.place():
            job = self.queue.run(lambda task: work.count_alternatives(photo, body.color_options(), task))
            count, _ = await _while_connected(request, job)
        return Alternatives(count=count)

    async def suggest(self, request: Request, id: str, body: SuggestRequest) -> Suggestions:
        """Suggest colours for a point of the photo, in the light of the hints that are set already."""
        photo = self.sessions.get(id).photo
        async with self.queue.place():
            job = self.queue.run(lambda _task: work.suggest(photo, body))
            answer, _ = await _while_connected(request, job)
        return answer

    async def match(self, request: Request, id: str) -> Match:
        """Find what the photo has in common with a colour photo, which is sent; it is not kept."""
        photo = self.sessions.get(id).photo
        async with self.queue.place():
            upload = await read_upload(request)
            check_kind(upload.data)
            job = self.queue.run(lambda _task: work.match(photo, upload.data))
            answer, _ = await _while_connected(request, job)
        return answer

    def _answer(self, session: StoredSession, preview: Size) -> SessionAnswer:
        photo = session.photo
        width, height = photo.session.size
        return SessionAnswer(
            id=session.id,
            name=session.name,
            width=width,
            height=height,
            preview=preview,
            format=photo.format.name,
            was_colored=photo.session.was_colored,
            expires_in=self.settings.session_seconds,
            notes=list(photo.notes),
        )


async def _while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Wait for `work`, but give it up when the client does."""
    task = asyncio.ensure_future(work)
    hang_up = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({task, hang_up}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise AbandonedError
        return task.result()
    finally:
        hang_up.cancel()
        task.cancel()
        await asyncio.wait(
            {task, hang_up}
        )  # so that the place is not given back before its thread is counted


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _picture(data: bytes, format: FormatName, timing: Timing) -> Response:
    headers = {"Server-Timing": _server_timing(timing), "Cache-Control": "no-store"}
    return Response(data, media_type=MEDIA_TYPES[format], headers=headers)


def _download(made: FullResult, name: str, photo: OpenPhoto, body: RenderRequest, timing: Timing) -> Response:
    row = result_format(photo, body)
    answer = _picture(made.data, row.name, timing)
    answer.headers["Content-Disposition"] = attachment(name, row.suffixes)
    if made.notes:
        answer.headers[NOTES_HEADER] = list_notes(made.notes)
    return answer


def _server_timing(timing: Timing) -> str:
    return ", ".join(f"{name};dur={seconds * 1000:.1f}" for name, seconds in timing)
