"""Read what is in an object store, through fsspec: one object, all below a prefix, or those that fit a pattern."""

import importlib
import re
from collections.abc import Iterator, MutableSet
from typing import Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit

from ikelog.batch.archives.reading import read_stream
from ikelog.batch.archives.stream import Broken, Stream, file_blocks
from ikelog.batch.limits import Layer
from ikelog.batch.members import Member, Skipped
from ikelog.reporting.safe import visible

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_STORES = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss")
_MAGIC = re.compile(r"[*?\[]")
_FILE = "file://"
# So much is asked for at once: a block more is read ahead.
_BLOCK = 4 << 20


def is_url(path: str) -> bool:
    """Tell whether a path is a URL, other than that of a file here."""
    return _URL.match(path) is not None and not path.startswith(_FILE)


def path_of(path: str) -> str:
    """Return the path of a file here that was named by its URL; other paths as they are."""
    return unquote(urlsplit(path).path) if path.startswith(_FILE) else path


def read_url(url: str, layer: Layer, seen: MutableSet[Any]) -> Iterator[Member | Skipped]:
    """Yield the logs that the objects under a URL hold, and what of them could not be read; those in `seen` once."""
    scheme = url.partition("://")[0].lower()
    name = shown(url)
    if scheme not in _STORES:
        yield Skipped(name, "unsupported", "no URL of an object store: s3://, gs:// and az:// are read, and file://")
        return
    try:
        store, path = importlib.import_module("fsspec.core").url_to_fs(url)
        paths = _paths(store, path)
    except ImportError:
        yield Skipped(name, "needs_extra", f"to read {scheme}:// URLs: pip install 'ikelog[object-stores]'")
        return
    except Exception as error:  # each driver has its own, of the network, of credentials and of names
        yield _failed(name, error)
        return
    if not paths:
        yield Skipped(name, "not_found", "no object fits this URL")
    for path in paths:
        if path not in seen:
            seen.add(path)
            yield from _read_object(store, path, layer)


def shown(url: str) -> str:
    """Return a URL as it may be shown: without control characters, and without a password."""
    return visible(re.sub(r"(?<=://)([^/@:]*):[^/@]*@", r"\1:***@", url))


def _paths(store: Any, path: str) -> list[str]:
    if _MAGIC.search(path):
        return [found for found in sorted(store.glob(path)) if not store.isdir(found)]
    if not store.isdir(path):
        return [path]
    return [found for found in sorted(store.find(path)) if not found.endswith("/")]  # which stands for a folder


def _read_object(store: Any, path: str, layer: Layer) -> Iterator[Member | Skipped]:
    name = shown(store.unstrip_protocol(path))
    try:
        size = store.info(path)["size"]
        file = cast("BinaryIO", store.open(path, "rb", block_size=_BLOCK))
    except Exception as error:  # as above
        yield _failed(name, error)
        return
    with file:
        yield from read_stream(Stream(_object_blocks(file), size, file), name, layer)


def _object_blocks(file: BinaryIO) -> Iterator[bytes]:
    try:
        yield from file_blocks(file)
    except Broken:
        raise
    except Exception as error:  # as above
        raise Broken("unreadable", str(error) or type(error).__name__) from None


def _failed(name: str, error: Exception) -> Skipped:
    if isinstance(error, FileNotFoundError):
        return Skipped(name, "not_found", "no such object")
    return Skipped(name, "unreadable", Broken("unreadable", str(error) or type(error).__name__).detail)
