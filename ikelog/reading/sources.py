"""Read a file or standard input into numbered lines, whatever its encoding and state."""

import io
import os
import sys
from bisect import bisect_right
from functools import cached_property

from ikelog.reading.formats import ARCHIVES, COMPRESSED, format_of
from ikelog.record import open_record, replaced

STANDARD_INPUT = "-"
_STANDARD_INPUT_NAME = "<stdin>"
# Lines are found again from the beginning of a block of so many characters on.
_BLOCK = 1 << 13
# So many bytes tell an encoding; an even number of them.
_SAMPLE = 4096
# Longer numbers at the end of a file's name are dates.
_LONGEST_ROTATION = 4
# What programs that rotate logs add to the names of those that they compress.
_COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".zstd")
# A header of tar, the longest thing that a format is told by.
_BEGINNING = 512
# What compressed data may expand to, before they are taken for made up: as many times their size, and so many bytes.
_MOST_TIMES, _MOST_FREE = 500, 1 << 26


class UnreadableSource(Exception):
    """A source that cannot be read: says what and where in one line."""


@open_record
class SourceText:
    """A source as text.

    `notes` say what was odd: NUL bytes, a broken compression, bytes of no encoding. `interrupted` tells that the user
    stopped the reading, `undecoded` the first line with bytes that are none of UTF-8.
    """

    name: str
    text: str
    encoding: str
    notes: tuple[str, ...] = ()
    interrupted: bool = False
    undecoded: int | None = None

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines, without their newlines."""
        lines = self.text.split("\n")
        return tuple(lines if lines[-1] else lines[:-1])

    @property
    def count(self) -> int:
        """How many lines there are."""
        return self._blocks[-1][0] - 1

    def lines_from(self, first: int, last: int) -> list[str]:
        """Return the lines from one number to another, both included, without splitting all of a long text."""
        block, place = self._blocks[bisect_right(self._blocks, (first, len(self.text))) - 1]
        for _ in range(first - block):
            place = self.text.index("\n", place) + 1
        found: list[str] = []
        while len(found) <= last - first and place < len(self.text):
            end = self.text.find("\n", place)
            end = len(self.text) if end < 0 else end
            found.append(self.text[place:end])
            place = end + 1
        return found

    @cached_property
    def _blocks(self) -> list[tuple[int, int]]:
        """The number of the first line of each block, and its place; at last the number behind the last line."""
        blocks, number, place = [], 1, 0
        while place < len(self.text):
            blocks.append((number, place))
            end = self.text.find("\n", place + _BLOCK) + 1 or len(self.text)
            number += self.text.count("\n", place, end) + (end == len(self.text) and self.text[-1] != "\n")
            place = end
        return [*blocks, (number, place)]


def read_source(path: str) -> SourceText:
    """Read the file `path`, or standard input for `-`; raises UnreadableSource."""
    if path == STANDARD_INPUT:
        return _read_standard_input()
    try:
        with open(path, "rb") as stream:
            return text_source(path, stream.read())
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
    if sys.stdin is None:
        raise UnreadableSource("standard input: is closed")
    try:
        while block := os.read(sys.stdin.fileno(), 1 << 20):
            blocks.append(block)
    except KeyboardInterrupt:
        interrupted = True
    except OSError as error:
        raise UnreadableSource(f"standard input: {error.strerror or error}") from None
    return replaced(text_source(_STANDARD_INPUT_NAME, b"".join(blocks)), interrupted=interrupted)


def text_source(name: str, data: bytes | bytearray) -> SourceText:
    """Decode what a source holds; raises UnreadableSource for an archive.

    A line ends at LF and at nothing else, as `sed -n Np` counts.
    """
    notes: list[str] = []
    form = format_of(bytes(data[:_BEGINNING]))
    if form in _OPENERS:
        data = _expand(data, form, notes)
        form = format_of(data[:_BEGINNING])
    if form:
        what = "compressed data" if form in COMPRESSED else "an archive"
        path = STANDARD_INPUT if name == _STANDARD_INPUT_NAME else name
        read = f"; `ikelog batch {path}` reads the logs in it" if form in COMPRESSED | ARCHIVES else ""
        raise UnreadableSource(f"{name}: is {what} ({form}), no text{read}")
    text, encoding, undecoded = _decode(data, notes)
    return SourceText(name, text, encoding, tuple(notes), undecoded=undecoded)


# The modules of the standard library that read what is compressed, and the classes in them.
_OPENERS = {"gzip": ("gzip", "GzipFile"), "bzip2": ("bz2", "BZ2File"), "xz": ("lzma", "LZMAFile")}


def _expand(data: bytes | bytearray, form: str, notes: list[str]) -> bytes:
    """Decompress gzip, bzip2 or xz; what comes before a break is kept."""
    import lzma  # slow to import, as are its fellows, and few sources are compressed
    import zlib
    from importlib import import_module

    module, opener = _OPENERS[form]
    out, packed = io.BytesIO(), io.BytesIO(data)
    opened = getattr(import_module(module), opener)
    try:
        with opened(fileobj=packed) if form == "gzip" else opened(packed) as stream:
            while block := stream.read1():  # what is there so far: `read` would lose it where the data break off
                out.write(block)
                if out.tell() > _MOST_FREE + _MOST_TIMES * len(data):
                    notes.append(f"expands to more than {_MOST_TIMES} times its size; the rest was not read")
                    break
    except (EOFError, OSError, zlib.error, lzma.LZMAError):
        notes.append(f"the {form} data break off; what came before was read")
    return out.getvalue()


def _decode(data: bytes | bytearray, notes: list[str]) -> tuple[str, str, int | None]:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            return data[2:].decode(encoding, "replace"), "utf-16", None
    if b"\0" in data[:_SAMPLE] and (unmarked := _unmarked_utf16(data[:_SAMPLE])):
        return data.decode(unmarked, "replace"), "utf-16", None
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    if b"\0" in data:
        notes.append("holds NUL bytes; they were kept as characters of their lines")
    try:
        return data.decode("utf-8"), "utf-8", None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        notes.append(f"not UTF-8 at line {line}; read as Latin-1")
        return data.decode("latin-1"), "latin-1", line


def _unmarked_utf16(sample: bytes | bytearray) -> str | None:
    """Return the form of UTF-16 without its mark, as the end or a part of a file has it: half of its bytes are NUL."""
    high, low = sample[::2].count(0), sample[1::2].count(0)
    most = len(sample) // 2 * 9 // 10
    if low > most and not high:
        return "utf-16-le"
    return "utf-16-be" if high > most and not low else None


def stream_name(name: str) -> str:
    """Return the name that a device's rotated logs share: `a.log` of `a.log`, `a.log.1` and `a.log.2.gz`."""
    return _rotated(name)[0]


def rotation(name: str) -> int:
    """Return how old a rotated log is by its name: 2 of `a.log.2.gz`, 0 of `a.log`."""
    return _rotated(name)[1]


def _rotated(name: str) -> tuple[str, int]:
    ending = next((ending for ending in _COMPRESSED if name.endswith(ending)), "")
    plain = name.removesuffix(ending) or name
    stem, _, number = plain.rpartition(".")
    return (stem, int(number)) if stem and number.isdecimal() and len(number) <= _LONGEST_ROTATION else (plain, 0)
