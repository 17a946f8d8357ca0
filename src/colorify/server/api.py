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
from colorify.server import work as studio
from colorify.server.download import NOTES_HEADER, attachment, list_notes
from colorify.server.films import has_films
from colorify.server.job_queue import JobQueue, StoppedError, Task, Timing
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
from colorify.server.work import FullResult, OpenPhoto

T = TypeVar("T")

GUARDED: Final = documented(400, 401, 403, 413, 421, 422, 503)
UPLOADED: Final = GUARDED | documented(408, 411, 413, 415, 422)
PICTURES: Final[dict[str, Any]] = {kind: {} for kind in MEDIA_TYPES.values()}
JPEG: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"image/jpeg": {}}}}
PNG: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"image/png": {}}}}
ANY_PICTURE: Final[dict[int | str, dict[str, Any]]] = {200: {"content": PICTURES}}


class Api:
    """All that the routes share."""

    def __init__(self, settings: Settings, colorizer: Colorizer, line: JobQueue) -> None:
        self.settings, self.colorizer, self.line = settings, colorizer, line
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
        async with self.line.place():
            upload = await read_upload(request)
            wishes = read_form(FormRequest, upload.fields)
            check_kind(upload.data)

            def work(task: Task) -> tuple[OpenPhoto, FullResult]:
                sitting = studio.open_upload(
                    upload.data, self.colorizer, self.settings, task, detail=wishes.detail
                )
                return sitting, studio.render_full(sitting, wishes, self.colorizer, self.settings, task)

            (sitting, made), timing = await _while_connected(request, self.line.run(work))
            return _download(made, upload.name, sitting, wishes, timing)

    async def open_session(self, request: Request, response: Response) -> SessionAnswer:
        """Upload one photo, to work on it without sending it again."""
        async with self.line.place():
            upload = await read_upload(request)
            detail = read_form(SessionForm, upload.fields).detail
            check_kind(upload.data)

            def work(task: Task) -> tuple[OpenPhoto, Size]:
                sitting = studio.open_upload(upload.data, self.colorizer, self.settings, task, detail=detail)
                height, width, _ = sitting.session.original().shape  # what is damaged further down fails now
                task.step("generate")
                sitting.session.colors(ColorOptions())
                return sitting, Size(width=width, height=height)

            (sitting, preview), timing = await _while_connected(request, self.line.run(work))
        session = self.sessions.add(upload.name, sitting)
        response.headers["Location"] = f"/v1/sessions/{session.id}"
        response.headers["Server-Timing"] = _server_timing(timing)
        return self._answer(session, preview)

    async def close_session(self, id: str) -> Response:
        """Forget a photo."""
        self.sessions.delete(id)
        return Response(status_code=204)

    async def original(self, id: str) -> Response:
        """Return the photo as it came, as a JPEG of the size of a screen."""
        sitting = self.sessions.get(id).photo
        async with self.line.place():
            data, timing = await self.line.run(lambda _task: studio.render_original(sitting))
        return _picture(data, "jpeg", timing)

    async def colorize_session(self, request: Request, id: str, wishes: SessionRequest) -> Response:
        """Colour the photo of a session, at the size of a screen or in full."""
        session = self.sessions.get(id)
        sitting = session.photo
        async with self.line.place():
            if wishes.scale == "preview":
                shown = self.line.run(
                    lambda task: studio.render_preview(sitting, wishes.color_options(), task)
                )
                data, timing = await _while_connected(request, shown)
                return _picture(data, "jpeg", timing)
            work = self.line.run(
                lambda task: studio.render_full(sitting, wishes, self.colorizer, self.settings, task)
            )
            made, timing = await _while_connected(request, work)
            return _download(made, session.name, sitting, wishes, timing)

    async def confidence(self, request: Request, id: str, wishes: ColorOptionsIn) -> Response:
        """Return how sure the generator is of its colours: a small grey PNG, to be stretched."""
        sitting = self.sessions.get(id).photo
        async with self.line.place():
            work = self.line.run(lambda _task: studio.render_confidence(sitting, wishes.color_options()))
            data, timing = await _while_connected(request, work)
        return _picture(data, "png", timing)

    async def alternatives(self, request: Request, id: str, wishes: ColorOptionsIn) -> Alternatives:
        """Count the plausible colourings that differ clearly; `alternative` in a look takes one of them."""
        sitting = self.sessions.get(id).photo
        async with self.line.place():
            work = self.line.run(
                lambda task: studio.count_alternatives(sitting, wishes.color_options(), task)
            )
            count, _ = await _while_connected(request, work)
        return Alternatives(count=count)

    async def suggest(self, request: Request, id: str, wishes: SuggestRequest) -> Suggestions:
        """Suggest colours for a point of the photo, in the light of the hints that are set already."""
        sitting = self.sessions.get(id).photo
        async with self.line.place():
            work = self.line.run(lambda _task: studio.suggest(sitting, wishes))
            answer, _ = await _while_connected(request, work)
        return answer

    async def match(self, request: Request, id: str) -> Match:
        """Find what the photo has in common with a colour photo, which is sent; it is not kept."""
        sitting = self.sessions.get(id).photo
        async with self.line.place():
            upload = await read_upload(request)
            check_kind(upload.data)
            work = self.line.run(lambda _task: studio.match(sitting, upload.data))
            answer, _ = await _while_connected(request, work)
        return answer

    def _answer(self, kept: StoredSession, preview: Size) -> SessionAnswer:
        sitting = kept.photo
        width, height = sitting.session.size
        return SessionAnswer(
            id=kept.id,
            name=kept.name,
            width=width,
            height=height,
            preview=preview,
            format=sitting.format.name,
            was_colored=sitting.session.was_colored,
            expires_in=self.settings.session_seconds,
            notes=list(sitting.session.notes),
        )


async def _while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Wait for `work`, but give it up when the client does."""
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise StoppedError
        return task.result()
    finally:
        gone.cancel()
        task.cancel()
        await asyncio.wait({task, gone})  # so that the place is not given back before its thread is counted


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _picture(data: bytes, format: FormatName, timing: Timing) -> Response:
    headers = {"Server-Timing": _server_timing(timing), "Cache-Control": "no-store"}
    return Response(data, media_type=MEDIA_TYPES[format], headers=headers)


def _download(
    made: FullResult, name: str, sitting: OpenPhoto, wishes: RenderRequest, timing: Timing
) -> Response:
    row = studio.result_format(sitting, wishes)
    answer = _picture(made.data, row.name, timing)
    answer.headers["Content-Disposition"] = attachment(name, row.suffixes)
    if made.notes:
        answer.headers[NOTES_HEADER] = list_notes(made.notes)
    return answer


def _server_timing(timing: Timing) -> str:
    return ", ".join(f"{name};dur={seconds * 1000:.1f}" for name, seconds in timing)
