"""Walk along what wraps a line: priority, sequence numbers, host, clock, prompt."""

import re
from collections.abc import Iterator, Set
from functools import lru_cache
from typing import NamedTuple

from ikelog.grammar.tables import envelope as pattern
from ikelog.reading.clock import Stamp, read_clock

_DIGITS = "0123456789"
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LETTERS = _CAPITALS + _CAPITALS.lower()
_PRINTABLE = "".join(map(chr, range(33, 127))) + " \t\n\r\v\f"

# The pieces in the order in which they are tried at one place, each with the characters that it can begin with.
PIECES = {
    "PRIORITY": "<",
    "WRAPPER": "%",
    "CLOCK": "*." + _CAPITALS,
    "ISO_CLOCK": _DIGITS,
    "UPTIME": _DIGITS,
    "SEQUENCE": _DIGITS,
    "EMPTY": ":",
    "PROGRAM": _LETTERS,
    "STRUCTURED": _PRINTABLE,
    "FACILITY": _LETTERS,
    "HOST": _LETTERS + _DIGITS + "[",
    "LOGGER": "[",
    "ASDM": _DIGITS,
    "SENDER": _LETTERS + _DIGITS,
}
# What is skipped in front of a header, in this order, with the characters that it can begin with.
FRONT = {"PAGER": ("-", "<"), "MARKUP": tuple(">|*\u2022-+#`<\"'" + _DIGITS)}
# What may stand only at the very front, only behind something, and what a host's name may stand behind.
_FIRST, _NEVER_FIRST = ("LOGGER", "ASDM"), ("EMPTY", "HOST", "FACILITY", "STRUCTURED")
# What stands at both ends of a line that a page or an editor marked.
_MARKS = ("```", "`", "**", '"', "'")
_MARKED = ("`", "*", '"', "'")
_BEFORE_SENDER = ("", "HOST", "PROGRAM")
_BEFORE_HOST = ("PRIORITY", "SEQUENCE", "EMPTY", "CLOCK", "ISO_CLOCK", "FACILITY")


class Header(NamedTuple):
    """What stood before a line's own text, which begins at `end`; the device is the last of the `hosts` in it.

    The last of its `clocks` is the device's own where there are two.
    """

    end: int = 0
    host: str | None = None
    stamp: Stamp | None = None
    prompt: str | None = None
    hosts: tuple[str, ...] = ()
    clocks: int = 0


def read_header(line: str, start: int = 0, hosts: Set[str] = frozenset()) -> Header:
    """Read the header that a line begins with; it may be empty. `hosts` are the names that earlier lines gave."""
    position, prompt = _skip_front(line, start)
    stamp, named, last, clocks = None, [], "", 0
    for last, found, _ in walk_header(line, position, hosts):  # noqa: B007 - the last one is asked for below
        groups = found.groupdict()
        if "hour" in groups or "iso_hour" in groups:
            stamp = read_clock(groups) or stamp
            clocks += 1
        if host := host_in(groups):
            named.append(host)
        position = found.end()
    if last == "HOST" and hosts:  # a relay's name, then the device's: only a clock or an earlier line tells
        known = line[position : position + 256].partition(" ")[0]
        if known in hosts:
            named.append(known)
            position += len(known) + 1
    host = named[-1] if named else None
    return Header(position, None if host == "-" else host, stamp, prompt, tuple(named), clocks)


def has_header(line: str, begin: int) -> bool:
    """Tell whether anything of a header, or in front of one, stands behind the blanks that end at `begin`."""
    position, prompt = _skip_front(line, 0)
    return position != begin or prompt is not None or next(walk_header(line, begin), None) is not None


def walk_header(line: str, start: int = 0, hosts: Set[str] = frozenset()) -> Iterator[tuple[str, re.Match[str], str]]:
    """Yield the pieces of a header, each by its name, with its match and what was seen before it."""
    position, seen = start, ""
    while position < len(line):
        found = _piece(line, position, seen, hosts)
        if found is None:
            break
        name, match = found
        yield name, match, seen
        seen = seen_behind(name, match, seen)
        position = match.end()


