"""Gather the lines of a record into one event, and keep what is not understood."""

from collections import deque
from collections.abc import Iterator

from ikelog.events.blocks import ACCEPTS, Block, add_part, close_block, open_block
from ikelog.events.continuing import LONGEST_BLOCK, continues
from ikelog.events.mending import Mended, Mender, as_read, both, damage_of, with_blanks
from ikelog.events.parts import Part, parse_part
from ikelog.events.types import Event, Handle
from ikelog.events.understood import PLATFORMS, VERSIONS, values_of, with_subject
from ikelog.events.wrapped import needs_lines_below, parse_head, parse_wrapped, with_handle_of_line
from ikelog.grammar.parsing import parse
from ikelog.grammar.types import Parsed
from ikelog.reading.characters import BLANK
from ikelog.reading.damage import UNREAD, WRAPPED, Damage
from ikelog.reading.lines import Segment
from ikelog.reading.moment import Moment
from ikelog.reading.sources import SourceText

# Where records of several handles lie inside each other, one that pauses for so many lines has ended.
LONGEST_PAUSE = 60

# What says only what the record's own head says again.
_HEADER_PARTS = frozenset({"message_header", "message_spis", "message_exchange", "payload_contents"})


class Gatherer:
    """Holds the records that are open, and what stands behind their heads without belonging to them.

    Only an ASA, which repeats its handle on every line, can have more than one open.
    """

    def __init__(self, source: SourceText, damaged: list[Damage]) -> None:
        self.source = source
        self.damaged = damaged
        self.mender = Mender()
        self.masked = False
        self.family = ""
        self.device: str | None = None
        self.open: list[Block] = []
        self.pending: deque[Event | Block] = deque()
        # All that is not understood on one line shares its text: a line may hold a hundred thousand tags.
        self.line, self.text = 0, ""

    def take(self, segment: Segment, window: deque[Segment]) -> Iterator[Event]:
        """Take the next segment; yield the events that are now complete."""
        self.masked = self.masked or BLANK in segment.body or any(BLANK in text for _, text in segment.subject)
        if segment.family is None:
            self._take_bare(segment, window)
        else:
            self._take_tagged(segment, window)
        yield from self.complete()

    def take_known(self, event: Event, family: str) -> Iterator[Event]:
        """Take the event of a line whose tag and text are known; yield the events that are now complete."""
        self._end_records(family, event.handle.sa if event.handle is not None else None, event.line)
        self.family, self.device = family, event.device
        self.add(event)
        yield from self.complete()

    def take_known_line(
        self, number: int, texts: tuple[Segment, ...], own: int | None, moment: Moment | None, device: str | None
    ) -> bool:
        """Take a line without a tag whose texts are known; False, and nothing done, where it takes more than that.

        `own` is the handle for which 0 stands in the texts.
        """
        taken: list[tuple[Segment, int | None, Part]] = []
        for place, text in enumerate(texts):
            sa = own if text.sa == 0 and own is not None else text.sa
            part = parse_part(text.body, self.family if sa is None else "asa_ikev2")
            if part is None:
                if text.first if sa is not None else len(texts) == 1 and self._is_near(number):
                    return False
                continue
            if sa is None and place + 1 < len(texts):  # an ASA prints the handle behind the text
                sa = own if texts[place + 1].sa == 0 and own is not None else texts[place + 1].sa
            taken.append((text, sa, part))
        for text, sa, part in taken:
            block = self._record_of(number, None, sa, part)
            if block is not None:
                add_part(block, part, number)
            else:
                segment = text._replace(line=number, sa=sa, moment=moment, device=device)
                self.take_part(segment, part, number)
        return True

    def may_go_on(self, segment: Segment) -> bool:
        """Tell whether a segment may have to be joined with the lines below it to be understood."""
        if segment.family == "":
            return False
        if segment.family is not None:
            parsed = parse(segment.family, "body", segment.body)
            if parsed is None:
                return parse_part(segment.body, segment.family) is None
            return needs_lines_below(parsed)
        return segment.sa is None and parse_part(segment.body, self.family) is None and self._is_near(segment.line)

    def close(self) -> Iterator[Event]:
        """Yield what is still held."""
        self.open.clear()
        yield from self.complete()

    def complete(self) -> Iterator[Event]:
        """Yield, in the order of their lines, the events before the first record that is still open."""
        while self.pending and self.pending[0] not in self.open:
            item = self.pending.popleft()
            event = close_block(item) if isinstance(item, Block) else item
            yield with_blanks(event) if self.masked else event

    def _take_tagged(self, segment: Segment, window: deque[Segment]) -> None:
        family = segment.family or ""
        if parse(family, "body", segment.body) is None:
            part = parse_part(segment.body, family)
            if part is not None:
                self.take_part(segment, part, segment.line)
                return
        parsed, end_line, is_cut = parse_head(segment, window)
        mended = None
        if parsed is None:
            mended = self.mender.mend_tagged(segment, window)
            if mended is not None and isinstance(mended.said, Part):
                self._take_mended(segment, mended)
                return
        elif is_cut:
            segment = segment._replace(damage=WRAPPED)
        self._end_records(family, segment.sa, segment.line)
        if parsed is None and mended is None:
            self.pending.append(self._unrecognised(segment))
            return
        self.family = family
        if mended is not None and isinstance(mended.said, Parsed):
            damaged = segment._replace(damage=both(segment.damage, mended.form.what))
            event = self._event(damaged, mended.said, end_line)
            self.add(event._replace(fields=as_read(event.fields, mended.form)))
        elif parsed is not None:
            self.add(self._event(segment, parsed, end_line))

    def add(self, event: Event) -> None:
        """Add an event behind those that are held; one that heads a record is open."""
        if event.kind in ACCEPTS:
            block = open_block(event)
            self.open.append(block)
            self.pending.append(block)
        else:
            self.pending.append(event)

    def _end_records(self, family: str | None, sa: int | None, line: int) -> None:
        """End the open records that the head of another one ends: on an ASA those of other handles may go on."""
        if family != "asa_ikev2" or sa is None:
            self.open.clear()
            return
        self.open = [
            block
            for block in self.open
            if block.head.handle is not None and block.head.handle.sa != sa and line - block.end_line <= LONGEST_PAUSE
        ]

    def _take_bare(self, segment: Segment, window: deque[Segment]) -> None:
        # An ASA repeats the handle on the lines below a message: they are its, whatever stood before them.
        family = self.family if segment.sa is None else "asa_ikev2"
        part = parse_part(segment.body, family)
        end_line = segment.line
        if part is None and segment.sa is None and self._is_near(segment.line):
            part, end_line, is_cut = parse_wrapped(segment, window, lambda text: parse_part(text, family))
            segment = segment._replace(damage=WRAPPED) if is_cut else segment
        if part is None and self._is_near(segment.line):
            mended = self.mender.mend_part(segment, window, family)
            if mended is not None:
                self._take_mended(segment, mended)
                return
        if part is not None:
            self.take_part(with_handle_of_line(segment, window), part, end_line)
        elif segment.sa is not None and segment.first:
            self.pending.append(self._unrecognised(segment))

    def _take_mended(self, segment: Segment, mended: Mended) -> None:
        """Take what continues a record and was put right."""
        part, form = mended
        if isinstance(part, Part):
            part = part._replace(values=as_read(part.values, form))
            self.take_part(segment._replace(damage=both(segment.damage, form.what)), part, segment.line)

    def _is_near(self, line: int) -> bool:
        return bool(self.open) and line - self.open[-1].end_line <= LONGEST_BLOCK

    def take_part(self, segment: Segment, part: Part, end_line: int) -> None:
        """Take what continues a record, or, where no open one takes it, is an event of its own."""
        block = self._record_of(segment.line, segment.family, segment.sa, part)
        if block is not None:
            add_part(block, part, end_line)
            if segment.damage is not None:
                self.damaged.extend(damage_of(segment))
                block.head = block.head._replace(damage=both(block.head.damage, segment.damage))
            if segment.family is not None and part.kind not in _HEADER_PARTS:
                self.pending.append(self._part_event(segment, part, segment.line))
            return
        if segment.family is None and not _stands_alone(part, segment, self.family):
            return
        event = self._part_event(segment, part, end_line)
        if part.kind in ACCEPTS:
            self._end_records(segment.family, segment.sa, segment.line)
            self.family = self._family(segment)
        self.add(event)

    def _part_event(self, segment: Segment, part: Part, end_line: int) -> Event:
        event = self._event(segment, part.parsed, end_line)
        if segment.damage is not None and UNREAD in segment.damage:  # the part alone knows what cannot be read
            return event._replace(fields=with_subject(segment.subject, part.values))
        return event

    def _record_of(self, line: int, family: str | None, sa: int | None, part: Part) -> Block | None:
        """Return the open record that a part continues: the one with its handle, else the last that went on."""
        for block in reversed(self.open):
            if continues(block, line, family, sa, part):
                if block is not self.open[-1]:
                    self.open.remove(block)
                    self.open.append(block)
                return block
            if sa is None:
                break
        return None

    def _event(self, segment: Segment, parsed: Parsed, end_line: int) -> Event:
        family = self._family(segment)
        self.damaged.extend(damage_of(segment))
        return Event(
            parsed.kind,
            self.source.name,
            segment.line,
            end_line,
            segment.moment,
            self._device(segment),
            PLATFORMS[family],
            _handle(segment),
            with_subject(segment.subject, values_of(parsed)),
            ike_version=VERSIONS.get(family),
            damage=segment.damage,
        )

    def _family(self, segment: Segment) -> str:
        """Return the family of a segment: bare text is of the last tag's, with a handle of its own it is an ASA's."""
        return segment.family or ("asa_ikev2" if segment.sa is not None else self.family)

    def _device(self, segment: Segment) -> str | None:
        """Return whose a segment is: bare text below a line with a header is of the header's device."""
        if segment.family is not None and segment.first:
            self.device = segment.device
        return segment.device or self.device

    def _unrecognised(self, segment: Segment) -> Event:
        if segment.line != self.line:
            (self.text,) = self.source.lines_from(segment.line, segment.line)
            self.line = segment.line
        self.damaged.extend(damage_of(segment, repaired=False))
        return Event(
            "unrecognised",
            self.source.name,
            segment.line,
            segment.line,
            segment.moment,
            self._device(segment),
            PLATFORMS[self._family(segment)],
            _handle(segment),
            with_subject(segment.subject, {}),
            self.text,
            VERSIONS.get(self._family(segment)),
            segment.damage,
        )


def _stands_alone(part: Part, segment: Segment, family: str) -> bool:
    """Tell whether bare text that continues no record is an event of its own: not a word or number in some prose."""
    if part.kind in ("message_spis", "message_exchange"):
        return True
    return part.kind != "hex_dump" and segment.first and (family != "" or segment.sa is not None)


def _handle(segment: Segment) -> Handle | None:
    return Handle(segment.sa, segment.session) if segment.sa is not None else None
