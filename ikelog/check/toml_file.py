"""A TOML file, and in which line each of its keys stands: the standard reader tells none."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from ikelog.record import record
from ikelog.reporting.safe import visible

Keys = tuple[str | int, ...]
_NAME = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_NAMES = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_NAMES})\s*\]")
_KEY = re.compile(rf"\s*({_NAMES})\s*=")
_SYNTAX = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", re.DOTALL)


class BrokenConfiguration(Exception):
    """A configuration that cannot be used: says what and where in one line, of nothing that a terminal obeys."""

    def __init__(self, text: str) -> None:
        super().__init__(visible(text))


@record
class TomlFile:
    """What a file says, and the line of each table and key. `root` leads to what is ours in a pyproject.toml."""

    path: str
    data: Mapping[str, Any]
    lines: Mapping[Keys, int]
    root: tuple[str, ...] = ()

    def line(self, keys: Keys) -> int:
        """Return the line of a key, else of the nearest table around it."""
        keys = (*self.root, *keys)
        return next((self.lines[keys[:n]] for n in range(len(keys), 0, -1) if keys[:n] in self.lines), 1)


@record
class At:
    """A place in a file, by the keys that lead there; indices count from 0."""

    file: TomlFile
    keys: Keys = ()

    def below(self, *keys: str | int) -> "At":
        """Return a place further inside."""
        return At(self.file, (*self.keys, *keys))

    def where(self) -> str:
        """Return `file:line`."""
        return f"{self.file.path}:{self.file.line(self.keys)}"


def broken(at: At, text: str) -> BrokenConfiguration:
    """Return the error that says what is wrong at a place."""
    return BrokenConfiguration(f"{at.where()}: {_label(at)}{text}")


def _label(at: At) -> str:
    """Return how a place reads: `[check.expect] 2: max_duration: `, `[check] fail_on: `, `tz: `."""
    keys = (*at.file.root, *at.keys)
    index = next((n for n, key in enumerate(keys) if isinstance(key, int)), None)
    if index is not None:
        rest = ".".join(str(key + 1 if isinstance(key, int) else key) for key in keys[index + 1 :])
        return f"[{_dotted(keys[:index])}] {int(keys[index]) + 1}: " + (f"{rest}: " if rest else "")
    table = _dotted(keys[:-1])
    return (f"[{table}] " if table else "") + (f"{keys[-1]}: " if keys else "")


def _dotted(keys: Keys) -> str:
    return ".".join(map(str, keys))


def read_toml(path: str, root: tuple[str, ...] = ()) -> TomlFile:
    """Read a TOML file; raises BrokenConfiguration."""
    try:
        with open(path, "rb") as stream:
            text = stream.read().decode("utf-8-sig")
    except OSError as error:
        raise BrokenConfiguration(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise BrokenConfiguration(f"{path}:{line}: not UTF-8") from None
    return parse_toml(path, text, root)


def parse_toml(path: str, text: str, root: tuple[str, ...] = ()) -> TomlFile:
    """Parse the text of a TOML file; raises BrokenConfiguration."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a ValueError of its own
        found = _SYNTAX.match(str(error))
        what = (found[1] if found else str(error)).splitlines()[0]
        line = int(found[2]) if found and found[2] else text.rstrip().count("\n") + 1
        raise BrokenConfiguration(f"{path}:{line}: not TOML: {what[0].lower()}{what[1:]}") from None
    lines = _lines(text)
    for key in root:
        data = data.get(key, {})
        if not isinstance(data, dict):
            raise BrokenConfiguration(f"{path}:{lines.get(root, 1)}: [{_dotted(root)}] is no table")
    return TomlFile(path, data, lines, root)


def _lines(text: str) -> dict[Keys, int]:
    """Return the line of each header and key; those within a multi-line string are none."""
    lines: dict[Keys, int] = {}
    counts: dict[Keys, int] = {}
    table: Keys = ()
    quote = ""
    for number, line in enumerate(text.split("\n"), 1):
        if quote:
            quote = "" if quote in line else quote
            continue
        if header := _HEADER.match(line):
            table = _table(_split(header[2]), header[1] == "[[", counts)
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *_split(key[1])), number)
            quote = next((mark for mark in ('"""', "'''") if line.count(mark) % 2), "")
    return lines


def _split(names: str) -> Keys:
    return tuple(name.strip("\"'") for name in re.findall(_NAME, names))


def _table(names: Keys, is_array: bool, counts: dict[Keys, int]) -> Keys:
    """Return the keys of a table; one of an array, or inside one, is the array's last so far."""
    keys: Keys = ()
    for n, name in enumerate(names, 1):
        keys = (*keys, name)
        if n == len(names) and is_array:
            counts[keys] = counts.get(keys, -1) + 1
        if keys in counts:
            keys = (*keys, counts[keys])
    return keys
