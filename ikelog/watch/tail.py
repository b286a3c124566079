"""What a growing file holds that was not read yet: through rotation by rename and by copy, truncation, deletion."""

import os
import stat
from collections import deque
from typing import BinaryIO

from ikelog.reading.formats import format_of
from ikelog.reading.sources import UnreadableSource, rotation, stream_name
from ikelog.record import record

# So much is read at a time: enough to be fast, little enough to be analysed at once.
BLOCK = 1 << 20
# So many bytes in front of the place that was read up to tell whether the file is still the same one.
_REMEMBERED = 1024


@record
class Piece:
    """Bytes of a log, in order.

    `begins` tells that a file begins with them: its lines count from 1, behind the `passed` lines that are passed over.
    `before` is the name that the file has now which was read until then, where it is known.
    """

    name: str
    data: bytes
    begins: bool = False
    before: str | None = None
    passed: int = 0


class _Open:
    """A file being read, `position` bytes of it so far; `last` are the last of those."""

    def __init__(self, path: str, stream: BinaryIO, before: str | None = None) -> None:
        self.path = path
        self.stream = stream
        self.before = before
        self.begins = True
        self.passed = 0
        self.position = 0
        self.last = b""
        self.is_pipe = stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode)


class Tail:
    """Reads what comes to a file; `new_only` passes over what it held at first.

    `read` never waits: whoever calls it does, when there was nothing.
    """

    def __init__(self, path: str, *, new_only: bool = False) -> None:
        self.path = path
        self._files: deque[_Open] = deque()
        self._new_only = new_only
        self._seen = False
        self._replaced = False

    def read(self) -> Piece | None:
        """Return the next bytes, None where there are none now; raises UnreadableSource."""
        if not self._files and not self._begin():
            return None
        file = self._files[0]
        if not file.is_pipe and not _is_same(file):
            return self._restart(file)
        if data := _read(file):
            self._replaced = False
            return _piece(file, data)
        return self._read_behind() if self._is_over() else None

    def close(self) -> None:
        """Close what is open."""
        while self._files:
            self._files.popleft().stream.close()

    def _begin(self) -> bool:
        stream = _opened(self.path)
        if stream is None:
            self._new_only = self._new_only and self._seen  # what comes later is new as a whole
            return False
        file = _Open(self.path, stream)
        if self._new_only and not file.is_pipe:
            _pass_over(file)
        self._files.append(file)
        self._seen, self._new_only = True, False
        return True

    def _restart(self, file: _Open) -> Piece | None:
        """Begin a file anew that was truncated; what it had held that was not read yet stands in the copy of it."""
        name, missed = _rest_in_copy(file)
        kept = Piece(file.path, missed) if missed else None
        file.stream.seek(0)
        file.begins, file.before, file.passed, file.position, file.last = True, name, 0, 0, b""
        return kept or self.read()

    def _is_over(self) -> bool:
        """Tell whether another file has the name now, and nothing has come to the old one since that was seen first."""
        if len(self._files) > 1:
            return True
        file = self._files[0]
        if file.is_pipe:
            return False
        try:
            if os.path.samestat(os.stat(self.path), os.fstat(file.stream.fileno())):
                return False
        except OSError:  # moved away, and the new one is not there yet
            return False
        was_seen, self._replaced = self._replaced, True  # a writer may not have let go of the old one yet
        return was_seen

    def _read_behind(self) -> Piece | None:
        if len(self._files) == 1:
            self._files.extend(_successors(self.path, self._files[0]))
        if len(self._files) > 1:
            self._files.popleft().stream.close()
        self._replaced = False
        return self.read() if self._files[0].begins else None


def _opened(path: str) -> BinaryIO | None:
    """Open a file or a named pipe; None where there is none yet."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        return open(descriptor, "rb", buffering=0)
    except FileNotFoundError:
        return None
    except IsADirectoryError:
        raise UnreadableSource(f"{path}: is a directory; name a file in it") from None
    except OSError as error:
        raise UnreadableSource(f"{path}: {error.strerror or error}") from None


def _read(file: _Open) -> bytes:
    try:
        data = file.stream.read(BLOCK) or b""
    except OSError as error:
        raise UnreadableSource(f"{file.path}: {error.strerror or error}") from None
    form = format_of(data[:512]) if file.position == 0 else None
    if form is not None:
        raise UnreadableSource(f"{file.path}: is {form} data, and no log that grows; `ikelog batch` reads it")
    file.position += len(data)
    file.last = (file.last + data)[-_REMEMBERED:]
    return data


def _piece(file: _Open, data: bytes) -> Piece:
    piece = Piece(file.path, data, file.begins, file.before, file.passed)
    file.begins, file.before, file.passed = False, None, 0
    return piece


def _pass_over(file: _Open) -> None:
    """Go to the end of what a file holds, counting its lines."""
    while data := file.stream.read(BLOCK):
        file.passed += data.count(b"\n")
        file.position += len(data)
        file.last = (file.last + data)[-_REMEMBERED:]


def _is_same(file: _Open) -> bool:
    """Tell whether a file still holds what was read last of it, where that stood."""
    if not file.position:
        return True
    if os.fstat(file.stream.fileno()).st_size < file.position:
        return False
    same = _bytes_before(file.stream, file.position, len(file.last)) == file.last
    file.stream.seek(file.position)
    return same


def _bytes_before(stream: BinaryIO, place: int, number: int = _REMEMBERED) -> bytes:
    begin = max(place - number, 0)
    stream.seek(begin)
    return stream.read(place - begin)


def _rest_in_copy(file: _Open) -> tuple[str | None, bytes]:
    """Return the copy that was made of a file before it was truncated, and what of it was not read."""
    for path in _siblings(file.path):
        try:
            with open(path, "rb") as copy:
                if file.last and _bytes_before(copy, file.position, len(file.last)) == file.last:
                    copy.seek(file.position)
                    return path, copy.read()
        except OSError:  # gone again, or not for us: another may be the copy
            continue
    return None, b""


def _successors(path: str, old: _Open) -> list[_Open]:
    """Open the files that a log went on in: those rotated since by number, oldest first, then the one of its name."""
    own = os.fstat(old.stream.fileno())
    rotated = sorted(_siblings(path), key=rotation)
    same = [name for name in rotated if _is_file(name, own)]
    between = [name for name in rotated if same and rotation(name) < rotation(same[0])]
    opened = [(name, stream) for name in [*reversed(between), path] if (stream := _opened(name)) is not None]
    moved = same[0] if same else None
    return [
        _Open(name, stream, moved if place == 0 else opened[place - 1][0])
        for place, (name, stream) in enumerate(opened)
    ]


def _is_file(path: str, known: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(path), known)
    except OSError:
        return False


def _siblings(path: str) -> list[str]:
    """Return the rotated files of a log that are not compressed, as `edge.log.1`."""
    folder, name = os.path.split(path)
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return []
    return [
        os.path.join(folder, other)
        for other in names
        if other != name and not other.endswith(".gz") and stream_name(other) == name
    ]
