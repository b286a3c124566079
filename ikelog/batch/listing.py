"""Name the inputs that paths stand for, without reading them, so that each can be read somewhere else."""

import glob
import os
from collections.abc import Iterator, Sequence

import fsspec


def list_inputs(paths: Sequence[str]) -> Iterator[str]:
    """Yield the files and objects below folders, prefixes and patterns, in the order of their names; others as named.

    What cannot be listed is yielded as it is: whoever reads it says why it cannot be read.
    """
    for path in dict.fromkeys(paths):
        try:
            yield from _objects(path) if "://" in path else _files(path)
        except Exception:  # each driver has its own; to read it fails in the same way, and tells
            yield path


def _objects(url: str) -> Sequence[str]:
    store, path = fsspec.url_to_fs(url)
    if glob.has_magic(path):
        found = [one for one in sorted(store.glob(path)) if not store.isdir(one)]
    else:
        found = sorted(store.find(path)) if store.isdir(path) else [path]
    return [store.unstrip_protocol(one) for one in found] or [url]


def _files(path: str) -> Sequence[str]:
    if not os.path.lexists(path) and glob.has_magic(path):
        matching = sorted(glob.iglob(path, recursive=True))
        return [file for name in matching for file in _files(name)] or [path]
    return _in_folder(path) if os.path.isdir(path) else [path]


def _in_folder(folder: str) -> list[str]:
    found = []
    for root, folders, names in os.walk(folder):
        folders.sort()
        found += [os.path.join(root, name) for name in names]
    return sorted(path for path in found if not os.path.islink(path))
