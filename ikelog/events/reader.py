"""Read a source into events: record by record where its lines look alike, else row by row."""

from collections.abc import Iterator

from ikelog.events.placing import as_wrapped, under_prompts
from ikelog.events.row_reader import RowReader
from ikelog.events.runs import ShownBy
from ikelog.events.types import Event
from ikelog.reading.damage import NO_CHARACTERS, WRAPPED, Damage
from ikelog.reading.lines import Reading
from ikelog.reading.rows import read_blocks
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
    records = None
    for block in read_blocks(source):
        if block.form is None or not state.may_be_split:
            found = reader.read(block.rows())
        else:
            if records is None:
                from ikelog.events.record_reader import RecordReader  # slow to import, and a paste has no such blocks

                records = RecordReader(reader, source, shown_by)
            found = records.read(block, block.form)
        yield from under_prompts(found, state)
    yield from under_prompts(list(reader.close()), state)
