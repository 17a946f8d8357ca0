"""The routes under /v1/films: a film is sent, asked about, and fetched."""

from pathlib import PurePosixPath

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from colorify.extras import EXTRAS
from colorify.options import ColorOptions
from colorify.server.download import attachment
from colorify.server.films import FilmJob, Films, has_films, render_frame
from colorify.server.job_queue import JobQueue
from colorify.server.problems import NO_FILMS, NOT_FOUND, RefusalError, documented
from colorify.server.schemas import FilmRequest, FilmStatus, image_schema, read_form
from colorify.server.upload import read_upload

ERRORS = documented(400, 401, 403, 404, 421, 503)


class FilmApi:
    """All that the routes share."""

    def __init__(self, films: Films, queue: JobQueue) -> None:
        self.films, self.queue = films, queue

    def routes(self) -> APIRouter:
        """Return the table of what can be asked."""
        router = APIRouter(prefix="/v1/films")
        router.add_api_route(
            "",
            self.open_film,
            methods=["POST"],
            status_code=201,
            responses=ERRORS | documented(408, 411, 413, 415, 422, 501),
            openapi_extra=image_schema(FilmRequest),
        )
        router.add_api_route("/{id}", self.status, methods=["GET"], responses=ERRORS)
        router.add_api_route("/{id}", self.close_film, methods=["DELETE"], status_code=204, responses=ERRORS)
        for path, call in (("/{id}/frame", self.frame), ("/{id}/result", self.result)):
            router.add_api_route(path, call, methods=["GET"], responses=ERRORS, response_class=Response)
        return router

    async def open_film(self, request: Request) -> FilmStatus:
        """Send a film as `image`, with `strength` and `vividness` if you like; it waits for its turn."""
        if not has_films():
            raise RefusalError(
                NO_FILMS, f"Where this server runs, type: pip install {' '.join(EXTRAS['video'])}"
            )
        async with self.queue.place():
            upload = await read_upload(request)
            options = read_form(FilmRequest, upload.fields)
            colors = ColorOptions(strength=options.strength, vividness=options.vividness)
            job = self.films.add(upload.name, upload.data, colors)
        return _status(job)

    async def status(self, id: str) -> FilmStatus:
        """Say how far a film is. One that nobody asks about is forgotten.

        At work after 5 minutes, done after 30.
        """
        return _status(self.films.get(id))

    async def frame(self, id: str) -> Response:
        """Return the frame that was coloured last, as it will be: a small JPEG; 204 where there is none."""
        job = self.films.get(id)
        async with self.queue.place():
            data, _ = await self.queue.run(lambda _task: render_frame(job))
        if data is None:
            return Response(status_code=204)
        return Response(data, media_type="image/jpeg", headers={"Cache-Control": "no-store"})

    async def result(self, id: str) -> Response:
        """Return the film in colour."""
        job = self.films.get(id)
        target = job.progress.target
        if target is None:
            raise RefusalError(NOT_FOUND, "This film is not done.")
        name = attachment(job.name, (target.suffix,))
        headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
        return FileResponse(target, headers=headers)

    async def close_film(self, id: str) -> Response:
        """Give a film up, and forget it."""
        self.films.delete(id)
        return Response(status_code=204)


def _status(job: FilmJob) -> FilmStatus:
    progress = job.progress
    return FilmStatus(
        id=job.id,
        name=PurePosixPath(job.name).name,
        state=progress.state,
        frames=progress.frames,
        total=progress.total,
        seconds_left=progress.seconds_left,
        error=progress.error,
        result_suffix=progress.target.suffix if progress.target else "",
        notes=list(progress.notes),
    )
