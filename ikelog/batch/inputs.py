"""Walk over what a user names: files, folders, patterns, archives and the URLs of object stores."""

import glob
import os
import stat
import sys
from collections.abc import Iterator, Sequence

from ikelog.batch.archives.reading import read_stream
from ikelog.batch.archives.stream import Stream, file_blocks
from ikelog.batch.limits import DEFAULT, Layer, Limits
from ikelog.batch.members import Member, Skipped
from ikelog.batch.urls import is_url, path_of, read_url
from ikelog.reporting.safe import visible

__all__ = ["DEFAULT", "Limits", "Member", "Skipped", "walk"]

STANDARD_INPUT = "-"


def walk(paths: Sequence[str], limits: Limits = DEFAULT) -> Iterator[Member | Skipped]:
    """Yield the logs that files, folders, patterns, archives and URLs hold, and what of them could not be read.

    A folder is walked through in the order of its names; links in it are not followed. A path that is no file's may be
    a pattern: `*`, `?`, `[...]`, and `**` for folders in any depth. `-` is standard input. A file that is named twice
    is read once. The network is used for URLs alone.
    """
    layer = Layer(limits)
    seen: set[tuple[int, int] | str] = set()
    for path in dict.fromkeys(paths):
        if path == STANDARD_INPUT:
            yield from _read_standard_input(layer)
        elif is_url(path):
            yield from read_url(path, layer, seen)
        else:
            for item in _found(path_of(path)):
                yield from [item] if isinstance(item, Skipped) else _read_file(item, layer, seen)


def _found(path: str) -> Iterator[os.DirEntry[str] | str | Skipped]:
    """Yield the files that a path stands for: itself as text, those in folders as entries."""
    if not os.path.lexists(path) and glob.has_magic(path):
        matching = sorted(glob.iglob(path, recursive=True))
        if not matching:
            yield Skipped(visible(path), "not_found", "no file fits this pattern")
        for name in matching:
            yield from _in_folder(name) if os.path.isdir(name) else (name,)
    elif os.path.isdir(path):
        yield from _in_folder(path)
    else:
        yield path


def _in_folder(folder: str) -> Iterator[os.DirEntry[str] | Skipped]:
    """Yield what is in a folder and in the folders in it, in the order of the names."""
    root = os.path.realpath(folder)
    left: list[os.DirEntry[str] | str] = [folder]
    while left:
        entry = left.pop()
        if isinstance(entry, str) or entry.is_dir(follow_symlinks=False):
            path = os.fspath(entry)
            try:
                left += reversed(_listed(path))
            except OSError as error:
                yield Skipped(visible(path), "unreadable", error.strerror or str(error))
        elif not entry.is_symlink():
            yield entry
        elif link := _link(entry, root):
            yield link


def _listed(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as inside:
        return sorted(inside, key=lambda entry: entry.name)


def _link(entry: os.DirEntry[str], root: str) -> Skipped | None:
    """Say of a link in a folder that it is not followed; what it leads to in that folder is read at its own place."""
    target = os.path.realpath(entry.path)
    if f"{target}{os.sep}".startswith(f"{root.rstrip(os.sep)}{os.sep}") and os.path.exists(target):
        return None
    return Skipped(visible(entry.path), "link", f"a link to {visible(os.readlink(entry.path))}, outside the folder")


def _read_file(
    found: os.DirEntry[str] | str, layer: Layer, seen: set[tuple[int, int] | str]
) -> Iterator[Member | Skipped]:
    path = os.fspath(found)
    name = visible(path)
    try:
        status = os.stat(path)
        if not isinstance(found, str) and (special := _special(status.st_mode)):
            yield Skipped(name, *special)  # to open it might wait for ever
            return
        regular = stat.S_ISREG(status.st_mode)
        if regular and (status.st_dev, status.st_ino) in seen:
            return
        seen.add((status.st_dev, status.st_ino))
        with open(path, "rb") as file:
            known = (status.st_size, file) if regular else (None, None)
            stopped = layer.stop
            yield from read_stream(Stream(file_blocks(file), *known), name, layer)
            if layer.stop is not stopped and layer.stop:
                yield Skipped(name, layer.stop.reason, layer.stop.detail, partial=True)
    except FileNotFoundError:
        yield Skipped(name, "not_found", "no such file")
    except OSError as error:
        yield Skipped(name, "unreadable", error.strerror or str(error))


def _special(mode: int) -> tuple[str, str] | None:
    if stat.S_ISREG(mode):
        return None
    return ("fifo", "a named pipe") if stat.S_ISFIFO(mode) else ("device", "a device or a socket")


def _read_standard_input(layer: Layer) -> Iterator[Member | Skipped]:
    if sys.stdin is None:
        yield Skipped("<stdin>", "unreadable", "is closed")
        return
    with open(sys.stdin.fileno(), "rb", closefd=False) as file:
        yield from read_stream(Stream(file_blocks(file)), "<stdin>", layer)
