"""The routes: the page, its parts, the examples, and the one question that it and scripts ask."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any, get_args

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ikelog.reporting import html
from ikelog.serve.body import read_logs
from ikelog.serve.examples import example, examples
from ikelog.serve.guard import Guard
from ikelog.serve.openapi import description
from ikelog.serve.problems import Refused, problem
from ikelog.serve.types import MEDIA_TYPES, Format, Job, Settings
from ikelog.serve.worker import Busy, Workers

_ASSETS = {"app.js": "text/javascript; charset=utf-8", "app.css": "text/css; charset=utf-8"}
_FLAGS = {"": True, "1": True, "true": True, "0": False, "false": False}


def build_application(settings: Settings) -> Guard:
    """Return the application: every request goes through the guard."""
    workers = Workers(settings)

    @asynccontextmanager
    async def ending(_: Starlette) -> AsyncIterator[None]:
        yield
        workers.close()

    async def analyze(request: Request) -> Response:
        return await _analyze(request, settings, workers)

    routes = [
        Route("/", _page),
        Route("/static/{name}", _asset),
        Route("/api/v1/analyze", analyze, methods=["POST"]),
        Route("/api/v1/openapi.json", _openapi),
        Route("/api/v1/examples", _examples),
        Route("/api/v1/examples/{name}", _example),
    ]
    handlers: dict[Any, Any] = {Refused: _refused, HTTPException: _http_error, Exception: _internal}
    return Guard(Starlette(routes=routes, exception_handlers=handlers, lifespan=ending), settings, policy())


def policy() -> str:
    """Return the Content-Security-Policy: the page's own files, and inside it the report's own script and style.

    The report is shown in a frame that has no origin, made from its text: it takes this policy over.
    """
    own = {"script-src": "'self'", "style-src": "'self'", "img-src": "'self'"}
    parts = [part.strip().partition(" ") for part in html.content_security_policy().split(";")]
    joined = [f"{name} {own[name]} {value}" if name in own else f"{name} {value}" for name, _, value in parts]
    return "; ".join([*joined, "connect-src 'self'", "frame-ancestors 'none'"])


async def _analyze(request: Request, settings: Settings, workers: Workers) -> Response:
    form = _format(request)
    job = Job(await read_logs(request, settings), form, _flag(request, "audit"), settings.body_bytes)
    try:
        answer = await workers.perform(job)
    except Busy:
        raise Refused(503, "too many analyses at once", Retry_After="5") from None
    except TimeoutError:
        raise Refused(504, f"not analysed after {settings.timeout_s:g} seconds; use `ikelog analyze`") from None
    if answer.status != 200:
        raise Refused(answer.status, answer.text)
    skipped = {"X-Ikelog-Skipped": _header("; ".join(answer.skipped))} if answer.skipped else None
    return Response(answer.text.encode("utf-8", "replace"), headers=skipped, media_type=MEDIA_TYPES[form])


def _format(request: Request) -> Format:
    name = request.query_params.get("format", "json")
    for form in get_args(Format):
        if name == form:
            found: Format = form
            return found
    raise Refused(400, f"format: must be one of {', '.join(get_args(Format))}")


def _flag(request: Request, name: str) -> bool:
    text = request.query_params.get(name, "0").lower()
    if text not in _FLAGS:
        raise Refused(400, f"{name}: must be true or false")
    return _FLAGS[text]


def _header(text: str) -> str:
    """Return a text as a header can carry it."""
    return text[:2000].encode("ascii", "backslashreplace").decode("ascii")


async def _page(_: Request) -> Response:
    return Response(_file("index.html"), media_type="text/html; charset=utf-8")


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _ASSETS:
        raise HTTPException(404)
    return Response(_file(name), media_type=_ASSETS[name])


async def _openapi(_: Request) -> Response:
    return Response(json.dumps(description()), media_type="application/json")


async def _examples(_: Request) -> Response:
    return JSONResponse([{"name": one.name, "title": one.title} for one in examples()])


async def _example(request: Request) -> Response:
    text = example(request.path_params["name"])
    if text is None:
        raise HTTPException(404)
    return Response(text, media_type="text/plain; charset=utf-8")


def _file(name: str) -> bytes:
    return files("ikelog.serve").joinpath("page", name).read_bytes()


async def _refused(_: Request, refused: Refused) -> Response:
    return problem(refused.status, refused.detail, **refused.headers)


async def _http_error(_: Request, error: HTTPException) -> Response:
    details = {404: "there is nothing at this address", 405: "not with this method"}
    headers = {name.replace("-", "_"): value for name, value in (error.headers or {}).items()}
    return problem(error.status_code, details.get(error.status_code, error.detail), **headers)


async def _internal(_: Request, error: Exception) -> Response:
    return problem(500, f"internal error: {type(error).__name__}")
