"""What a request brings: a log as it is, or several as the parts of a form. Nothing of it reaches a disk."""

import asyncio
from collections.abc import AsyncGenerator

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from ikelog.serve.problems import Refused
from ikelog.serve.types import Settings

_FILES = 200
_NAME_LENGTH = 200
# A client that takes longer to send what it has to send holds a place for nothing.
_SEND_S = 60.0


class _Parser(MultiPartParser):
    """Keeps files in memory, whatever their size: the request as a whole is limited."""

    spool_max_size = 1 << 62


async def read_logs(request: Request, settings: Settings) -> tuple[tuple[str, bytes], ...]:
    """Return the logs of a request, each with its name; raises Refused."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > settings.body_bytes:
        raise _too_large(settings)
    multipart = request.headers.get("content-type", "").lower().startswith("multipart/form-data")
    try:
        async with asyncio.timeout(_SEND_S):
            return await (_parts(request, settings) if multipart else _whole(request, settings))
    except TimeoutError:
        raise Refused(408, f"the request was not whole after {_SEND_S:.0f} seconds") from None
    except ClientDisconnect:
        raise Refused(400, "the request breaks off") from None


async def _whole(request: Request, settings: Settings) -> tuple[tuple[str, bytes], ...]:
    blocks = [block async for block in _limited(request, settings)]
    name = request.query_params.get("name", "")[:_NAME_LENGTH]
    return _not_empty([(name or "pasted", b"".join(blocks))])


async def _parts(request: Request, settings: Settings) -> tuple[tuple[str, bytes], ...]:
    parser = _Parser(
        request.headers,
        _limited(request, settings),
        max_files=_FILES,
        max_fields=_FILES,
        max_part_size=settings.body_bytes,
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError) as error:
        message = error.message if isinstance(error, MultiPartException) else "it has no boundary"
        raise Refused(400, f"the form cannot be read: {message}") from None
    try:
        return _not_empty([await _log(name, value) for name, value in form.multi_items()])
    finally:
        await form.close()


async def _log(field: str, value: UploadFile | str) -> tuple[str, bytes]:
    if isinstance(value, str):
        return ("pasted" if field == "text" else field[:_NAME_LENGTH]), value.encode("utf-8", "surrogateescape")
    return (value.filename or field)[:_NAME_LENGTH], await value.read()


def _not_empty(logs: list[tuple[str, bytes]]) -> tuple[tuple[str, bytes], ...]:
    found = tuple((name, data) for name, data in logs if data.strip())
    if not found:
        raise Refused(400, "there is nothing in the request: send a log as its body, or files as a form's parts")
    return found


async def _limited(request: Request, settings: Settings) -> AsyncGenerator[bytes, None]:
    size = 0
    async for block in request.stream():
        size += len(block)
        if size > settings.body_bytes:
            raise _too_large(settings)
        yield block


def _too_large(settings: Settings) -> Refused:
    return Refused(413, f"more than {settings.body_bytes / (1 << 20):g} MB; `ikelog serve --limit` takes more")
