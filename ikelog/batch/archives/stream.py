"""Bytes that are read forward, once."""

from collections.abc import Iterator
from typing import BinaryIO

from ikelog.reporting.safe import visible

BLOCK = 1 << 18
_LONGEST_DETAIL = 300


class Broken(Exception):
    """What ends a stream before its end: a code, and a line for a person."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, visible(" ".join(detail.split())[:_LONGEST_DETAIL])


class Stream:
    """Bytes that are read forward, once.

    What breaks them off is kept in `broken` and not raised, so that what came before counts.
    `size` is known of files and of most members. `file` gives the same bytes at any place, where there is such a one.
    """

    def __init__(self, blocks: Iterator[bytes], size: int | None = None, file: BinaryIO | None = None) -> None:
        self.size, self.file = size, file
        self.broken: Broken | None = None
        self.position = 0
        self._blocks = blocks
        self._ahead = b""

    def peek(self, count: int) -> bytes:
        """Return what comes next, at least `count` bytes if there are as many, and leave it there."""
        while len(self._ahead) < count and (block := self._next()):
            self._ahead += block
        return self._ahead

    def read(self, count: int = -1) -> bytes:
        """Return the next `count` bytes, fewer at the end only; all that are left where `count` is negative."""
        parts: list[bytes] = []
        wanted = count if count >= 0 else None
        while wanted != 0 and (block := self.block()):
            if wanted is not None:
                block = self._keep(block, wanted)
                wanted -= len(block)
            parts.append(block)
        return b"".join(parts)

    def block(self) -> bytes:
        """Return some of the next bytes; none at the end."""
        block, self._ahead = self._ahead or self._next(), b""
        self.position += len(block)
        return block

    def push_back(self, data: bytes) -> None:
        """Put back what was read too much."""
        self._ahead = data + self._ahead
        self.position -= len(data)

    def blocks(self) -> Iterator[bytes]:
        """Yield all that is left."""
        while block := self.block():
            yield block

    def whole(self) -> Iterator[bytes]:
        """Yield all that is left; raises Broken in the end where that is not all there should be."""
        yield from self.blocks()
        if self.broken:
            raise self.broken

    def tell(self) -> int:
        """Return how many bytes were read."""
        return self.position

    def _keep(self, block: bytes, count: int) -> bytes:
        if len(block) > count:
            self._ahead = block[count:]
            self.position -= len(self._ahead)
        return block[:count]

    def _next(self) -> bytes:
        try:
            for block in self._blocks:
                if block:
                    return block
        except Broken as broken:
            self.broken = broken
        except MemoryError:
            self.broken = Broken("needs_memory", "there is not enough memory to read it")
        except Exception as error:  # the libraries raise what they like on data that somebody has made up
            self.broken = Broken("corrupt", str(error) or type(error).__name__)
        self._blocks = iter(())
        return b""


def file_blocks(file: BinaryIO) -> Iterator[bytes]:
    """Yield what a file holds."""
    try:
        while block := file.read(BLOCK):
            yield block
    except OSError as error:
        raise Broken("unreadable", error.strerror or str(error)) from None
