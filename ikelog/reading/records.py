"""Cut a block into records at once, where the headers of most lines differ in their digits only.

A header that differs from one which was walked along (envelope.py) only in the digits of its clock and its sequence
number, with as many of them, is read as that one is, before a tag that begins alike. A record runs to the next header
that a tag follows: the lines below its own that have none are in its text.
"""

import re
from itertools import islice

from ikelog.grammar.tables import tag_openings
from ikelog.reading.envelope import walk_header
from ikelog.reading.styles import MOST_PIECES, one_line_tag
from ikelog.record import record

# Stands in a record's text for the header of a line without a tag, which is the record's own but for a number.
HEADER = "\x1e"
# Stands there around the tag of a line that has one.
JOINED = "\x1d"
_CLOCKS = ("CLOCK", "ISO_CLOCK")
_SAME = frozenset({"SEQUENCE", "WRAPPER", *_CLOCKS})
_HOURS = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
_DIGIT = re.compile(r"\d")


@record
class RecordForm:
    """How the headers of a block's records look.

    `sample` is one of them, `clock` the clock in it, whose time of day stands at `begin` to `end`; `repeats` tells that
    lines of the same time have the same header. `pattern` splits a block, with a newline in front of it, into what
    stands before the first record and, for each, the time of day, the tag and the text behind it.
    """

    sample: str
    clock: str
    begin: int
    end: int
    repeats: bool
    pattern: re.Pattern[str]

    @property
    def time_of_day(self) -> str:
        """The time of day of the sample."""
        return self.sample[self.begin : self.end]

    def header(self, time_of_day: str) -> str:
        """Return the header of a time of day."""
        return self.sample[: self.begin] + time_of_day + self.sample[self.end :]


def record_form(line: str) -> RecordForm | None:
    """Return the form of a line's header; None where it has no clock of its own, or names a host."""
    walked = list(islice(walk_header(line), MOST_PIECES + 1))
    names = [name for name, _, _ in walked]
    clocks = [found for name, found, _ in walked if name in _CLOCKS]
    if len(clocks) != 1 or not _SAME.issuperset(names):
        return None
    (clock,) = clocks
    groups = clock.groupdict()
    prefix = "iso_" if groups.get("iso") else ""
    begin, end = clock.start(f"{prefix}hour"), max(clock.end(f"{prefix}fraction"), clock.end(f"{prefix}second"))
    parts, place = [], 0
    for name, found, _ in walked:
        if name == "SEQUENCE":
            parts.append(re.escape(line[place : found.start()]) + _DIGIT.sub(r"\\d", re.escape(found[0])))
        elif name in _CLOCKS:
            fraction = r"\.\d{%d}" % (end - begin - 9) if end > begin + 8 else ""  # noqa: UP031 - braces of a pattern
            parts.append(re.escape(line[place:begin]) + f"({_HOURS}{fraction})" + re.escape(line[end : found.end()]))
        else:
            parts.append(re.escape(line[place : found.end()]))
        place = found.end()
    if line[begin + 2] != ":" or (end > begin + 8 and line[begin + 8] != "."):
        return None
    pattern = f"\\n{''.join(parts)}(?={tag_openings().pattern})({one_line_tag()})"
    return RecordForm(line[:place], clock[0], begin, end, "SEQUENCE" not in names, re.compile(pattern))


def begins_alike(form: RecordForm, tag: str, text: str) -> bool:
    """Tell whether a header of a form ends where a tag begins, with the text that stands behind the tag."""
    line = form.sample + tag + text
    walked = list(islice(walk_header(line), MOST_PIECES + 1))
    return bool(walked) and walked[-1][1].end() == len(form.sample)
