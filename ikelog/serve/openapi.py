"""The description of the API for scripts (OpenAPI 3.1)."""

import json
from http import HTTPStatus
from typing import Any, get_args

from ikelog import __version__
from ikelog.reporting.json_report import schema
from ikelog.serve.problems import TYPE
from ikelog.serve.types import MEDIA_TYPES, Format

_REFUSALS = {
    400: "Nothing in the request, or a parameter or form that cannot be read",
    401: "No token, where one is needed",
    403: "A page of another site asks",
    408: "The request took too long to send",
    413: "More than the server takes",
    421: "A host name that is none of the server's",
    422: "Not one IKE or IPsec line, or nothing that can be read",
    500: "Internal error",
    503: "Too many analyses at once",
    504: "The analysis took too long",
}


def description() -> dict[str, Any]:
    """Return the description as JSON's own types."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ikelog",
            "version": __version__,
            "description": "Explains why an IPsec VPN does not come up: send logs, get the report. Nothing is stored.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"token": []}],
        "paths": {
            "/api/v1/analyze": {"post": _analyze()},
            "/api/v1/examples": {"get": _examples()},
            "/api/v1/examples/{name}": {"get": _example()},
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Report": _report_schema(), "Problem": _PROBLEM},
        },
    }


def _analyze() -> dict[str, Any]:
    binary: dict[str, Any] = {"schema": {}}
    files = {"type": "object", "additionalProperties": {"type": "array", "items": {}}}
    return {
        "operationId": "analyze",
        "summary": "Analyse a log, or several, or archives of them",
        "parameters": [
            _query("format", "How the report is wanted", {"enum": list(get_args(Format)), "default": "json"}),
            _query("audit", "Report weak algorithms too (IKE6xx)", {"type": "boolean", "default": False}),
            _query("name", "What a log that is the body is called in the report", {"type": "string", "maxLength": 200}),
        ],
        "requestBody": {
            "required": True,
            "description": "A log, compressed file or archive as it is, or several as the files of a form",
            "content": {
                "text/plain": {"schema": {"type": "string"}},
                "application/octet-stream": binary,
                "multipart/form-data": {"schema": files},
            },
        },
        "responses": {"200": _report(), **_problems(*_REFUSALS)},
    }


def _report() -> dict[str, Any]:
    text = {"schema": {"type": "string"}}
    types = {name.partition(";")[0]: text for form, name in MEDIA_TYPES.items() if form != "json"}
    skipped = {"description": "The parts that were left out, and why", "schema": {"type": "string"}}
    return {
        "description": "The report",
        "headers": {"X-Ikelog-Skipped": skipped},
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Report"}}, **types},
    }


def _examples() -> dict[str, Any]:
    one = {"type": "object", "properties": {"name": {"type": "string"}, "title": {"type": "string"}}}
    content = {"application/json": {"schema": {"type": "array", "items": one}}}
    return {
        "operationId": "examples",
        "summary": "The logs to try that come with ikelog",
        "responses": {"200": {"description": "Their names and titles", "content": content}, **_problems(401, 421)},
    }


def _example() -> dict[str, Any]:
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    content = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "operationId": "example",
        "summary": "A log to try",
        "parameters": [name],
        "responses": {"200": {"description": "The log", "content": content}, **_problems(401, 404, 421)},
    }


def _query(name: str, text: str, shape: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": text, "schema": shape}


def _problems(*statuses: int) -> dict[str, Any]:
    content = {TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        str(status): {"description": _REFUSALS.get(status, HTTPStatus(status).phrase), "content": content}
        for status in statuses
    }


_PROBLEM = {
    "description": "RFC 9457",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}


def _report_schema() -> dict[str, Any]:
    """Return the report's own schema; what it refers to inside itself is found from the description's root."""
    found: dict[str, Any] = json.loads(schema().replace('"#/$defs/', '"#/components/schemas/Report/$defs/'))
    return found
