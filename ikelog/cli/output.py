"""Where a command writes to, and what that can show."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import TextIO

from ikelog.cli.status import USAGE


def say(text: str) -> None:
    """Say one line on standard error: names of files may hold newlines and escape sequences."""
    if sys.stderr is None:  # closed by the caller; `print` would take standard output for it
        return
    from ikelog.reporting.safe import visible  # most calls have nothing to say

    print(visible(f"ikelog: {text}"), file=sys.stderr)


@contextmanager
def writing(path: str | None) -> Iterator[TextIO]:
    """Open what a command writes to: a file in UTF-8, else standard output. Raises click.UsageError."""
    if path is None or path == "-":
        with _standard_output() as stream:
            yield stream
        return
    try:
        with open(path, "w", encoding="utf-8") as stream:
            yield stream
    except OSError as error:
        from click import UsageError

        raise UsageError(f"{path}: {error.strerror}") from None


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    """Give standard output; one that cannot be written, closed or on a full disk, ends the command with 2."""
    if sys.stdout is None:
        say("standard output: is closed")
        raise SystemExit(USAGE)
    try:
        yield sys.stdout
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        discard_output()
        say(f"standard output: {error.strerror}")
        raise SystemExit(USAGE) from None


def discard_output() -> None:
    """Let what is still to be written to standard output go nowhere, at exit too: nobody can take it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_utf8(stream: TextIO) -> None:
    """Make a stream UTF-8, as what is read by programs and pages has to be, whatever the terminal takes."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(encoding="utf-8")


def wants_colour(choice: str, stream: TextIO) -> bool:
    """Tell whether to colour: the flag, then NO_COLOR, FORCE_COLOR and TERM, then whether it is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def width_of(stream: TextIO) -> int:
    """Return the columns of a terminal; 0, no wrapping, for anything else."""
    if not stream.isatty():
        return 0
    from shutil import get_terminal_size  # brings along the modules of four kinds of archives

    return get_terminal_size().columns
