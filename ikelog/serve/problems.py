"""What went wrong with a request, as RFC 9457 has it."""

import json
from http import HTTPStatus

from starlette.responses import Response

TYPE = "application/problem+json"


class Refused(Exception):
    """A request that is not answered with what it asks for."""

    def __init__(self, status: int, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


def problem(status: int, detail: str, **headers: str) -> Response:
    """Return a problem as the answer to a request. Names of headers have `_` for `-`."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(json.dumps(body) + "\n", status, named, TYPE)
