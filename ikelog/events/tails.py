"""What the lines below a record's head add to it, remembered: they repeat more than heads do."""

from collections.abc import Mapping, Sequence

from ikelog.events.blocks import ACCEPTS, Block, add_part, close_block
from ikelog.events.continuing import continues
from ikelog.events.heads import HEAD_LENGTH, heads
from ikelog.events.parts import Part, parse_part
from ikelog.events.types import Event, Proposal, Value
from ikelog.events.understood import BareTexts
from ikelog.grammar.parsing import MEMO_LIMIT
from ikelog.grammar.tables import table
from ikelog.reading.lines import Segment
from ikelog.record import record, replaced

# Families whose records are continued by no line of an IKEv2 message.
_OTHER_PARTS = frozenset({"ios_ipsec", "ios_ikev1", "asa_ikev1"})
# Longer records are read line by line.
LONGEST_TAIL = 64


@record
class Tail:
    """What some lines add to a record: the fields that they change, and how many lines below its head it ends.

    The lines of proposals count from the head's.
    """

    fields: Mapping[str, Value]
    lines: int


class Tails:
    """The lines below the heads of one log's records. `texts` gives their segments."""

    def __init__(self, texts: BareTexts) -> None:
        self._texts = texts
        self._heads = heads(table("ikev2_message", "part").cuts(), self._spis)
        self._known: dict[tuple[object, ...], Tail | None] = {}

    def record(self, head: Event, family: str, below: Sequence[str]) -> Event | None:
        """Return the record of a head and the lines below it; None where these are not all parts of it."""
        fields, first = dict(head.fields), 0
        if "proposal_text" in fields or len(below) > LONGEST_TAIL:
            return None
        if below and "message_spis" in ACCEPTS[head.kind] and "initiator_spi" not in fields:
            first = self._add_spis(family, fields, below[0])
        own = head.handle if family == "asa_ikev2" else None  # only an ASA names the handle on the lines below
        key = (head.kind, own, *fields, fields.get("number"), first, *below[first:])
        if key in self._known:
            tail = self._known[key]
        else:
            if len(self._known) >= MEMO_LIMIT:
                self._known.clear()
            tail = self._known[key] = self._read(head._replace(fields=fields), family, first, below)
        if tail is None:
            return None
        fields.update(tail.fields)
        if "proposals" in tail.fields:
            fields["proposals"] = _moved(tail.fields["proposals"], head.line)
        return head._replace(end_line=head.line + tail.lines, fields=fields)

    def _add_spis(self, family: str, fields: dict[str, Value], line: str) -> int:
        """Add the SPIs of a message's first line, which are those of no other; return how many lines that was."""
        head = self._heads.get(line[:HEAD_LENGTH]) if family not in _OTHER_PARTS else None
        found = head.read(line) if head is not None else None
        if found is None:
            return 0
        for name, value in found[1].items():
            fields.setdefault(name, value)
        return 1

    def _spis(self, line: str) -> tuple[str, Mapping[str, Value]] | None:
        """Read a line that is nothing but the SPIs and the ID of a message."""
        found = self._texts[line]
        if not found or len(found) > 1 or found[0].sa is not None or not line.startswith(found[0].body):
            return None
        part = parse_part(found[0].body, "ios_ikev2")
        return (part.kind, part.values) if part is not None and part.kind == "message_spis" else None

    def _read(self, head: Event, family: str, first: int, below: Sequence[str]) -> Tail | None:
        """Read lines one by one, as if the head's line had the number 0."""
        before = dict(head.fields)
        block = Block(head._replace(line=0, end_line=0), dict(before), end_line=first)
        for line, text in enumerate(below[first:], first + 1):
            found = self._texts[text]
            if found is None or len(found) > 1:
                return None
            if found:
                if found[0].sa is not None and family != "asa_ikev2":
                    return None  # an ASA's line below another device's: whether it belongs there, the handles tell
                part = _part(found[0], family)
                if part is None or not continues(block, line, None, found[0].sa, part):
                    return None
                add_part(block, part, line)
        event = close_block(block)
        changed = {
            name: value for name, value in event.fields.items() if before.get(name) != value or name not in before
        }
        return Tail(changed, event.end_line)


def _part(segment: Segment, family: str) -> Part | None:
    return parse_part(segment.body, family if segment.sa is None else "asa_ikev2")


def _moved(proposals: Value, line: int) -> Value:
    """Return proposals whose lines counted from a head with the lines of the log."""
    if not isinstance(proposals, tuple):
        return proposals
    return tuple(replaced(p, line=p.line + line) if isinstance(p, Proposal) else p for p in proposals)
