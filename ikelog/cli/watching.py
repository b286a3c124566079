"""What `ikelog watch` does, once it is known with which options."""

import os
import shlex
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

import click

from ikelog.cli import options
from ikelog.cli.inputs import say_nothing_recognised
from ikelog.cli.output import say, wants_colour, width_of, write_utf8, writing
from ikelog.cli.status import INTERRUPTED, NOTHING_RECOGNISED
from ikelog.reading.sources import STANDARD_INPUT, UnreadableSource
from ikelog.reporting.layout import build_page
from ikelog.watch.ahead import Ahead
from ikelog.watch.follower import Follower
from ikelog.watch.hook import Hook
from ikelog.watch.pipe import Pipe
from ikelog.watch.printing import JsonLines, Lines
from ikelog.watch.tail import Tail
from ikelog.watch.types import News, Patience
from ikelog.watch.watching import watch
from ikelog.watch.window import Window

_FILTERS = ("peer", "spi", "device", "since", "until", "tz", "year", "platform", "select", "ignore", "audit")


def watch_file(file: str, given: Mapping[str, Any]) -> int:
    """Follow a file or standard input until it ends or the user ends it; return the exit status."""
    wanted = options.pipeline_options(**{key: given[key] for key in _FILTERS})
    command = _command(given["hook"])
    reader = _reader(file, new_only=given["new_only"])
    follower = Follower(Window(_name(file)), wanted, Patience(given["settle"], given["patience"]))
    with writing(given["output"]) as out, _stopping() as stop:
        sinks = [_shown(out, follower, given)]
        tell = getattr(sinks[0], "say", say)
        if command:
            sinks.append(Hook(command, given["exec_timeout"], tell))
        if file != STANDARD_INPUT:
            _say_waiting(file, tell)
        try:
            watch(reader, follower, [_Only(sink, given["only"]) for sink in sinks], stop=stop.asked, say=tell)
        except UnreadableSource as error:
            raise click.ClickException(str(error)) from None
        finally:
            for sink in sinks:
                sink.close()
            reader.close()
    return _status(follower, stop)


def _status(follower: Follower, stop: "_Stop") -> int:
    if stop.by == signal.SIGINT:
        return INTERRUPTED
    if follower.has_ike_lines or stop.asked.is_set():
        return 0
    say_nothing_recognised(follower.window.text())
    return NOTHING_RECOGNISED


def _name(file: str) -> str:
    return "<stdin>" if file == STANDARD_INPUT else file


def _reader(file: str, *, new_only: bool) -> Ahead | Pipe:
    if file != STANDARD_INPUT:
        return Ahead(Tail(file, new_only=new_only))
    if sys.stdin is None:
        raise click.ClickException("standard input: is closed")
    if sys.stdin.isatty():
        say("paste the debug output; Ctrl-D on a line of its own ends it")
    return Pipe(sys.stdin.fileno())


def _say_waiting(file: str, tell: Callable[[str], None]) -> None:
    if not os.path.lexists(file):
        folder = os.path.dirname(file) or "."
        if not os.path.isdir(folder):
            raise click.ClickException(f"{file}: no such folder")
        tell(f"{file}: not there yet; waiting for it")


def _command(text: str | None) -> list[str]:
    """Cut the hook's command into words as a shell would; raises click.UsageError."""
    if text is None:
        return []
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise click.UsageError(f"--exec {text}: {error}".rstrip(".").lower()) from None
    if not words or shutil.which(words[0]) is None:
        raise click.UsageError(f"--exec {text}: no such command")
    return words


def _shown(out: TextIO, follower: Follower, given: Mapping[str, Any]) -> Any:
    """Return what prints: JSON, a terminal's table with the news above it, or plain lines."""
    if given["is_json"]:
        write_utf8(out)
        return JsonLines(out)
    page = build_page(width_of(out), colour=wants_colour(given["color"], out), verbose=given["verbose"])
    if out.isatty() and os.environ.get("TERM") != "dumb":
        from ikelog.watch.screen import Screen  # only a terminal needs rich

        return Screen(out, page, name=follower.window.name, is_brief=given["quiet"])
    return Lines(out, page, is_brief=given["quiet"])


class _Only:
    """Passes on what was asked for; all, where nothing was."""

    def __init__(self, sink: Any, only: tuple[str, ...]) -> None:
        self.sink = sink
        self.only = only

    def tell(self, news: News) -> None:
        if not self.only or news.event in self.only:
            self.sink.tell(news)

    def show(self, follower: Follower) -> None:
        self.sink.show(follower)


class _Stop:
    """Whether the user, or the system, has asked for the end, and how."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.by: int | None = None


@contextmanager
def _stopping() -> Iterator[_Stop]:
    """Let Ctrl-C and SIGTERM ask for the end, so that what is under way can be told; a second one ends at once."""
    stop = _Stop()

    def ask(number: int, _: object) -> None:
        if stop.asked.is_set():
            raise KeyboardInterrupt
        stop.by = number
        stop.asked.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
