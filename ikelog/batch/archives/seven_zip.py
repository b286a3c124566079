"""Read 7z archives: py7zr reads the table of contents and decompresses, step by step as it is asked for."""

import importlib
import stat
import zlib
from collections.abc import Iterator
from struct import unpack
from typing import Any, BinaryIO

from ikelog.batch.archives.entry import Entry
from ikelog.batch.archives.stream import BLOCK, Broken, Stream
from ikelog.batch.limits import Limits, Stop

# The methods whose properties say how much memory they need; AES.
_LZMA2, _LZMA, _PPMD = b"\x21", b"\x03\x01\x01", b"\x03\x04\x01"
_AES = b"\x06\xf1\x07\x01"
# So much is handed to a decompressor at once: deflated data can become a thousand times as much.
_STEP = 1 << 12
_NOT_KNOWN = "compressed by a method that is not read, such as BCJ2"
_SPECIAL = {stat.S_IFLNK: ("link", "a symbolic link"), stat.S_IFIFO: ("fifo", "a named pipe")}


def seven_zip_entries(file: BinaryIO, limits: Limits) -> Iterator[Entry]:
    """Yield the members of a 7z archive in the order of their data; raises Broken where it cannot be read."""
    archive = _opened(file)
    if len(archive.files) > limits.members:
        raise Broken("too_many", f"has more than {limits.members} members")
    for member in archive.files:
        if member.emptystream and not member.is_directory:
            yield Entry(member.filename, Stream(iter(())), _special(member))
    streams = getattr(archive.header, "main_streams", None)
    if streams is None:
        return
    begin = archive.afterheader + streams.packinfo.packpos
    for number, folder in enumerate(streams.unpackinfo.folders):
        place = begin + streams.packinfo.packpositions[number]
        yield from _folder_entries(file, folder, place, streams.packinfo.packsizes[number], limits)


def _opened(file: BinaryIO) -> Any:
    try:
        py7zr = importlib.import_module("py7zr")  # slow to import, and in an extra
    except ImportError:
        raise Broken("needs_extra", "a 7z archive; to read it: pip install 'ikelog[batch]'") from None
    file.seek(0)
    try:
        return py7zr.SevenZipFile(file)
    except py7zr.PasswordRequired:
        raise Broken("encrypted", "is encrypted, the names of its members too") from None
    except py7zr.UnsupportedCompressionMethodError:
        raise Broken("unsupported", _NOT_KNOWN) from None
    except Exception as error:  # whatever a table of contents that is made up can set off
        raise Broken("corrupt", f"no table of contents: {error or type(error).__name__}") from None


def _folder_entries(file: BinaryIO, folder: Any, place: int, size: int, limits: Limits) -> Iterator[Entry]:
    """Yield the members of one folder: what is compressed in one go."""
    stop = _unreadable(folder, limits)
    run = Stream(_run(file, folder, place, size))
    end = 0
    for member in folder.files or ():
        begin, end = end, end + member.uncompressed
        while not stop and run.position < begin and run.read(min(BLOCK, begin - run.position)):
            pass
        yield Entry(member.filename, Stream(_data(run, member), member.uncompressed), stop or _special(member))


def _unreadable(folder: Any, limits: Limits) -> Stop | None:
    if any(coder["method"] == _AES for coder in folder.coders):
        return Stop("encrypted", "is encrypted")
    needed = max(map(_memory, folder.coders))
    if needed > limits.memory_bytes:
        return Stop("needs_memory", f"the data need {needed} bytes of memory to be read")
    return None


def _memory(coder: Any) -> int:
    """Return how many bytes of memory a method needs by its properties; 0 where they do not matter."""
    method, properties = coder["method"], coder["properties"] or b""
    if method == _LZMA2 and properties:
        exponent, odd = divmod(properties[0], 2)
        return (2 | odd) << (exponent + 11)
    if method in (_LZMA, _PPMD) and len(properties) >= 5:
        return int(unpack("<xL", properties[:5])[0])
    return 0


def _special(member: Any) -> Stop | None:
    kind = member.st_fmt
    if kind in (None, 0, stat.S_IFREG):
        return Stop("link", "a symbolic link") if member.is_symlink or member.is_junction else None
    return Stop(*_SPECIAL.get(kind, ("device", "a device")))


def _data(run: Stream, member: Any) -> Iterator[bytes]:
    left, checksum = member.uncompressed, 0
    while left > 0 and (block := run.read(min(BLOCK, left))):
        left -= len(block)
        checksum = zlib.crc32(block, checksum)
        yield block
    if left > 0:
        raise run.broken or Broken("truncated", f"the data break off {left} bytes before the member's end")
    if member.crc32 not in (None, checksum):
        raise Broken("corrupt", "the checksum is not that of its data")


class _Fed:
    """The packed bytes of a folder, as its decompressor asks for them: none while it has some left."""

    def __init__(self, file: BinaryIO, place: int, size: int) -> None:
        self._file, self._place, self.left = file, place, size
        self.first: Any = None

    def read(self, count: int) -> bytes:
        if not getattr(getattr(self.first, "_decompressor", self.first), "needs_input", True):
            return b""
        self._file.seek(self._place)
        found = self._file.read(min(count, _STEP, self.left))
        self._place += len(found)
        self.left -= len(found)
        return found


def _run(file: BinaryIO, folder: Any, place: int, size: int) -> Iterator[bytes]:
    py7zr = importlib.import_module("py7zr")
    try:
        inner = folder.get_decompressor(size)
    except py7zr.UnsupportedCompressionMethodError:
        raise Broken("unsupported", _NOT_KNOWN) from None
    fed = _Fed(file, place, size)
    fed.first = inner.chain[0]
    left = folder.get_unpack_size()
    while left > 0:
        before = fed.left
        found = inner.decompress(fed, min(BLOCK, left))
        if not found and fed.left == before:
            return
        left -= len(found)
        yield bytes(found)
