"""The lines of a growing log that are still of use, each with the place where it stands."""

import codecs
from bisect import bisect_right

from ikelog.reading.sources import SourceText
from ikelog.watch.tail import Piece

# A line without an end is cut here: nothing that devices write is nearly as long.
LONGEST_LINE = 1 << 20


class Window:
    """Lines of a log, counted from 0 over all files that it ever was; those before `first` are forgotten.

    `name` is the log's. `end` is the count of the lines so far. What was read when is known in steps of a block.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.first = 0
        self._lines: list[str] = []
        self._files: list[tuple[int, str, int]] = []
        self._read: list[tuple[int, float]] = []
        self._partial = b""
        self._decode: codecs.IncrementalDecoder | None = None
        self._is_blank = True

    @property
    def end(self) -> int:
        """How many lines there were so far, forgotten ones too."""
        return self.first + len(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, piece: Piece, now: float) -> None:
        """Take bytes, read at the time `now` in seconds; a line counts once it has its end."""
        if piece.begins or not self._files:
            self._begin(piece, now)
        data = piece.data if self._decode is None else self._decode.decode(piece.data).encode("utf-8", "replace")
        if self._is_blank:  # truncated under a writer that goes on at its old place: a hole of NULs comes first
            data = data.lstrip(b"\0")
            self._is_blank = not data
        data = self._partial + data
        whole, self._partial = _whole_lines(data)
        if whole:
            self._read.append((self.end, now))
            self._lines.extend(_decoded(whole).split("\n")[:-1])

    def finish(self, now: float) -> None:
        """Take what is left of a line without an end: there will be none."""
        if self._partial:
            self._read.append((self.end, now))
            self._lines.append(_decoded(self._partial))
            self._partial = b""

    def text(self) -> SourceText:
        """Return the lines as a source, in which they count from 1."""
        return SourceText(self.name, "".join([line + "\n" for line in self._lines]), "utf-8")

    def place(self, line: int) -> tuple[str, int]:
        """Return the file that a line, counted from 0, stands in, and its number there."""
        begin, name, number = self._files[max(bisect_right(self._files, line, key=lambda file: file[0]) - 1, 0)]
        return name, number + line - begin

    def read_at(self, line: int) -> float:
        """Return when a line, counted from 0, was read."""
        return self._read[max(bisect_right(self._read, line, key=lambda block: block[0]) - 1, 0)][1]

    def forget(self, first: int) -> None:
        """Forget the lines before `first`."""
        del self._lines[: max(first - self.first, 0)]
        self.first = max(first, self.first)
        del self._files[: max(bisect_right(self._files, self.first, key=lambda file: file[0]) - 1, 0)]
        del self._read[: max(bisect_right(self._read, self.first, key=lambda block: block[0]) - 1, 0)]

    def _begin(self, piece: Piece, now: float) -> None:
        """Begin with a file; the one before, which ends, may have another name now."""
        self.finish(now)
        if piece.before is not None and self._files:
            begin, _, number = self._files[-1]
            self._files[-1] = begin, piece.before, number
        self._files.append((self.end, piece.name, piece.passed + 1))
        wide = piece.data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        self._decode = codecs.getincrementaldecoder("utf-16")("replace") if wide else None
        self._is_blank = True


def _whole_lines(data: bytes) -> tuple[bytes, bytes]:
    """Cut behind the last line that has its end; a part of a line that is too long for one is one."""
    end = data.rfind(b"\n") + 1
    if len(data) - end > LONGEST_LINE:
        return data + b"\n", b""
    return data[:end], data[end:]


def _decoded(lines: bytes) -> str:
    """Decode lines from UTF-8; of those with other bytes each is Latin-1 on its own."""
    lines = lines.removeprefix(codecs.BOM_UTF8)
    try:
        return lines.decode("utf-8")
    except UnicodeDecodeError:
        return "\n".join(map(_decoded_line, lines.split(b"\n")))


def _decoded_line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")
