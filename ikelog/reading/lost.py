"""Where a log says, or its sequence numbers show, that lines of it are missing."""

import re
from collections.abc import Iterator

from ikelog.grammar.cache import kept_pattern
from ikelog.reading.sources import SourceText
from ikelog.record import record

# Some of these are in every such sentence: a text without them is not searched.
_WORDS = ("messages dropped", "messages lost", " rate-limited", "msg(s) discarded", " due to rate-limiting")
# IOS (%SYS-3-MSGLOST, `show logging`), ASA (`show logging queue`), rsyslog.
_SAID = (
    r"\b(?P<number>[1-9]\d*) (?:messages? (?:dropped|lost|rate-limited)|msg\(s\) discarded)"
    r"|\blost (?P<of_server>[1-9]\d*) messages from .* due to rate-limiting"
)
# What a device, or a syslog server for it, puts in front of a sequence number, and what stands behind it.
_NUMBERED = (
    r"\n(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?P<host>\S+) )?(?P<sequence>\d{1,12}): "
    r"(?= ?[*.]?(?:[A-Z][a-z]{2} [ \d]|\d|%))"
)
_BEGINNING = 1 << 14
# The search takes a part of the time that reading does: of a log that is longer only the beginning is searched.
_SEARCHED = 4 << 20
# A longer leap is another count, not a hole.
_LONGEST_HOLE = 100_000


@record
class Loss:
    """So many lines that are missing.

    `said` tells that the log says so in `line`; else the sequence numbers have a hole between `line` and `end_line`.
    """

    source: str
    line: int
    end_line: int
    count: int
    said: bool


def lost_lines(source: SourceText) -> tuple[Loss, ...]:
    """Return where lines of a source are missing: what it says first, then the holes in its sequence numbers."""
    return (*_told(source), *_holes(source))


def _told(source: SourceText) -> Iterator[Loss]:
    text = source.text[:_SEARCHED]
    if not any(word in text for word in _WORDS):
        return
    for found in re.finditer(_SAID, text):
        line = text.count("\n", 0, found.start()) + 1
        yield Loss(source.name, line, line, int(found["number"] or found["of_server"]), True)


def _holes(source: SourceText) -> Iterator[Loss]:
    """Yield the holes in the sequence numbers of each host; of a log that begins without such numbers none."""
    numbered = kept_pattern("numbered", _NUMBERED)
    if not numbered.search("\n" + source.text[:_BEGINNING]):
        return
    last: dict[str | None, tuple[int, int]] = {}
    line, counted, text = 1, 0, "\n" + source.text[:_SEARCHED]
    for found in numbered.finditer(text):
        number, host = int(found["sequence"]), found["host"]
        before, place = last.get(host, (number - 1, 0))
        last[host] = number, found.start()
        if 1 < number - before <= _LONGEST_HOLE:
            line += text.count("\n", counted, found.start())
            counted = found.start()
            behind = text.count("\n", place, found.start())
            yield Loss(source.name, line - behind, line, number - before - 1, False)
