"""What whole records say, remembered: by their text, or by its shape where identifiers stand in it.

A text is read once by the reader for logs of every kind, alone: with nothing above it, and nothing of its own below it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ikelog.events.blocks import ACCEPTS
from ikelog.events.runs import ShownBy
from ikelog.events.shapes import Shapes
from ikelog.events.types import NO_FIELDS, Event, Value
from ikelog.grammar.parsing import MEMO_LIMIT


class ReadAlone(NamedTuple):
    """The events of a record that was read as a log of its own, none where more is in it than events.

    `continues` tells that it would continue a record that is open above it.
    """

    events: Sequence[Event]
    continues: bool


# Reads a tag and the text behind it as a log of its own.
Alone = Callable[[str, str], ReadAlone]


class Said:
    """What a record says: its events, the first in a form of its own, their lines counted from the record's first.

    `kind` is empty where it says more than events. `lines` is how many lines it has. `opens` tells that lines of the
    record below it might continue it, `continues` that it would itself continue one that is open above it; `moves` that
    the fields of the first name lines. `quiet` tells that it changes nothing in its negotiation; then `spis` and `role`
    are what it shows of it.
    """

    __slots__ = ("continues", "end", "fields", "kind", "lines", "more", "moves", "opens", "quiet", "role", "spis")

    def __init__(self, alone: ReadAlone, lines: int, shown_by: ShownBy | None) -> None:
        events, self.continues = alone
        self.kind, self.fields, self.end = "", NO_FIELDS, 0
        if events:
            self.kind, self.fields, self.end = events[0].kind, events[0].fields, events[0].end_line - 1
        self.more = tuple(events[1:])
        self.lines = lines
        self.opens = any(event.kind in ACCEPTS for event in events)
        self.moves = "proposals" in self.fields
        single = len(events) == 1 and not (self.opens or self.continues or self.end)
        shown = shown_by(self.kind, self.fields) if shown_by is not None and single else None
        self.quiet = shown is not None
        self.spis, self.role = shown or (None, None)


class Read(NamedTuple):
    """What a text says, the fields of its first event, the SPI pair that it shows, and the fields of further events.

    Of many texts that begin alike `lead` is the beginning, and `tails` what they say by what stands behind it.
    """

    said: Said
    fields: Mapping[str, Value]
    spis: tuple[str, str] | None
    more: Sequence[Mapping[str, Value]] = ()
    lead: str = ""
    tails: Mapping[str, Said] = {}


class Records(dict[str, Said]):
    """What stands behind one kind of tag, as far as it was read. The kinds of what is quiet go into `quiet`."""

    def __init__(self, alone: Alone, shown_by: ShownBy | None, quiet: set[str]) -> None:
        super().__init__()
        self._alone = alone
        self._shown_by = shown_by
        self._quiet = quiet
        self._shapes: Shapes[Said] = Shapes()
        self._tails: dict[tuple[str, ...], dict[str, Said]] = {}

    def read(self, tag: str, text: str) -> Read:
        """Return what a text says that stands behind a tag and was not read before."""
        found = self._shapes.find(text)
        if found is None:
            return self._first(tag, text)
        said, fields, more, key, tail = found
        if not said.quiet or said.spis is None or self._shown_by is None:
            return Read(said, fields, None, more)
        shown = self._shown_by(said.kind, fields)
        spis = shown[0] if shown is not None else None
        if not tail:
            return Read(said, fields, spis)
        tails = self._tails.setdefault(key, {})
        if len(tails) < MEMO_LIMIT:
            tails[tail] = said
        return Read(said, fields, spis, (), text[: -len(tail)], tails)

    def _first(self, tag: str, text: str) -> Read:
        alone = self._alone(tag, text)
        said = Said(alone, text.count("\n") + 1, self._shown_by)
        if said.quiet:
            self._quiet.add(said.kind)
        if len(self) >= MEMO_LIMIT:
            self.clear()
        self[text] = said
        if alone.events:
            self._shapes.note(text, said, [event.fields for event in alone.events])
        return Read(said, said.fields, said.spis, [event.fields for event in said.more])
