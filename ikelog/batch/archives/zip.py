"""Read zip archives, by their directory: what overlaps or is encrypted is told and left out."""

import bz2
import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterator
from struct import unpack
from typing import IO, BinaryIO, cast

from ikelog.batch.archives.entry import Entry
from ikelog.batch.archives.expanding import Decompressor, Inflater64, expand_one, inflater, zstd_maker
from ikelog.batch.archives.stream import Broken, Stream, file_blocks
from ikelog.batch.archives.window import window
from ikelog.batch.limits import Limits, Stop

_LOCAL_HEADER = 30
_ENTRY = b"PK\1\2"
STORED, _DEFLATED, DEFLATED64, _BZIP2, _LZMA, _ZSTD = 0, 8, 9, 12, 14, 93
DECOMPRESSED = frozenset({STORED, _DEFLATED, DEFLATED64, _BZIP2, _LZMA, _ZSTD})
ENCRYPTED = 0x1 | 0x40
_UNIX = 3
_LARGEST_DIRECTORY = 1 << 26


class _Directory:
    """A file as zipfile reads it: a directory that is larger than allowed is refused before it is taken apart."""

    def __init__(self, file: BinaryIO, members: int) -> None:
        self._file, self._members = file, members
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, count: int = -1) -> bytes:
        if count > _LARGEST_DIRECTORY:
            raise Broken("corrupt", f"a directory of {count} bytes")
        found = self._file.read(count)
        if found.count(_ENTRY) > self._members:
            raise Broken("too_many", f"the directory has more than {self._members} members")
        return found


def zip_entries(file: BinaryIO, limits: Limits) -> Iterator[Entry]:
    """Yield the members of a zip archive, in the order of their places; raises Broken where it has no directory."""
    directory = cast("IO[bytes]", _Directory(file, limits.members))
    try:
        archive = zipfile.ZipFile(directory)
    except zipfile.BadZipFile as error:
        raise Broken("corrupt", f"no directory: {error}") from None
    infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
    ends = [info.header_offset for info in infos[1:]] + [archive.start_dir]
    begun = -1
    for info, end in zip(infos, ends, strict=True):
        if not info.is_dir():
            twice = info.header_offset == begun
            yield _entry(file, info, limits, overlaps=twice or (_end(info) > end != info.header_offset))
        begun = info.header_offset


def _end(info: zipfile.ZipInfo) -> int:
    """Return where a member ends at the earliest."""
    return info.header_offset + _LOCAL_HEADER + len(info.orig_filename) + info.compress_size


def _entry(file: BinaryIO, info: zipfile.ZipInfo, limits: Limits, *, overlaps: bool) -> Entry:
    stop = _refused(info, overlaps)
    if stop:
        return Entry(info.orig_filename, stop=stop)
    stored = info.compress_type == STORED
    packed = None if stored else info.compress_size
    stream = Stream(_data(file, info, limits), info.file_size, _stored(file, info) if stored else None)
    return Entry(info.orig_filename, stream, packed=packed)


def _refused(info: zipfile.ZipInfo, overlaps: bool) -> Stop | None:
    mode = info.external_attr >> 16 if info.create_system == _UNIX else 0
    if overlaps:
        return Stop("overlap", "its data overlap with another member's")
    if info.flag_bits & ENCRYPTED:
        return Stop("encrypted", "is encrypted")
    if stat.S_ISLNK(mode):
        return Stop("link", "a symbolic link")
    if stat.S_ISFIFO(mode) and not info.file_size:  # with data it came through a pipe: `zip a.zip -`
        return Stop("fifo", "a named pipe")
    if stat.S_ISBLK(mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode):
        return Stop("device", "a device")
    if info.compress_type not in DECOMPRESSED:
        name = zipfile.compressor_names.get(info.compress_type, str(info.compress_type))  # type: ignore[attr-defined]
        return Stop("unsupported", f"compressed with method {name}")
    return None


def _stored(file: BinaryIO, info: zipfile.ZipInfo) -> BinaryIO | None:
    try:
        return window(file, _begin(file, info), info.compress_size)
    except Broken:
        return None  # reading it tells


def _data(file: BinaryIO, info: zipfile.ZipInfo, limits: Limits) -> Iterator[bytes]:
    """Yield what a member holds; raises Broken where its data break off or its checksum is another."""
    packed = Stream(file_blocks(window(file, _begin(file, info), info.compress_size)))
    checksum = 0
    for block in packed.whole() if info.compress_type == STORED else _expanded(packed, info, limits):
        checksum = zlib.crc32(block, checksum)
        yield block
    if checksum != info.CRC:
        raise Broken("corrupt", "the checksum is not that of its data")


def _begin(file: BinaryIO, info: zipfile.ZipInfo) -> int:
    file.seek(info.header_offset)
    header = file.read(_LOCAL_HEADER)
    if len(header) < _LOCAL_HEADER or not header.startswith(b"PK\3\4"):
        raise Broken("corrupt", "no member where the directory says so")
    name, extra = unpack("<HH", header[26:30])
    return int(info.header_offset + _LOCAL_HEADER + name + extra)


def _expanded(packed: Stream, info: zipfile.ZipInfo, limits: Limits) -> Iterator[bytes]:
    """Yield the expanded data up to the size that the directory gives; raises Broken where there are fewer or more."""
    left = info.file_size
    for block in expand_one(decompressor(packed, info.compress_type, limits), packed, "zip"):
        if len(block) > left:
            raise Broken("corrupt", "is larger than the directory says")
        left -= len(block)
        yield block
        if not left and info.compress_type == _LZMA:
            return  # its data need not have an end of their own
    if left:
        raise Broken("truncated", "is smaller than the directory says")


def decompressor(packed: Stream, method: int, limits: Limits) -> Decompressor:
    """Return a decompressor for one of the DECOMPRESSED methods, other than stored, for what comes next in a stream."""
    if method == _DEFLATED:
        return inflater()
    if method == DEFLATED64:
        return Inflater64()
    if method == _BZIP2:
        return bz2.BZ2Decompressor()
    if method == _ZSTD:
        return zstd_maker(limits)()
    _, size = unpack("<HH", packed.read(4))  # APPNOTE 5.8.8: version, size of the properties, then these
    return lzma_decompressor(packed.read(size), limits)


def lzma_decompressor(properties: bytes, limits: Limits) -> lzma.LZMADecompressor:
    """Return a decompressor of LZMA data without a header by their five bytes of properties; raises Broken."""
    parameters, dictionary = unpack("<BL", properties)
    if dictionary > limits.memory_bytes:
        raise Broken("needs_memory", f"the data need {dictionary} bytes of memory to be read")
    (pb, rest), lc = divmod(parameters // 9, 5), parameters % 9
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": dictionary, "lc": lc, "lp": rest, "pb": pb}]
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)
