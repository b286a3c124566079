"""Read blocks record by record as far as that can be done, and the rest row by row."""

from ikelog.events.lane import Lane
from ikelog.events.placed import HANDLE
from ikelog.events.records import ReadAlone
from ikelog.events.row_reader import RowReader
from ikelog.events.runs import ShownBy
from ikelog.events.types import Event
from ikelog.grammar.parsing import parse
from ikelog.reading.clock import ClockState
from ikelog.reading.lines import Reading, read_line
from ikelog.reading.records import HEADER, JOINED, RecordForm
from ikelog.reading.rows import Block, Rows
from ikelog.reading.sources import SourceText


class RecordReader:
    """Reads the blocks of a source whose records look alike; `rows` reads what has to be read row by row."""

    def __init__(self, rows: RowReader, source: SourceText, shown_by: ShownBy | None) -> None:
        self._rows = rows
        self._alone = _Alone()
        self._lane = Lane(source, rows.tags, self._alone, shown_by)

    def read(self, block: Block, form: RecordForm) -> list[Event]:
        """Return the events that are complete once a block of records of a form was read."""
        found: list[Event] = []
        rows, lane = self._rows, self._lane
        self._alone.header, self._alone.clock = form.sample, form.time_of_day
        split = lane.split(form, block.text)
        line, place, last = block.first, 0, len(split.tags) - 1
        if split.above:
            above = split.above.count("\n")
            found.extend(rows.read(block.rows_of(line, above)))
            line += above
        while place <= last:
            day = rows.day_of(form) if place < last else None
            if day is not None:
                place, line = lane.read(split, place, line, day, found, end=last)
                rows.gatherer.family, rows.gatherer.device = lane.family or rows.gatherer.family, None
                joined = lane.read_joined(split, place, line, day, found, end=last)
                if joined is not None:
                    place, line = joined
                    continue
            count = split.texts[place].count("\n") + 1
            found.extend(rows.read(block.rows_of(line, count)))
            place, line = place + 1, line + count
        return found


class _Alone:
    """Reads records alone, by what it has read of others: with nothing above them, and another record below.

    `header` is what stands in front of their lines, `clock` the time of day in it.
    """

    def __init__(self) -> None:
        self.header, self.clock = "", ""
        self._reader = RowReader(SourceText("", "", "utf-8"), Reading(ClockState()))

    def __call__(self, tag: str, text: str) -> ReadAlone:
        """Read a tag and the text behind it."""
        first, *below = text.split("\n")
        plain = [self.header + tag + first, *(self._with_header(line) for line in below)]
        whole = "\n".join([*plain, ""])
        reader = self._reader
        reader.begin_again(SourceText("", whole, "utf-8"), Reading(ClockState()))
        found = [*reader.read(Rows(1, whole, [("", "", "", "", line) for line in plain])), *reader.close()]
        if not reader.state.may_be_split or reader.state.damaged or not self._is_said(found, tag, first, below):
            return ReadAlone((), False)
        return ReadAlone(found, not _is_head(tag + first))

    def _with_header(self, line: str) -> str:
        """Return a line of a record's text as it was printed."""
        if line.startswith(JOINED):
            return self.header + line.replace(JOINED, "")
        return self.header + line[1:] if line.startswith(HEADER) else line

    def _is_said(self, found: list[Event], tag: str, first: str, below: list[str]) -> bool:
        """Tell whether all of a record was understood as its tag and its header have it: no line has one of its own."""
        if any(line[:1] not in (HEADER, JOINED) and self._reader.whole[line] is None for line in below):
            return False
        known = self._reader.tags.get(tag) or self._reader.tags.read(tag, first)
        if known.family != "asa_ikev2" and any(HANDLE.search(line) for line in below):
            return False  # an ASA's lines below another device's: whether they belong there, the handles tell
        clocks = {event.moment.clock for event in found if event.moment is not None}
        return (
            found != []
            and (found[0].line, found[0].handle, found[0].platform) == (1, known.handle, known.platform)
            and found[0].moment is not None
            and clocks == {self.clock}
            and all(event.kind != "unrecognised" and event.damage is None for event in found)
        )


def _is_head(line: str) -> bool:
    """Tell whether a line with a tag says something of its own, and does not continue what stands above it."""
    segment = next(read_line(1, line, Reading(ClockState())), None)
    if segment is None or not segment.family:
        return False
    return parse(segment.family, "body", segment.body) is not None
