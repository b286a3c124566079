"""Compiled grammars on disk, in the user's own cache directory: a paste wants its answer at once."""

import contextlib
import hashlib
import os
import pickle
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ikelog import __version__

if TYPE_CHECKING:
    from lark import Lark


def cached_parser(name: str, texts: Iterable[str], build: Callable[[], "Lark"]) -> "Lark":
    """Return the compiled grammar `name`, from the cache if it holds the one made of these texts, else by `build`.

    A cache that cannot be read, written or trusted is done without.
    """
    import lark

    known = [__version__, lark.__version__, sys.version, *texts]
    key = hashlib.sha256("\0".join(known).encode()).hexdigest()[:24]
    path = _directory() / f"{name}-{key}.bin"
    parser = _load(path)
    if parser is None:
        parser = build()
        _store(path, parser)
    return parser


def _directory() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base and os.path.isabs(base) else Path("~/.cache").expanduser()) / "ikelog"


def _load(path: Path) -> "Lark | None":
    """Load a stored grammar. What is loaded can run code, so only a file that nobody else can write is."""
    from lark import Lark

    if not (_is_own(path.parent) and _is_own(path)):
        return None
    try:
        with path.open("rb") as stream:
            return Lark.load(stream)
    except (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError, ImportError, pickle.UnpicklingError):
        return None


def _is_own(path: Path) -> bool:
    """Tell whether a path is there, is this user's, no link, and not open to others for writing."""
    try:
        found = path.lstat()
    except OSError:
        return False
    if stat.S_ISLNK(found.st_mode) or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return False
    return not hasattr(os, "geteuid") or found.st_uid == os.geteuid()


def _store(path: Path, parser: "Lark") -> None:
    """Store a grammar whole or not at all, in place of those of the same name that are out of date."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_own(path.parent):
            return
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            parser.save(stream)
        os.replace(temporary, path)
        for stale in path.parent.glob(f"{path.name.rpartition('-')[0]}-*.bin"):
            if stale != path:
                stale.unlink()
