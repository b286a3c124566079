"""Read tar archives: forward, in one go."""

import io
import tarfile
from collections.abc import Iterator
from typing import IO, Any, BinaryIO, cast

from ikelog.batch.archives.entry import Entry
from ikelog.batch.archives.stream import BLOCK, Broken, Stream, file_blocks
from ikelog.batch.archives.window import window
from ikelog.batch.limits import Stop
from ikelog.reporting.safe import visible

# A header that extends another holds a long name or the like: it is kept in memory, so there is an end to it.
_LONGEST_EXTENSION = 1 << 20
# A member's last block of 512 bytes may be cut short behind its data.
_FILL = 512
_EXTENSIONS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


def tar_entries(stream: Stream) -> Iterator[Entry]:
    """Yield the members of a tar archive; raises Broken where it breaks off, or in the end for damaged headers."""
    damaged: list[str] = []
    with _opened(stream, damaged) as tar:
        while (info := tar.next()) is not None:
            tar.members.clear()  # type: ignore[attr-defined]  # it would remember all of them
            if not info.isdir():
                yield _entry(tar, info, stream)
            _pass_over(tar, stream)
    if stream.file is None:
        for _ in stream.blocks():  # behind the archive's end a damaged compression may still show
            pass
    if stream.broken:
        raise stream.broken
    if damaged:
        raise Broken("corrupt", f"{len(damaged)} damaged headers; what was found behind them was read")


def _opened(stream: Stream, damaged: list[str]) -> tarfile.TarFile:
    kind = _header_type(damaged)
    if stream.file is not None:
        stream.file.seek(0)
        return tarfile.TarFile(fileobj=stream.file, tarinfo=kind, ignore_zeros=True, errorlevel=2)
    file = cast("IO[bytes]", stream)
    return tarfile.open(fileobj=file, mode="r|", bufsize=BLOCK, tarinfo=kind, ignore_zeros=True, errorlevel=2)


def _header_type(damaged: list[str]) -> type[tarfile.TarInfo]:
    """Return the type of one archive's headers: it notes the damaged ones, which are left out without a word else."""

    class Header(tarfile.TarInfo):
        @classmethod
        def frombuf(cls, buf: Any, encoding: str, errors: str) -> "Header":
            try:
                return super().frombuf(buf, encoding, errors)
            except (tarfile.EOFHeaderError, tarfile.EmptyHeaderError):  # type: ignore[attr-defined]
                raise
            except tarfile.HeaderError as error:
                if len(damaged) < 1000:
                    damaged.append(str(error))
                raise

        def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
            if self.type in _EXTENSIONS and not 0 <= self.size <= _LONGEST_EXTENSION:
                raise Broken("corrupt", f"a header wants {self.size} bytes for a name")
            if self.size < 0:
                raise Broken("corrupt", "a member of less than no bytes")
            return super()._proc_member(tar)  # type: ignore[misc, no-any-return]

    return Header


def _pass_over(tar: Any, stream: Stream) -> None:
    """Go on to the next header; raises Broken where there is none, however far away a header says that it is."""
    if stream.file is not None:
        here = stream.file.seek(0, io.SEEK_END)
    else:
        while (left := tar.offset - tar.fileobj.tell()) > 0 and tar.fileobj.read(min(BLOCK, left)):
            pass
        here = tar.fileobj.tell()
    if here <= tar.offset - _FILL:
        raise stream.broken or Broken("truncated", "the archive breaks off; what came before was read")


def _entry(tar: tarfile.TarFile, info: tarfile.TarInfo, stream: Stream) -> Entry:
    if not info.isreg():
        return Entry(info.name, stop=_special(info))
    if stream.file is None or info.issparse():
        return Entry(info.name, Stream(_data(tar, info, stream), info.size))
    file = window(stream.file, info.offset_data, info.size)
    return Entry(info.name, Stream(_whole(file_blocks(file), info, stream), info.size, file))


def _special(info: tarfile.TarInfo) -> Stop:
    if info.issym() or info.islnk():
        return Stop("link", f"a link to {visible(info.linkname[:200])}")
    if info.isfifo():
        return Stop("fifo", "a named pipe")
    return Stop("device", "a device") if info.isdev() else Stop("unsupported", "no file")


def _data(tar: tarfile.TarFile, info: tarfile.TarInfo, stream: Stream) -> Iterator[bytes]:
    if info.issparse():  # holes are filled
        yield from _whole(file_blocks(cast("BinaryIO", tar.extractfile(info))), info, stream)
        return
    file: Any = tar.fileobj
    file.seek(info.offset_data)
    yield from _whole(
        iter(lambda: file.read(min(BLOCK, info.offset_data + info.size - file.tell())), b""), info, stream
    )


def _whole(blocks: Iterator[bytes], info: tarfile.TarInfo, stream: Stream) -> Iterator[bytes]:
    """Yield what a member holds; raises Broken where that is less than its header says."""
    left = info.size
    for block in blocks:
        left -= len(block)
        yield block
    if left > 0:
        raise stream.broken or Broken("truncated", f"the archive breaks off {left} bytes before the member's end")
