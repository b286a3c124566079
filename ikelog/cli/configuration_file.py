"""Find the configuration file: `ikelog.toml`, or a `pyproject.toml` with `[tool.ikelog]`."""

import os

OWN, SHARED = "ikelog.toml", "pyproject.toml"
_TABLE = b"tool.ikelog"


def find_configuration() -> str | None:
    """Return the path of the nearest file, from the current directory upwards; None where there is none.

    Every call of ikelog asks: it costs a look for two names in a few directories.
    """
    try:
        directory = os.getcwd()
    except OSError:  # it has been deleted
        return None
    path = ""
    while True:
        for name in (OWN, SHARED):
            if os.path.isfile(os.path.join(directory, name)) and (name == OWN or _has_table(path + name)):
                return path + name
        parent = os.path.dirname(directory)
        if parent == directory:
            return None
        directory, path = parent, os.path.join("..", path)


def _has_table(path: str) -> bool:
    try:
        with open(path, "rb") as stream:
            return _TABLE in stream.read()
    except OSError:  # none of ours, as far as anybody can tell
        return False
