"""What the page serves with, what it is asked, and what it answers."""

from typing import Literal

from ikelog.record import record

Format = Literal["json", "markdown", "text", "html"]
MEDIA_TYPES: dict[Format, str] = {
    "json": "application/json",
    "markdown": "text/markdown; charset=utf-8",
    "text": "text/plain; charset=utf-8",
    "html": "text/html; charset=utf-8",
}


@record
class Settings:
    """How to serve.

    `hosts` are the names that a request may call this machine by, beside its addresses where it listens on all of them
    (`any_address`). `token` is asked of every request, None of none. At most `body_bytes` are taken of a request, of
    archives in it eight times as much comes out; `timeout_s` is how long an analysis may take, `workers` how many
    analyses go on at a time, `waiting` how many requests wait for one.
    """

    hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "::1")
    any_address: bool = False
    token: str | None = None
    body_bytes: int = 64 << 20
    timeout_s: float = 60.0
    workers: int = 2
    waiting: int = 8


@record
class Job:
    """Logs to analyse, each with its name, and how the report is wanted. `body_bytes` is as in the settings."""

    logs: tuple[tuple[str, bytes], ...]
    format: Format = "json"
    audit: bool = False
    body_bytes: int = 64 << 20


@record
class Answer:
    """A report; or, with another status than 200, why there is none. `skipped` are the parts that were left out."""

    status: int
    text: str
    skipped: tuple[str, ...] = ()
