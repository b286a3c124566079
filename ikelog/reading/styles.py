"""One pattern for lines that are wrapped alike, made of the envelope's own pieces, so that a block is cut up at once.

What a style's pattern matches, the walk along the pieces (envelope.py) reads in the same way: before each piece stand
look-aheads for those that the walk would have tried earlier there. Other lines are left whole.
"""

import re
from functools import cache
from itertools import islice

from ikelog.grammar.beginnings import beginnings, may_meet, plain
from ikelog.grammar.tables import envelope, tag_letters, tag_openings, tags
from ikelog.grammar.texts import terminal
from ikelog.reading.envelope import FRONT, PIECES, may_follow, seen_behind, walk_header
from ikelog.record import record

# A row of a block: clock, host, tag, what stands behind them; or, all of these empty, a whole line.
Row = tuple[str, str, str, str, str]

# No device and no server writes so many pieces before its text.
MOST_PIECES = 12
_FREE = frozenset({"PRIORITY", "CLOCK", "ISO_CLOCK", "UPTIME", "SEQUENCE", "EMPTY", "PROGRAM", "LOGGER", "FACILITY"})
_CLOCKS = ("CLOCK", "ISO_CLOCK")
_NAMED_GROUP = r"\(\?P<\w+>"
_ELEMENT = r"(?s:\\.|\[\^?(?:\\.|[^\]\\])+\]|.)"
# Behind a clock of the device's own stands a colon, behind that of a syslog server none: other pieces may follow it.
_COLON, _NO_COLON = "(?:(?<=: )|(?<=:))", "(?<!: )(?<!:)"


@record
class Style:
    """How lines are wrapped: the names of the pieces, and the pattern that cuts a block into the parts of its rows.

    `host_first` tells that the host stands before the clock.
    """

    pieces: tuple[str, ...]
    pattern: re.Pattern[str]
    host_first: bool

    def rows(self, block: str) -> list[Row]:
        """Cut a block of whole lines, each with its newline, into rows."""
        found: list[Row] = self.pattern.findall(block)
        if self.host_first:
            return [(clock, host, tag, rest, line) for host, clock, tag, rest, line in found]
        return found


def style_of(line: str, *, on_one_day: bool = False) -> Style | None:
    """Return the style of a line; None where no pattern can stand for the walk along its header.

    `on_one_day`: of lines whose clock differs from this one's by its time of day only, which are found faster.
    """
    walked = list(islice(walk_header(line), MOST_PIECES + 1))
    names = [name for name, _, _ in walked]
    clocks = [place for place, name in enumerate(names) if name in _CLOCKS]
    last_clock = clocks[-1] if clocks else None
    if len(walked) > MOST_PIECES:
        return None
    parts, seen = [_front(PIECES[names[0]] if names else None)], ""
    for place, (name, found, before) in enumerate(walked):
        day = on_one_day and place == last_clock
        piece = (_clock_on_day(found) if day else None) or _piece(name, found)
        if piece is None:
            return None
        caught = place == last_clock or name == "HOST"
        seen = seen_behind(name, found, before)
        behind = (_COLON if seen == "OWN_CLOCK" else _NO_COLON) if name == "CLOCK" else ""
        parts.append(_earlier(before, name) + (f"({piece})" if caught else piece) + behind)
    host_first = last_clock is not None and "HOST" in names[:last_clock]
    groups = ("" if last_clock is not None else "()") + ("" if "HOST" in names else "()")
    if names.count("HOST") > 1 or (last_clock is None and "HOST" in names):
        return None
    header = "".join(parts) + groups
    bare = f"|{_earlier(seen, None)}" if names else ""  # a line without a header is left whole
    pattern = f"(?:{header}(?:{_tagged(seen)}{bare})(.*)|(.*))\\n"
    return Style(tuple(names), re.compile(pattern), host_first)


def _tagged(seen: str) -> str:
    return f"{_earlier(seen, None, before_tag=True)}(?={tag_openings().pattern})({one_line_tag()})"


def _front(begins: str | None) -> str:
    """Nothing that the walk skips in front of a header, and nothing typed there."""
    skipped = [name for name in ("PAGER", "MARKUP", "PROMPT") if begins is None or _may_begin(name, begins)]
    ahead = "".join(f"(?!{_first_of(name)}(?:{_one_line(envelope(name).pattern)}))" for name in skipped)
    return ("" if begins else "(?![ \ufeff])") + ahead


