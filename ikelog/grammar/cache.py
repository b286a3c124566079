"""Compiled grammars on disk, in the user's own cache directory: a paste wants its answer at once."""

import marshal
import os
import re
import stat
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ikelog import __version__
from ikelog.grammar import frozen

try:
    from _blake2 import blake2b  # hashlib would load OpenSSL, which takes longer than all the rest here
except ImportError:
    from hashlib import blake2b

_SUFFIX = ".bin"
# A file is the index of its tables, then the tables. Before the index stand its length and its checksum.
_NUMBER = 4
_Place = tuple[int, int, int]  # where something stands behind the index, its length, its checksum
_Index = dict[str, _Place]


def cached_tables(name: str, texts: Iterable[str], build: Callable[[], dict[str, Any]]) -> Mapping[str, Any]:
    """Return the tables `name`, from the cache if it holds those made of these texts, else by `build`.

    Tables are made of what `marshal` takes; of those in the cache only the ones that are asked for are read. A cache
    that cannot be read, written or trusted is done without.
    """
    path = os.path.join(_directory(), f"{name}-{_key(texts)}{_SUFFIX}")
    stored = _Stored(path, build) if _is_own(os.path.dirname(path)) and _is_own(path) else None
    return stored if stored else _built(path, build)


def kept_pattern(name: str, source: str) -> "re.Pattern[str]":
    """Return a pattern whose compilation takes as long as reading a paste, in its compiled form if the cache has it."""
    return frozen.thaw(cached_tables(name, [source], lambda: {name: frozen.freeze(source)})[name])


def stamp(directory: str, suffix: str) -> str:
    """Tell the files of a directory from another version of them."""
    found = [(entry.name, entry.stat()) for entry in os.scandir(directory) if entry.name.endswith(suffix)]
    return repr(sorted((name, stat.st_size, stat.st_mtime_ns) for name, stat in found))


class _Stored(Mapping[str, Any]):
    """The tables of a file, none where that is damaged. If a single one is, all are built anew."""

    def __init__(self, path: str, build: Callable[[], dict[str, Any]]) -> None:
        self._path = path
        self._build = build
        self._tables: dict[str, Any] = {}
        head = _read(path, 0, 2 * _NUMBER)
        length, checksum = (int.from_bytes(number, "big") for number in (head[:_NUMBER], head[_NUMBER:]))
        self._begin = len(head) + length
        index = _checked(_read(path, len(head), length), checksum)
        self._index: _Index = marshal.loads(index) if index else {}  # noqa: S302 - this user's own file, and whole

    def __getitem__(self, name: str) -> Any:
        if name not in self._tables:
            place, length, checksum = self._index[name]
            table = _checked(_read(self._path, self._begin + place, length), checksum)
            if table is None:
                self._tables = _built(self._path, self._build)
            else:
                self._tables[name] = marshal.loads(table)  # noqa: S302 - as above
        return self._tables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._index)

    def __len__(self) -> int:
        return len(self._index)


def _built(path: str, build: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    tables = build()
    try:
        _write(path, _packed(tables))
    except OSError:
        return tables
    return tables


def _packed(tables: dict[str, Any]) -> bytes:
    """Return the file for some tables."""
    index: _Index = {}
    packed = b""
    for name, table in tables.items():
        data = marshal.dumps(table)
        index[name] = len(packed), len(data), zlib.crc32(data)
        packed += data
    head = marshal.dumps(index)
    return b"".join(number.to_bytes(_NUMBER, "big") for number in (len(head), zlib.crc32(head))) + head + packed


def _key(texts: Iterable[str]) -> str:
    known = [__version__, sys.version, frozen.identity(), *texts]
    return blake2b("\0".join(known).encode(), digest_size=12).hexdigest()


def _directory() -> str:
    base = os.environ.get("XDG_CACHE_HOME", "")
    return os.path.join(base if os.path.isabs(base) else os.path.expanduser("~/.cache"), "ikelog")


def _read(path: str, place: int, length: int) -> bytes:
    """Read a part of a file, as much as there is of it."""
    try:
        with open(path, "rb", buffering=0) as stream:
            stream.seek(place)
            return stream.read(length)
    except OSError:
        return b""


def _checked(data: bytes, checksum: int) -> bytes | None:
    return data if zlib.crc32(data) == checksum else None


def _is_own(path: str) -> bool:
    """Tell whether a path is there, is this user's, no link, and not open to others for writing."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    if stat.S_ISLNK(found.st_mode) or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return False
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()


def _write(path: str, data: bytes) -> None:
    """Write a file whole or not at all, in place of those of the same name that are out of date."""
    import tempfile

    directory = os.path.dirname(path)
    os.makedirs(directory, mode=0o700, exist_ok=True)
    if not _is_own(directory):
        return
    handle, temporary = tempfile.mkstemp(dir=directory)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
    os.replace(temporary, path)
    name = os.path.basename(path).rpartition("-")[0]
    for other in os.listdir(directory):
        if other.startswith(f"{name}-") and other.endswith(_SUFFIX) and other != os.path.basename(path):
            os.unlink(os.path.join(directory, other))
