"""Logs that a terminal wrapped: every line that was longer than its window goes on in the next one."""

import re
from itertools import pairwise

from ikelog.grammar.tables import tags
from ikelog.reading.sources import SourceText
from ikelog.record import record, replaced

# The widths of terminals, and how much of a log tells whether it was wrapped by one.
_WIDTHS = (80, 100, 120, 132)
_ENOUGH = 1 << 16
_LEAST_FULL = 3
# The first part of a record's line, which none before it goes on with.
_BEGINS = (
    r"\s*(?:<\d{1,3}>|(?:\d{1,12}: )?[*.]?(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?"
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2} |\d{4}-\d\d-\d\d[T ]\d\d:|%[A-Z]{2}|\(\d+\):"
    r"|Initiator SPI ?:|IKEv2 [A-Z_]{4,} Exchange|Payload contents|Next payload: |[A-Za-z][\w.-]*(?:\([\w-]+\))?#|$)"
)
_TAG_AT_END = r"IKEv2-(?:PLAT|PROTO)-\d: ?$"


@record
class Unwrapped:
    """A log as it was before a terminal wrapped it, and the numbers that its lines had, the first of each."""

    source: SourceText
    firsts: tuple[int, ...]
    count: int

    def first(self, line: int) -> int:
        """Return the number of the first line that a line was wrapped into."""
        return self.firsts[line - 1]

    def last(self, line: int) -> int:
        """Return the number of the last line that a line was wrapped into."""
        return self.firsts[line] - 1 if line < len(self.firsts) else self.count

    def was_wrapped(self, first: int, last: int) -> bool:
        """Tell whether any of some lines was wrapped."""
        return self.last(last) - self.first(first) > last - first


def unwrapped(source: SourceText) -> Unwrapped | None:
    """Return a log as it was before a terminal wrapped it; None where none did."""
    width = _terminal_width(source.text[:_ENOUGH])
    if width is None:
        return None
    lines = [line.rstrip("\r") for line in source.text.split("\n")]
    if not lines[-1]:
        lines.pop()
    texts: list[str] = []
    firsts: list[int] = []
    for number, (above, line) in enumerate(pairwise(["", *lines]), 1):
        if texts and _goes_on(above, line, width):
            texts[-1] += line if len(above) == width else f" {line}"
        else:
            texts.append(line)
            firsts.append(number)
    text = "".join(f"{text}\n" for text in texts)
    return Unwrapped(replaced(source, text=text), tuple(firsts), len(lines))


def _terminal_width(text: str) -> int | None:
    """Return the width of the terminal that wrapped a log: no line is longer, several are as long and go on below."""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    width = max(map(len, lines))
    if width not in _WIDTHS:
        return None
    pairs = [(above, line) for above, line in pairwise(lines) if len(above) == width]
    going_on = sum(_goes_on(above, line, width) for above, line in pairs)
    cut = sum(above[-1:].isalnum() and line[:1].isalnum() for above, line in pairs if _goes_on(above, line, width))
    return width if going_on >= _LEAST_FULL and 2 * going_on > len(pairs) and cut else None


def _goes_on(above: str, line: str, width: int) -> bool:
    """Tell whether a line is the rest of the one above it: that is full, or was but for a blank at its end."""
    if len(above) == width:
        if re.search(_TAG_AT_END, above):
            return True
        return not _begins(line)
    return len(above) == width - 1 and line[:1] not in ("", " ") and not _begins(line)


def _begins(line: str) -> bool:
    start = len(line) - len(line.lstrip())
    found = tags().match(line, start)
    return re.match(_BEGINS, line) is not None or found is not None
