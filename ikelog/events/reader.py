"""Parse segments into events: join what was wrapped, gather what continues a record, keep what is not understood."""

from collections import deque
from collections.abc import Iterator

from ikelog.events.blocks import ACCEPTS, Block, add_part, close_block, open_block
from ikelog.events.types import Event, Handle, Value
from ikelog.events.values import convert
from ikelog.grammar.parsing import Parsed, parse
from ikelog.reading.lines import Reading, Segment, clean, read_segments
from ikelog.reading.sources import SourceText

# A line wrapped by a page or a terminal is joined with at most so many of those below it.
WRAPPED_LINES = 4
# Lines that continue a record stand near it: behind a stretch of other text they belong to nothing.
LONGEST_BLOCK = 400

_PARTS_OF = {"asa_ikev2": "ikev2_message", "ios_ikev2": "ikev2_message", "ios_ipsec": "ios_ipsec"}
_PLATFORMS = {"asa": "asa", "ios": "ios"}


def read_events(source: SourceText, state: Reading) -> Iterator[Event]:
    """Yield the events of a source in the order of their lines."""
    gatherer = _Gatherer(source)
    window: deque[Segment] = deque()
    segments = read_segments(source, state)
    while True:
        while len(window) <= WRAPPED_LINES and (segment := next(segments, None)) is not None:
            window.append(segment)
        if not window:
            break
        segment = window.popleft()
        if segment.family == "":
            continue
        yield from gatherer.take(segment, window)
    yield from gatherer.close()


class _Gatherer:
    """Holds the record that is open and what came behind its head without belonging to it."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.family = ""
        self.device: str | None = None
        self.block: Block | None = None
        self.behind: list[Event] = []

    def take(self, segment: Segment, window: deque[Segment]) -> Iterator[Event]:
        """Take the next segment; yield the events that are now complete."""
        if segment.family is None:
            yield from self._take_bare(segment)
            return
        parsed, end_line = _parse_head(segment, window)
        if parsed is None:
            part = self._parse_part(segment, segment.family)
            if part is not None:
                yield from self._take_part(segment, part)
                return
            yield from self.close()
            yield self._unrecognised(segment)
            return
        yield from self.close()
        self.family = segment.family
        event = self._event(segment, parsed, end_line)
        if parsed.kind in ACCEPTS:
            self.block = open_block(event)
        else:
            yield event

    def close(self) -> Iterator[Event]:
        """Yield the open record, if any, and what came behind its head."""
        if self.block is not None:
            yield close_block(self.block)
            self.block = None
        yield from self.behind
        self.behind = []

    def _take_bare(self, segment: Segment) -> Iterator[Event]:
        # An ASA repeats the handle on the lines below a message: they are its, whatever stood before them.
        family = self.family if segment.sa is None else "asa_ikev2"
        part = self._parse_part(segment, family)
        if part is not None:
            yield from self._take_part(segment, part)
        elif segment.sa is not None:
            yield from self.close()
            yield self._unrecognised(segment)

    def _take_part(self, segment: Segment, part: Parsed) -> Iterator[Event]:
        block = self.block
        if block is not None and _continues(block, segment, part):
            add_part(block, part, segment.line)
            if segment.family is not None and part.kind != "message_header":
                self.behind.append(self._event(segment, part, segment.line))
            return
        if segment.family is None and not _stands_alone(part, segment, self.family):
            return
        event = self._event(segment, part, segment.line)
        if part.kind in ("message_decrypted", "message_header", "message_spis"):
            yield from self.close()
            self.family = segment.family or ("asa_ikev2" if segment.sa is not None else self.family)
            self.block = open_block(event)
        elif block is not None:
            self.behind.append(event)
        else:
            yield event

    def _parse_part(self, segment: Segment, family: str) -> Parsed | None:
        return parse(_PARTS_OF.get(family, "ikev2_message"), "part", segment.body) if segment.body else None

    def _event(self, segment: Segment, parsed: Parsed, end_line: int) -> Event:
        fields: dict[str, Value] = {}
        for name, terminal, text in parsed.fields:
            value = convert(terminal, text)
            if name in fields:
                before = fields[name]
                value = (*before, value) if isinstance(before, tuple) else (before, value)
            fields[name] = value
        family = segment.family or self.family
        return Event(
            parsed.kind,
            self.source.name,
            segment.line,
            end_line,
            segment.time,
            segment.offset_ms,
            self._device(segment),
            _PLATFORMS.get(family[:3]),
            _handle(segment),
            fields,
        )

    def _device(self, segment: Segment) -> str | None:
        """Return whose a segment is: bare text below a line with a header is of the header's device."""
        if segment.family is not None and segment.first:
            self.device = segment.device
        return segment.device or self.device

    def _unrecognised(self, segment: Segment) -> Event:
        text = self.source.lines[segment.line - 1]
        return Event(
            "unrecognised",
            self.source.name,
            segment.line,
            segment.line,
            segment.time,
            segment.offset_ms,
            self._device(segment),
            _PLATFORMS.get((segment.family or self.family)[:3]),
            _handle(segment),
            {},
            text,
        )


def _stands_alone(part: Parsed, segment: Segment, family: str) -> bool:
    """Tell whether bare text that continues no record is an event of its own: not a word or number in some prose."""
    if part.kind in ("message_spis", "message_exchange"):
        return True
    return part.kind != "hex_dump" and (family != "" or segment.sa is not None)


def _handle(segment: Segment) -> Handle | None:
    return Handle(segment.sa, segment.session) if segment.sa is not None else None


def _continues(block: Block, segment: Segment, part: Parsed) -> bool:
    """Tell whether a part belongs to the open record: of a kind it takes, near it, and of no other handle."""
    if part.kind not in ACCEPTS[block.head.kind] or segment.line - block.end_line > LONGEST_BLOCK:
        return False
    if part.kind == "message_header" and segment.family == "ios_ikev2":
        return False
    if part.kind == "message_spis" and "initiator_spi" in block.fields:
        return False
    return segment.sa is None or block.head.handle is None or segment.sa == block.head.handle.sa


def _parse_head(segment: Segment, window: deque[Segment]) -> tuple[Parsed | None, int]:
    """Parse a tagged segment, joined with the bare lines below it where it takes them to be understood.

    The lines that were joined are taken off `window`.
    """
    family = segment.family or ""
    parsed = parse(family, "body", segment.body)
    if parsed is not None and parsed.kind != "empty":
        return parsed, segment.line
    texts = [segment.body]
    line = segment.line
    for n, below in enumerate(list(window)[:WRAPPED_LINES], 1):
        if below.family is not None or below.sa is not None or below.line > line + 1:
            break
        if parsed is not None and parse(_PARTS_OF.get(family, "ikev2_message"), "part", below.body) is not None:
            break
        texts.append(below.body)
        line = below.line
        joined = parse(family, "body", clean(" ".join(texts)).lstrip(": "))
        if joined is not None and joined.kind != "empty":
            for _ in range(n):
                window.popleft()
            return joined, line
    return parsed, segment.line
