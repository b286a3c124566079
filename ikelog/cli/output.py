"""Where a command writes to, and what that can show."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


@contextmanager
def writing(path: str | None) -> Iterator[TextIO]:
    """Open what a command writes to: a file in UTF-8, else standard output. Raises click.UsageError."""
    if path is None or path == "-":
        yield sys.stdout
        return
    try:
        with open(path, "w", encoding="utf-8") as stream:
            yield stream
    except OSError as error:
        from click import UsageError

        raise UsageError(f"{path}: {error.strerror}") from None


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
