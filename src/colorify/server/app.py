"""All of the server as one ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from colorify.colorizer import Colorizer
from colorify.heap import trim_heap
from colorify.server import problems
from colorify.server.api import Api
from colorify.server.connections import Connections
from colorify.server.download import NOTES_HEADER
from colorify.server.film_routes import FilmApi
from colorify.server.films import Films
from colorify.server.job_queue import AbandonedError, JobQueue
from colorify.server.middleware import RequestChecks
from colorify.server.prometheus import Metrics
from colorify.server.sessions import Sessions
from colorify.server.settings import Settings
from colorify.server.static import health_routes, page_routes

TIDY_SECONDS: Final = 5.0  # after which photos too old are dropped, and free memory is given back
CLIENT_GONE = 499  # nobody reads it; for the metrics


def create_app(
    settings: Settings, *, colorizer: Colorizer | None = None, connections: Connections | None = None
) -> FastAPI:
    """Build the application; it colours with `colorizer`, or loads the weights of the settings.

    `connections`: those of the server around it. When they are to be left, photos at work have their grace.
    Raises WeightsError, SetupError.
    """
    if connections is None:
        connections = Connections(settings.connections)
    colorizer = colorizer or Colorizer(settings.weights, threads=settings.threads, device=settings.device)
    queue = JobQueue(workers=settings.workers, waiting=settings.waiting, seconds=settings.seconds)
    metrics, api = Metrics(), Api(settings, colorizer, queue)
    films = Films(settings)

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()

        def leave() -> None:
            loop.call_later(settings.grace_seconds, queue.end)

        connections.on_leave = leave
        tidying = asyncio.create_task(_tidy(queue, api.sessions, films))
        yield
        tidying.cancel()
        films.close()
        queue.close(wait=False)

    def figures() -> str:
        gauges = {
            "queue_places": queue.places,
            "queue_in_use": queue.in_use,
            "queue_orphans": queue.orphans,
            "connections": len(connections),
            "sessions": len(api.sessions),
            "session_bytes": api.sessions.bytes,
            "start_time_seconds": metrics.started,
        }
        counters = {
            "refused_busy_total": queue.refused,
            "connections_refused_total": connections.refused,
            "sessions_evicted_total": api.sessions.evicted,
        }
        return metrics.text(gauges, counters)

    app = FastAPI(
        title="Colorify",
        version=settings.version,
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # where to is made of the client's own `Host`
    )
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # the documented way to extend it
    problems.install(app)
    app.add_exception_handler(AbandonedError, _gone)
    app.include_router(api.routes())
    app.include_router(FilmApi(films, queue).routes())
    app.include_router(health_routes(lambda: queue.in_use < queue.places, figures))
    app.include_router(page_routes())
    app.add_middleware(RequestChecks, settings=settings, metrics=metrics)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Content-Disposition", "Location", "Retry-After", "Server-Timing", NOTES_HEADER],
        )
    return app


async def _tidy(queue: JobQueue, sessions: Sessions, films: Films) -> None:
    """Keep what is no longer needed for some seconds at the most, whether or not requests come."""
    previous = (0, 0)
    while True:
        await asyncio.sleep(TIDY_SECONDS)
        films.expire()
        now = (queue.done, len(sessions))  # which drops the sessions that are too old
        if now != previous and queue.in_use == 0:
            await asyncio.to_thread(trim_heap)
            previous = now


async def _gone(_request: object, _error: Exception) -> Response:
    return Response(status_code=CLIENT_GONE)


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schemas = schema.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = problems.SCHEMA
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        app.openapi_schema = schema
    return app.openapi_schema