def _first_of(name: str) -> str:
    """Return a look-ahead for the first character of what is skipped: most lines have none of these."""
    return f"(?=[{re.escape(''.join(FRONT[name]))}])" if name in FRONT else "(?=[A-Za-z])"


def _may_begin(name: str, begins: str) -> bool:
    """Tell whether a piece may begin with one of some characters."""
    return may_meet(beginnings(envelope(name).pattern), frozenset(plain(begins)))


def _piece(name: str, found: re.Match[str]) -> str | None:
    """Return a pattern for a piece of a header; None where the walk decides by more than the piece's own pattern."""
    pattern = f"(?=[{re.escape(PIECES[name])}])(?>{_one_line(envelope(name).pattern)})"
    if name == "HOST":
        if any(character.isdigit() for character in found[0]):  # then it is a host whatever follows
            return rf"(?=\[?[A-Za-z_.:-]*\d){pattern}"
        return None
    if name == "WRAPPER":  # nearly always the same text
        text = re.escape(found[0])
        return f"(?={text}){pattern}(?<={text})"
    if name not in _FREE or (name == "PRIORITY" and found["version"]):
        return None
    return pattern


def clock_form(found: re.Match[str]) -> tuple[str, str] | None:
    """Return what a device's own clock shows before and behind the time of day; None where more may follow it."""
    groups = found.groupdict()
    if not groups.get("hour") or not groups["end"].startswith(":"):
        return None
    end = max(found.end("fraction"), found.end("second"))
    return found[0][: found.start("hour") - found.start()], found[0][end - found.start() :]


def _clock_on_day(found: re.Match[str]) -> str | None:
    """Return a pattern for the clock of one day; None where another clock may begin with it.

    Behind a zone must stand no other clock and no number: then the zone is none (see the grammar).
    """
    form = clock_form(found)
    if form is None:
        return None
    before, after = (re.escape(text) for text in form)
    month = _one_line(terminal("envelope", "MONTH"))
    guard = rf"(?!(?:[*.]?{month}|\d+:) )" if form[1].startswith(" ") else ""
    guard += "" if form[1].endswith(" ") else "(?! )"  # a blank would be the clock's
    return rf"{before}\d\d:\d\d:\d\d(?:\.\d{{1,9}})?{after}{guard}"


def _earlier(seen: str, name: str | None, *, before_tag: bool = False) -> str:
    """Return look-aheads for the pieces that the walk tries before one; before the text itself, for all of them."""
    ahead = ""
    here = PIECES[name] if name else tag_letters() if before_tag else ""
    for other, begins in PIECES.items():
        if other == name:
            break
        shared = set(here) & set(begins)
        if not may_follow(other, seen) or (here and not shared) or (before_tag and other == "SENDER"):
            continue  # no tag is a device's name with its header behind it
        pattern = envelope(other).pattern
        if before_tag and not may_meet(_with_first(pattern, shared), _with_first(tags().pattern, shared)):
            continue
        goes_on = _one_line(envelope("TAG").pattern) if other == "HOST" and seen == "OWN_CLOCK" else ""
        ahead += f"(?!(?=[{re.escape(begins)}])(?:{_one_line(pattern)}){goes_on})"
    return ahead


def _with_first(pattern: str, letters: set[str]) -> frozenset[str]:
    """Return the beginnings of what a pattern matches as far as they begin with one of some characters."""
    firsts = plain(letters)
    return frozenset(text for text in beginnings(pattern) if not text or text[0] in firsts)


@cache
def one_line_tag() -> str:
    """Return one pattern for the tags of all families, which never goes over the end of a line."""
    return f"(?>{_one_line(tags().pattern)})"


@cache
def _one_line(pattern: str) -> str:
    """Return a pattern without groups of its own that never goes over the end of a line."""
    elements = re.findall(_ELEMENT, re.sub(_NAMED_GROUP, "(?:", pattern))
    kept = {r"\s": r"[^\S\n]", r"\D": r"[^\d\n]", r"\W": r"[^\w\n]"}
    return "".join(
        rf"[^\n{element[2:]}" if element.startswith("[^") else kept.get(element, element) for element in elements
    )