def seen_behind(name: str, match: re.Match[str], seen: str) -> str:
    """Return what was seen behind a piece, as far as it tells what may follow."""
    if name == "PRIORITY" and match["version"]:
        return "RFC5424"
    if seen == "RFC5424":
        return "RFC5424 " + name
    return "OWN_CLOCK" if name == "CLOCK" and match["end"].startswith(":") else name


def read_prompt(line: str, start: int = 0) -> re.Match[str] | None:
    """Return the match of a router's prompt at the start of a line, or None."""
    if "#" not in line and ">" not in line:
        return None
    return pattern("PROMPT").match(line, start)


def host_in(groups: dict[str, str | None]) -> str | None:
    """Return the host that a piece names."""
    names = ("host", "bare_host", "bracket_host", "structured_host", "sender", "named")
    return next((groups[name] for name in names if groups.get(name)), None)


def host_name(text: str) -> str:
    """Return the name in a piece of a header that names a host."""
    found = pattern("HOST").match(text)
    return (host_in(found.groupdict()) if found else None) or text.strip()


def without_trailer(line: str) -> str:
    """Take off the end of a line what a page or an editor put there: the other half of a quotation or of a markup."""
    text = line.lstrip(" \ufeff|>")
    if text[:1] in _MARKED:
        for mark in _MARKS:
            if text.startswith(mark):
                line = line.rstrip(" ,").removesuffix(mark)
    if line[-1:] not in (">", "\\", " ") or line.rstrip()[-1:] not in (">", "\\"):
        return line
    found = pattern("TRAILER").search(line, max(0, len(line) - 256))
    return line[: found.start()] if found else line


def _skip_front(line: str, start: int) -> tuple[int, str | None]:
    """Skip blanks, a pager's line and what a page put in front; and a prompt that a header follows."""
    while start < len(line) and line[start] in " \ufeff":
        start += 1
    for name, begins in FRONT.items():
        found = pattern(name).match(line, start) if line[start : start + 1] in begins else None
        start = found.end() if found else start
    prompt = read_prompt(line, start)
    if prompt and pattern("GOES_ON").match(line, prompt.end()):
        return prompt.end(), prompt["prompt"]
    return start, None


def _piece(line: str, position: int, seen: str, hosts: Set[str]) -> tuple[str, re.Match[str]] | None:
    """Return the piece of a header that stands at `position`, given the one before it."""
    for name in _candidates(line[position], seen):
        match = pattern(name).match(line, position)
        if match and (name != "HOST" or _is_host(line, match, seen, hosts)):
            return name, match
    return None


@lru_cache(maxsize=4096)
def _candidates(first: str, seen: str) -> tuple[str, ...]:
    """Return the pieces that may stand behind `seen` and begin with a character."""
    return tuple(name for name, begins in PIECES.items() if first in begins and may_follow(name, seen))


def may_follow(name: str, seen: str) -> bool:
    """Tell whether a piece may stand behind another one, `seen`, which is empty at the front."""
    if name == "STRUCTURED":
        return seen.startswith("RFC5424 ")
    if name == "SENDER":
        return seen in _BEFORE_SENDER
    if name == "HOST":
        return seen in (*_BEFORE_HOST, "OWN_CLOCK")
    return seen == "" if name in _FIRST else seen != "" or name not in _NEVER_FIRST


def _is_host(line: str, match: re.Match[str], seen: str, hosts: Set[str]) -> bool:
    """Tell whether a word is a host's name: behind the device's own clock only where a syslog message follows."""
    if seen == "OWN_CLOCK":
        return pattern("TAG").match(line, match.end()) is not None
    name = host_in(match.groupdict()) or ""
    known = name in hosts or any(c.isdigit() for c in name)
    behind = match.end()
    return known or any(pattern(piece).match(line, behind) is not None for piece in ("GOES_ON", "SENDER"))
