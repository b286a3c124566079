"""Read rows into events: each by what was said before, or segment by segment."""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice

from ikelog.events.gathering import Gatherer
from ikelog.events.parts import parse_part
from ikelog.events.tails import Tails
from ikelog.events.types import Event, Handle
from ikelog.events.understood import BareTexts, KnownTag, Tags, Text, Understood, with_subject
from ikelog.events.wrapped import WRAPPED_LINES, is_empty_above_part
from ikelog.reading.clock import note_clock, same_day
from ikelog.reading.envelope import host_name
from ikelog.reading.lines import Reading, Segment, read_line
from ikelog.reading.moment import Day, Moment
from ikelog.reading.records import RecordForm
from ikelog.reading.rows import Rows
from ikelog.reading.sources import SourceText
from ikelog.reading.styles import Row
from ikelog.reading.templates import behind_header, whole_line

_new = tuple.__new__  # a third of the time that Event(...) takes


class RowReader:
    """Reads a source row by row: what was said before by what it said then, the rest segment by segment.

    `window` holds the segments from the first on that may be joined with what stands below it.
    """

    def __init__(self, source: SourceText, state: Reading) -> None:
        self.tags = Tags()
        self.whole = BareTexts(whole_line)
        self.behind_header = BareTexts(behind_header)
        self.tails = Tails(self.whole)
        self.numbered = False
        self.begin_again(source, state)

    def begin_again(self, source: SourceText, state: Reading) -> None:
        """Read another source, by what was read before."""
        self.name = source.name
        self.state = state
        self.gatherer = Gatherer(source, state.damaged)
        self.hosts = Hosts(state)
        self.window: deque[Segment] = deque()
        self.clock = ""
        self.moment: Moment | None = None

    def day_of(self, form: RecordForm) -> Day | None:
        """Return the day of records of a form, where they can be read as a whole; None where lines are still open."""
        if self.window or self.gatherer.pending or self.gatherer.masked or not self.state.may_be_split:
            return None
        moment = same_day(self.state.clock, form.clock)
        return moment.day if moment is not None else None

    def read(self, block: Rows) -> list[Event]:
        """Return the events that are complete once the rows of a block were read."""
        found: list[Event] = []
        place = 0
        while place < len(block.rows):
            if not self.window:
                place = self._read_known(block, place, found)
            if place < len(block.rows):
                self._add_segments(block.first + place, block.rows[place], block.line)
                found.extend(self._drain())
                place += 1
        return found

    def _read_known(self, block: Rows, place: int, found: list[Event]) -> int:
        """Read rows from a place on as long as they are known; return the place of the first that is not."""
        tags, hosts, name, gatherer = self.tags, self.hosts, self.name, self.gatherer
        rows, first, pending = block.rows, block.first, gatherer.pending
        while place < len(rows):
            clock, host, tag, rest, _ = rows[place]
            number = first + place
            if tag:
                if clock != self.clock and not self._is_timed(clock):
                    break
                known = tags.get(tag) or tags.read(tag, rest)
                family, platform, version, handle, subject, texts = known
                text = texts[rest]
                said = text.said
            else:
                said = None
            if said is None or pending or text.more:
                taken = self._take_row(number, rows, place, known, text, found) if tag else False
                if not taken and (tag or not self._take_line(number, rows[place], found)):
                    break
                place += 1
                continue
            kind, fields, opens = said
            device = hosts[host] if host else None
            if subject:
                fields = with_subject(subject, fields)
            moment = self.moment
            event = _new(
                Event, (kind, name, number, number, moment, device, platform, handle, fields, None, version, None)
            )
            gatherer.family, gatherer.device = family, device
            place += 1
            if opens:
                place, record = self._record(event, family, rows, place)
                if record is None:
                    gatherer.add(event)
                    continue
                event = record
            found.append(event)
        return place

    def _take_row(
        self, number: int, rows: list[Row], place: int, known: KnownTag, text: Text, found: list[Event]
    ) -> bool:
        """Take a row with a tag where records are open, or that says more than one thing; tell whether it was taken."""
        device, said = self.hosts[rows[place][1]], text.said
        if said is None and text.part is not None and text.segments:
            segment = _named(text.segments[0], known)._replace(line=number, moment=self.moment, device=device)
            self.gatherer.take_part(segment, text.part, number)
        else:
            if said is None:
                said = text.alone
                if said is None or not self._is_alone(said, known.family, rows, place + 1):
                    return False
            fields = with_subject(known.subject, said.fields)
            event = Event(said.kind, self.name, number, number, self.moment, device, known.platform, known.handle)
            event = event._replace(fields=fields, ike_version=known.version)
            found.extend(self.gatherer.take_known(event, known.family))
        if text.more:
            self.gatherer.take_known_line(number, text.more, None, self.moment, device)
        found.extend(self.gatherer.complete())
        return True

    def _record(self, head: Event, family: str, rows: list[Row], place: int) -> tuple[int, Event | None]:
        """Return the place behind a record, and the record; the place itself, and None, where its end is not known."""
        behind = self._behind_record(rows, place, family, head.handle)
        if behind == 0:
            return place, None
        record = self.tails.record(head, family, [row[4] for row in rows[place:behind]])
        return (place, None) if record is None else (behind, record)

    def _behind_record(self, rows: list[Row], place: int, family: str, handle: Handle | None) -> int:
        """Return the place of the row that ends a record which lines without a header continue; 0 where none does."""
        end = place
        while end < len(rows) and not (rows[end][0] or rows[end][2] or rows[end][3]):
            end += 1
        if end == len(rows) or not rows[end][2]:
            return 0
        tag, rest = rows[end][2], rows[end][3]
        known = self.tags.get(tag) or self.tags.read(tag, rest)
        if known.texts[rest].said is None:
            return 0
        if known.family != "asa_ikev2" or known.handle is None or handle is None or known.handle.sa == handle.sa:
            return end
        return 0

    def _take_line(self, number: int, row: Row, found: list[Event]) -> bool:
        """Take a row without a tag if all that it says is known; tell whether it was taken."""
        clock, host, _, rest, line = row
        moment, device = None, None
        if line or not (clock or rest):
            texts, own = self.whole.of(line)
        elif clock == self.clock or self._is_timed(clock):
            texts, own = self.behind_header.of(rest)
            moment, device = self.moment, self.hosts[host]
        else:
            return False
        if not texts:
            return texts is not None
        gatherer = self.gatherer
        held = len(gatherer.pending)
        if not gatherer.take_known_line(number, texts, own, moment, device):
            return False
        if len(gatherer.pending) != held:
            found.extend(gatherer.complete())
        return True

    def _is_alone(self, said: Understood, family: str, rows: list[Row], below: int) -> bool:
        """Tell whether nothing stands right below a row that what it says may be joined with."""
        if below == len(rows):
            return False
        clock, _, tag, rest, line = rows[below]
        if tag:
            return True
        texts = self.whole[line] if line or not (clock or rest) else self.behind_header[rest]
        if not texts:
            return texts is not None
        return said.kind == "empty" and parse_part(texts[0].body, family) is not None

    def close(self) -> Iterator[Event]:
        """Yield what is still held."""
        yield from self._drain(at_end=True)
        yield from self.gatherer.close()

    def _is_timed(self, clock: str) -> bool:
        """Tell whether a clock's moment is known, as one of the day that the log has come to."""
        moment = same_day(self.state.clock, clock) if clock else None
        if clock and moment is None:
            return False
        self.clock, self.moment = clock, moment
        return True

    def _add_segments(self, number: int, row: Row, lines: Callable[[int], str]) -> None:
        """Add the segments of a row to the window, made anew where they are not known."""
        clock, host, tag, rest, line = row
        found: tuple[Segment, ...] | None = None
        if line or not (clock or tag or rest):
            found = self.whole[line]
            moment, device = None, None
        elif clock == self.clock or self._is_timed(clock):
            moment, device = self.moment, self.hosts[host]
            if tag:
                known = self.tags[tag] if tag in self.tags else self.tags.read(tag, rest)
                found = known.texts[rest].segments
                if found:
                    found = (_named(found[0], known), *found[1:])
            else:
                found = self.behind_header[rest]
        if found is None:
            self.window.extend(read_line(number, lines(number), self.state))
            if self.state.numbering is not None and not self.numbered:  # a line's number depends on its place
                self.numbered, self.whole = True, BareTexts(lambda _: None)
                self.tails = Tails(self.whole)
            self.clock, self.moment = "", None
            if clock and not self.state.own_clocks:  # else it may be a server's, which tells nothing of the device's
                note_clock(self.state.clock, clock)
            return
        width = len(lines(number).rstrip()) if found else 0
        for segment in found:
            self.window.append(segment._replace(line=number, moment=moment, device=device, width=width))

    def _drain(self, *, at_end: bool = False) -> Iterator[Event]:
        """Take the segments of the window as far as they have those below them that they may be joined with."""
        window = self.window
        while window and (at_end or self._is_enough()):
            segment = window.popleft()
            if segment.family != "":
                yield from self.gatherer.take(segment, window)

    def _is_enough(self) -> bool:
        """Tell whether the window shows all that its first segment may be joined with."""
        window = self.window
        if len(window) > WRAPPED_LINES or not self.gatherer.may_go_on(window[0]):
            return True
        if any(below.family is not None for below in islice(window, 1, None)):
            return True
        return len(window) > 1 and window[0].family is not None and is_empty_above_part(window[0], window[1])


def _named(segment: Segment, known: KnownTag) -> Segment:
    """Give a segment, which is known without its tag, what the tag names."""
    sa, session = known.handle or (None, None)
    return segment._replace(sa=sa, session=session, subject=known.subject)


class Hosts(dict[str, str | None]):
    """The devices that hosts' names in headers stand for; each is noted for the headers behind it."""

    def __init__(self, state: Reading) -> None:
        super().__init__({"": None})
        self._state = state

    def __missing__(self, text: str) -> str | None:
        name = host_name(text)
        self._state.hosts.add(name)
        result = self[text] = None if name == "-" else name
        return result
