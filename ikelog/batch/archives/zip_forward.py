"""Read zip archives forward, member by member: those too large to be kept in memory until their directory comes."""

import zlib
from collections.abc import Iterator
from struct import unpack, unpack_from

from ikelog.batch.archives.entry import Entry
from ikelog.batch.archives.expanding import expand_one
from ikelog.batch.archives.stream import BLOCK, Broken, Stream
from ikelog.batch.archives.zip import DECOMPRESSED, DEFLATED64, ENCRYPTED, STORED, decompressor
from ikelog.batch.limits import Limits, Stop
from ikelog.record import record

_MEMBER, _BEHIND_MEMBERS = b"PK\3\4", (b"PK\1\2", b"PK\6\6", b"PK\5\6", b"PK\6\x08")
_DESCRIPTOR = b"PK\7\x08"
_SIZES_FOLLOW, _UTF8 = 0x8, 0x800
# Methods whose data do not tell what comes behind their end.
_ENDLESS = (STORED, DEFLATED64)
_IN_EXTRA = 0xFFFFFFFF
_ZIP64 = 1


@record
class _Header:
    """What stands in front of a member (APPNOTE 4.3.7); `packed` and `size` are None where they follow its data."""

    path: str
    flags: int
    method: int
    checksum: int
    packed: int | None
    size: int | None


def forward_zip_entries(stream: Stream, limits: Limits) -> Iterator[Entry]:
    """Yield the members of a zip archive in the order of their data; raises Broken where no member follows.

    What only the directory tells is not known: a link is read as what it holds, the path that it leads to.
    """
    while stream.peek(4).startswith(_MEMBER):
        header = _read_header(stream)
        stop = _refused(header)
        data = Stream(_data(stream, header, limits) if not stop else _passed_over(stream, header), header.size)
        if not header.path.endswith("/"):
            yield Entry(header.path, data, stop, header.packed if header.method != STORED else None)
        for _ in data.blocks():
            pass
        if header.packed is None and data.broken:
            raise Broken("corrupt", "where the next member begins cannot be told")
    if not stream.peek(4).startswith(_BEHIND_MEMBERS):
        raise stream.broken or Broken("truncated", "the archive breaks off; what came before was read")
    for _ in stream.blocks():
        pass
    if stream.broken:
        raise stream.broken


def _read_header(stream: Stream) -> _Header:
    fixed = stream.read(30)
    if len(fixed) < 30:
        raise stream.broken or Broken("truncated", "the archive breaks off; what came before was read")
    flags, method, _, _, checksum, packed, size, name_length, extra_length = unpack("<HHHHLLLHH", fixed[6:])
    name, extra = stream.read(name_length), stream.read(extra_length)
    if _IN_EXTRA in (packed, size):
        packed, size = _long_sizes(extra, packed, size)
    path = name.decode("utf-8" if flags & _UTF8 else "cp437", "backslashreplace")
    if flags & _SIZES_FOLLOW:
        return _Header(path, flags, method, checksum, None, None)
    return _Header(path, flags, method, checksum, packed, size)


def _long_sizes(extra: bytes, packed: int, size: int) -> tuple[int, int]:
    """Return the sizes of a member that are too large for its header (APPNOTE 4.5.3)."""
    place = 0
    while place + 4 <= len(extra):
        kind, length = unpack_from("<HH", extra, place)
        if kind == _ZIP64 and length >= 16:
            size, packed = unpack_from("<QQ", extra, place + 4)
            return packed, size
        place += 4 + length
    return packed, size


def _refused(header: _Header) -> Stop | None:
    if header.flags & ENCRYPTED:
        return Stop("encrypted", "is encrypted")
    if header.method not in DECOMPRESSED or (header.packed is None and header.method in _ENDLESS):
        return Stop("unsupported", f"compressed with method {header.method}, in an archive that is read forward")
    return None


def _passed_over(stream: Stream, header: _Header) -> Iterator[bytes]:
    """Go behind a member that is not read; raises Broken where its size is not known. Yields nothing."""
    yield from ()
    if header.packed is None:
        raise Broken("corrupt", "no size")
    for _ in _part(stream, header.packed):
        pass


def _part(stream: Stream, size: int) -> Iterator[bytes]:
    while size > 0 and (block := stream.read(min(BLOCK, size))):
        size -= len(block)
        yield block


def _data(stream: Stream, header: _Header, limits: Limits) -> Iterator[bytes]:
    """Yield what a member holds, and leave the stream behind it; raises Broken where that is not what it should be."""
    begin = stream.position
    packed = stream if header.packed is None else Stream(_part(stream, header.packed))
    checksum = size = 0
    try:
        unpacked = (
            packed.blocks()
            if header.method == STORED
            else expand_one(decompressor(packed, header.method, limits), packed, "zip")
        )
        for block in unpacked:
            checksum, size = zlib.crc32(block, checksum), size + len(block)
            yield block
    finally:
        if packed is not stream:
            for _ in packed.blocks():
                pass
    said = header.checksum
    if header.packed is None:
        said = _read_descriptor(stream, stream.position - begin, size)
    elif header.size != size:
        raise stream.broken or Broken("truncated", "is not as large as its header says")
    if checksum != said:
        raise Broken("corrupt", "the checksum is not that of its data")


def _read_descriptor(stream: Stream, packed: int, size: int) -> int:
    """Read what follows a member's data (APPNOTE 4.3.9), its sizes in four or eight bytes, and return the checksum."""
    if stream.peek(4).startswith(_DESCRIPTOR):
        stream.read(4)
    ahead = stream.peek(20)[:20]
    short = ahead[4:12] == (packed % 2**32).to_bytes(4, "little") + (size % 2**32).to_bytes(4, "little")
    told = stream.read(12 if short else 20)
    if len(told) < 12:
        raise stream.broken or Broken("truncated", "the archive breaks off behind the member's data")
    return int(unpack("<L", told[:4])[0])
