"""Compiled grammars on disk, in the user's own cache directory: a paste wants its answer at once."""

import marshal
import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterable
from typing import Any

from ikelog import __version__
from ikelog.grammar import frozen

try:
    from _blake2 import blake2b  # hashlib would load OpenSSL, which takes longer than all the rest here
except ImportError:
    from hashlib import blake2b

_SUFFIX = ".bin"


def cached_tables(name: str, texts: Iterable[str], build: Callable[[], Any]) -> Any:
    """Return the tables `name`, from the cache if it holds those made of these texts, else by `build`.

    Tables are made of what `marshal` takes. A cache that cannot be read, written or trusted is done without.
    """
    key = _key(texts)
    directory = _directory()
    path = os.path.join(directory, f"{name}-{key}{_SUFFIX}")
    tables = _load(path)
    if tables is None:
        tables = build()
        _store(path, tables)
    return tables


def _key(texts: Iterable[str]) -> str:
    known = [__version__, sys.version, frozen.identity(), *texts]
    return blake2b("\0".join(known).encode(), digest_size=12).hexdigest()


def _directory() -> str:
    base = os.environ.get("XDG_CACHE_HOME", "")
    return os.path.join(base if os.path.isabs(base) else os.path.expanduser("~/.cache"), "ikelog")


def _load(path: str) -> Any:
    """Load stored tables, only from a file that nobody else can write and that is whole; None where there is none."""
    if not (_is_own(os.path.dirname(path)) and _is_own(path)):
        return None
    try:
        with open(path, "rb") as stream:
            data = stream.read()
        if zlib.crc32(data[4:]) != int.from_bytes(data[:4], "big"):
            return None
        return marshal.loads(memoryview(data)[4:])  # noqa: S302 - this user's own file, and whole
    except (OSError, EOFError, ValueError, TypeError):
        return None


def _is_own(path: str) -> bool:
    """Tell whether a path is there, is this user's, no link, and not open to others for writing."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    if stat.S_ISLNK(found.st_mode) or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return False
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()


def _store(path: str, tables: Any) -> None:
    """Store tables whole or not at all, in place of those of the same name that are out of date."""
    data = marshal.dumps(tables)
    try:
        _write(path, zlib.crc32(data).to_bytes(4, "big") + data)
    except OSError:
        return


def _write(path: str, data: bytes) -> None:
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
