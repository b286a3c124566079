"""A part of a file as a file of its own."""

import io
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Window(io.RawIOBase):
    """`size` bytes of a file from `start` on; nothing is copied, and the file may be read elsewhere in between."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file, self._start, self._size = file, start, size
        self._place = 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """Any place in it can be gone to."""
        return True

    def tell(self) -> int:
        """Return the place in it."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place in it, none before its beginning, and return that."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("a place before the beginning")
        self._place = base + offset
        return self._place

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read what fits, and return how much that is."""
        view = memoryview(buffer)
        wanted = max(0, min(len(view), self._size - self._place))
        if not wanted:
            return 0
        self._file.seek(self._start + self._place)
        found = self._file.read(wanted)
        view[: len(found)] = found
        self._place += len(found)
        return len(found)


def window(file: BinaryIO, start: int, size: int) -> BinaryIO:
    """Return a part of a file as one that can be read in larger pieces than asked for."""
    return io.BufferedReader(Window(file, start, size), 1 << 16)
