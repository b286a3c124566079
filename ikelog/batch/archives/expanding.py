"""Decompress gzip, bzip2, xz and zstd block by block: no step makes more than a block, however little goes in."""

import bz2
import importlib
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from ikelog.batch.archives.stream import BLOCK, Broken, Stream
from ikelog.batch.limits import Limits

# So much is handed to a decompressor at once.
_STEP = 1 << 16
# So much where a step cannot be limited otherwise: it becomes a thousand times as much at most.
_PIECE = 240
# The mode of zlib in which it reads the header of gzip itself, and that without any header.
_GZIP, _RAW = 31, -15


class Decompressor(Protocol):
    """What the decompressors of bz2, lzma and zstd have in common."""

    @property
    def eof(self) -> bool:
        """Whether the end of the data was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether there is nothing left of what it was given."""

    @property
    def unused_data(self) -> bytes:
        """What came behind the end."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Return up to `max_length` bytes; what was not used of `data` is kept."""


class Inflater:
    """zlib's decompressor, to be used like the others."""

    def __init__(self, mode: int) -> None:
        self._inner = zlib.decompressobj(mode)
        self._full = False

    @property
    def eof(self) -> bool:
        """Whether the end of the data was reached."""
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        """What came behind the end."""
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        """Whether there is nothing left of what it was given."""
        return not self._full and not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Return up to `max_length` bytes; what was not used of `data` is kept."""
        found = self._inner.decompress(self._inner.unconsumed_tail + data, max(max_length, 0))
        self._full = len(found) == max_length  # there may be more without further input
        return found


class Inflater64:
    """inflate64's decompressor, to be used like the others; what comes behind the end is lost to it."""

    unused_data = b""

    def __init__(self) -> None:
        try:
            self._inner = importlib.import_module("inflate64").Inflater()
        except ImportError:
            raise Broken("needs_extra", "data that Windows compresses so; pip install 'ikelog[batch]'") from None
        self._data, self._place = b"", 0

    @property
    def eof(self) -> bool:
        """Whether the end of the data was reached."""
        return bool(self._inner.eof)

    @property
    def needs_input(self) -> bool:
        """Whether there is nothing left of what it was given."""
        return self._place >= len(self._data)

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Return what comes next, less than a block: so little is expanded at once."""
        if data:
            self._data, self._place = self._data[self._place :] + data, 0
        piece = self._data[self._place : self._place + _PIECE]
        self._place += len(piece)
        return bytes(self._inner.inflate(piece))


def expand(form: str, stream: Stream, limits: Limits) -> Iterator[bytes]:
    """Yield what a compressed stream holds, all of its parts; raises Broken behind what could be read."""
    make = _maker(form, limits)
    parts = 0
    while True:
        ahead = _behind_padding(stream) if parts else stream.peek(8)
        if parts and not ahead:
            return
        if parts and not _MAGIC[form](ahead):
            raise Broken("trailing_data", f"what stands behind the {form} data is none; it was left out")
        yield from expand_one(make(), stream, form)
        parts += 1


def expand_one(inner: Decompressor, stream: Stream, form: str) -> Iterator[bytes]:
    """Yield what one run of compressed data holds, and leave in the stream what stands behind it; raises Broken."""
    data = b""
    while not inner.eof:
        if inner.needs_input:
            data = stream.read(_STEP)
            if not data:
                raise stream.broken or Broken("truncated", f"the {form} data break off; what came before was read")
        found = _step(inner, data, form)
        data = b""
        if found:
            yield found
    stream.push_back(inner.unused_data)


def _step(inner: Decompressor, data: bytes, form: str) -> bytes:
    try:
        return inner.decompress(data, BLOCK)
    except lzma.LZMAError as error:
        if "emory" in str(error):
            raise Broken("needs_memory", f"the {form} data need more memory than allowed to be read") from None
        raise Broken("corrupt", f"the {form} data are damaged: {error}") from None
    except Exception as error:  # each library has its own
        if "emory" in str(error):
            raise Broken("needs_memory", f"the {form} data need more memory than allowed to be read") from None
        raise Broken("corrupt", f"the {form} data are damaged: {error}") from None


def _behind_padding(stream: Stream) -> bytes:
    """Leave out the zeros that tapes and block devices fill up with, and return what comes next."""
    while (ahead := stream.peek(8)) and not ahead.strip(b"\0"):
        stream.block()
    zeros = len(ahead) - len(ahead.lstrip(b"\0"))
    stream.read(zeros)
    return stream.peek(8)


_MAGIC: dict[str, Callable[[bytes], bool]] = {
    "gzip": lambda ahead: ahead.startswith(b"\x1f\x8b"),
    "bzip2": lambda ahead: ahead.startswith(b"BZh"),
    "xz": lambda ahead: ahead.startswith(b"\xfd7zXZ"),
    "zstd": lambda ahead: ahead[1:4] in (b"\xb5\x2f\xfd", b"\x2a\x4d\x18"),
}


def _maker(form: str, limits: Limits) -> Callable[[], Decompressor]:
    if form == "gzip":
        return lambda: Inflater(_GZIP)
    if form == "bzip2":
        return bz2.BZ2Decompressor
    if form == "xz":
        return lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=limits.memory_bytes)
    return zstd_maker(limits)


def inflater() -> Decompressor:
    """Return a decompressor of deflated data without a header, as zip archives hold them."""
    return Inflater(_RAW)


def zstd_maker(limits: Limits) -> Callable[[], Decompressor]:
    """Return what makes decompressors of zstd; raises Broken where there is no library for it."""
    zstd = _zstd()
    window = {zstd.DecompressionParameter.window_log_max: limits.memory_bytes.bit_length() - 1}
    return lambda: zstd.ZstdDecompressor(options=window)


def _zstd() -> Any:
    for name in ("compression.zstd", "backports.zstd"):  # the standard library has it since Python 3.14
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise Broken("needs_extra", "zstd data; to read them: pip install 'ikelog[batch]'")
