"""Read a source into events: record by record where its lines look alike, else row by row."""

from collections.abc import Iterator

from ikelog.events.lane import Lane
from ikelog.events.placed import HANDLE
from ikelog.events.placing import as_wrapped, under_prompts
from ikelog.events.records import ReadAlone
from ikelog.events.row_reader import RowReader
from ikelog.events.runs import ShownBy
from ikelog.events.types import Event
from ikelog.grammar.parsing import parse
from ikelog.reading.clock import ClockState
from ikelog.reading.damage import NO_CHARACTERS, WRAPPED, Damage
from ikelog.reading.lines import Reading, read_line
from ikelog.reading.records import HEADER, JOINED
from ikelog.reading.rows import Block, Rows, read_blocks
from ikelog.reading.sources import SourceText
from ikelog.reading.unwrapping import unwrapped
from ikelog.record import replaced


def read_events(source: SourceText, state: Reading) -> Iterator[Event]:
    """Yield the events of a source in the order of their lines."""
    yield from read_runs(source, state, None)


def read_runs(source: SourceText, state: Reading, shown_by: ShownBy | None) -> Iterator[Event]:
    """Yield the events of a source in the order of their lines, those in a row that change nothing as runs.

    What changes nothing, and what it shows, is for `shown_by` to say.
    """
    if source.undecoded is not None:
        state.damaged.append(Damage(source.undecoded, NO_CHARACTERS, False))
    wrapped = unwrapped(source)
    if wrapped is None:
        yield from _read(source, state, shown_by)
        return
    noted = len(state.damaged)
    for event in _read(wrapped.source, state, None):
        yield as_wrapped(event, wrapped)
        if wrapped.was_wrapped(event.line, event.end_line):
            state.damaged.append(Damage(event.line, WRAPPED, True))
    state.damaged[noted:] = [replaced(one, line=wrapped.first(one.line)) for one in state.damaged[noted:]]


def _read(source: SourceText, state: Reading, shown_by: ShownBy | None) -> Iterator[Event]:
    reader = RowReader(source, state)
    alone = _Alone()
    lane = Lane(source, reader.tags, alone, shown_by)
    for block in read_blocks(source):
        if block.form is not None:
            alone.header, alone.clock = block.form.sample, block.form.time_of_day
        yield from under_prompts(_read_block(reader, lane, block), state)
    yield from under_prompts(list(reader.close()), state)


def _read_block(reader: "RowReader", lane: Lane, block: Block) -> list[Event]:
    """Read a block record by record as far as that can be done, and the rest row by row."""
    found: list[Event] = []
    if block.form is None or not reader.state.may_be_split:
        found.extend(reader.read(block.rows()))
        return found
    split = lane.split(block.form, block.text)
    line, place, last = block.first, 0, len(split.tags) - 1
    if split.above:
        above = split.above.count("\n")
        found.extend(reader.read(block.rows_of(line, above)))
        line += above
    while place <= last:
        day = reader.day_of(block.form) if place < last else None
        if day is not None:
            place, line = lane.read(split, place, line, day, found, end=last)
            reader.gatherer.family, reader.gatherer.device = lane.family or reader.gatherer.family, None
            joined = lane.read_joined(split, place, line, day, found, end=last)
            if joined is not None:
                place, line = joined
                continue
        count = split.texts[place].count("\n") + 1
        found.extend(reader.read(block.rows_of(line, count)))
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
