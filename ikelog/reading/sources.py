"""Read a file or standard input into numbered lines, whatever its encoding and state."""

import gzip
import io
import os
import re
import sys
import zlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

STANDARD_INPUT = "-"
_ROTATED = re.compile(r"(?P<stem>.+?)(?:\.(?P<number>\d{1,4}))?(?:\.gz)?$")


class UnreadableSource(Exception):
    """A source that cannot be read: says what and where in one line."""


@dataclass(frozen=True)
class SourceText:
    """A source as text.

    `notes` say what was odd: NUL bytes, a broken compression, bytes of no encoding. `interrupted` tells that the user
    stopped the reading.
    """

    name: str
    text: str
    encoding: str
    notes: tuple[str, ...] = ()
    interrupted: bool = False

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines, without their newlines."""
        lines = self.text.split("\n")
        return tuple(lines if lines[-1] else lines[:-1])


def read_source(path: str) -> SourceText:
    """Read the file `path`, or standard input for `-`; raises UnreadableSource."""
    if path == STANDARD_INPUT:
        return _read_standard_input()
    try:
        return text_source(path, Path(path).read_bytes())
    except IsADirectoryError:
        raise UnreadableSource(f"{path}: is a directory; name the files in it") from None
    except FileNotFoundError:
        raise UnreadableSource(f"{path}: no such file") from None
    except OSError as error:
        raise UnreadableSource(f"{path}: {error.strerror or error}") from None


def _read_standard_input() -> SourceText:
    """Read standard input to its end, or to the interrupt: what was pasted so far is worth an answer."""
    blocks: list[bytes] = []
    interrupted = False
    try:
        while block := os.read(sys.stdin.fileno(), 1 << 20):
            blocks.append(block)
    except KeyboardInterrupt:
        interrupted = True
    return replace(text_source("<stdin>", b"".join(blocks)), interrupted=interrupted)


def text_source(name: str, data: bytes) -> SourceText:
    """Decode what a source holds. A line ends at LF and at nothing else, as `sed -n Np` counts."""
    notes: list[str] = []
    if data.startswith(b"\x1f\x8b"):
        data = _expand(data, notes)
    text, encoding = _decode(data, notes)
    return SourceText(name, text, encoding, tuple(notes))


def _expand(data: bytes, notes: list[str]) -> bytes:
    """Decompress gzip; what comes before a break is kept."""
    out = io.BytesIO()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            while block := stream.read(1 << 20):
                out.write(block)
    except (EOFError, OSError, zlib.error):
        notes.append("the gzip data break off; what came before was read")
    return out.getvalue()


def _decode(data: bytes, notes: list[str]) -> tuple[str, str]:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            return data[2:].decode(encoding, "replace"), "utf-16"
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    if b"\0" in data:
        notes.append("holds NUL bytes; they were kept as characters of their lines")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        notes.append(f"not UTF-8 at line {line}; read as Latin-1")
        return data.decode("latin-1"), "latin-1"


def stream_name(name: str) -> str:
    """Return the name that a device's rotated logs share: `a.log` of `a.log`, `a.log.1` and `a.log.2.gz`."""
    found = _ROTATED.fullmatch(name)
    return found["stem"] if found else name


def rotation(name: str) -> int:
    """Return how old a rotated log is by its name: 2 of `a.log.2.gz`, 0 of `a.log`."""
    found = _ROTATED.fullmatch(name)
    return int(found["number"]) if found and found["number"] else 0
